"""The progress report as a PDF to print: the same bytes from the same report."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)  # fmt: skip
from reportlab.platypus.tableofcontents import TableOfContents

from customs_monitor.collection.pdf_fonts import BOLD, FONT, register_fonts
from customs_monitor.release.site.observations import Cell
from customs_monitor.release.site.progress import Report, ReportTable, Section
from customs_monitor.release.site.scene import Marker, Polyline, Rect, Scene, Text
from customs_storage.manifest import Manifest

_BLUE, _INK, _WASH = colors.HexColor("#002a99"), colors.HexColor("#1c1c45"), colors.HexColor("#eef2ff")
_LINE = colors.HexColor("#b9b9c5")
_MARGIN = 20 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_NUMBERS_FROM = 3


def progress_pdf(report: Report, release: Manifest) -> bytes:
    """Return the report as a PDF with contents, bookmarks and page numbers."""
    register_fonts()
    target = io.BytesIO()
    title = f"Progress report {report.cycle}"
    document = _Document(target, title, release)
    document.multiBuild(list(_story(report, release)))
    return target.getvalue()


class _Document(BaseDocTemplate):
    """A4 pages with a foot; headings become bookmarks and lines of the table of contents."""

    def __init__(self, target: io.BytesIO, title: str, release: Manifest) -> None:
        super().__init__(
            target, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
            title=title, author="Customs Monitor", subject="EU customs risk management", lang="en-GB", invariant=1,
        )  # fmt: skip
        self._foot = f"Customs Monitor, {title.lower()}, release {release.release_id}. No official publication."
        frame = Frame(_MARGIN, _MARGIN, _WIDTH, A4[1] - 2 * _MARGIN, leftPadding=0, rightPadding=0)
        self.addPageTemplates(PageTemplate("page", [frame], onPage=self._draw_foot))

    def _draw_foot(self, canvas: Canvas, _document: object) -> None:
        canvas.saveState()
        canvas.setFont(FONT, 7.5)
        canvas.setFillColor(_INK)
        canvas.drawString(_MARGIN, 11 * mm, self._foot)
        canvas.drawRightString(A4[0] - _MARGIN, 11 * mm, str(canvas.getPageNumber()))
        canvas.restoreState()

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 - the library's name
        heading = getattr(flowable, "heading", None)
        if heading is None:
            return
        level, text, key = heading
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(text, key, level, closed=level > 0)
        if level < 2:
            self.notify("TOCEntry", (level, _escaped(text), self.page, key))


class _Drawing(Flowable):
    """A chart as vectors."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self._scene, self._scale = scene, _WIDTH / scene.width
        self.width, self.height = _WIDTH, scene.height * self._scale

    def wrap(self, _available_width: float, _available_height: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        canvas = self.canv
        canvas.scale(self._scale, self._scale)
        canvas.translate(0, self._scene.height)
        for shape in self._scene.shapes:
            _draw(canvas, shape)


def _draw(canvas: Canvas, shape: Rect | Polyline | Marker | Text) -> None:
    """Draw a shape; the plane of a PDF points upwards."""
    match shape:
        case Rect():
            canvas.setFillColor(colors.HexColor(shape.fill))
            canvas.rect(shape.x, -shape.y - shape.height, shape.width, shape.height, stroke=0, fill=1)
        case Polyline():
            canvas.setStrokeColor(colors.HexColor(shape.stroke))
            canvas.setLineWidth(shape.width)
            path = canvas.beginPath()
            path.moveTo(shape.points[0][0], -shape.points[0][1])
            for x, y in shape.points[1:]:
                path.lineTo(x, -y)
            canvas.drawPath(path, stroke=1, fill=0)
        case Marker():
            canvas.setStrokeColor(colors.HexColor(shape.fill))
            canvas.setFillColor(colors.white if shape.hollow else colors.HexColor(shape.fill))
            path = canvas.beginPath()
            path.moveTo(shape.corners[0][0], -shape.corners[0][1])
            for x, y in shape.corners[1:]:
                path.lineTo(x, -y)
            path.close()
            canvas.drawPath(path, stroke=1, fill=1)
        case Text():
            canvas.setFillColor(colors.HexColor(shape.fill))
            # The letters of this font are wider than those of the pages.
            canvas.setFont(BOLD if shape.bold else FONT, shape.size * 0.88)
            put = {"start": canvas.drawString, "middle": canvas.drawCentredString, "end": canvas.drawRightString}
            put[shape.anchor](shape.x, -shape.y, shape.text)


def _story(report: Report, release: Manifest) -> Iterator[Flowable]:
    yield Paragraph("EU customs risk management", _style("kicker", 10, 14))
    yield Paragraph(f"Progress report, cycle {report.cycle}", _style("title", 22, 28, bold=True, color=_BLUE, after=8))
    made = f"Release {release.release_id} of {release.created_at:%Y-%m-%d}"
    yield Paragraph(
        f"{made}. Made from data by Customs Monitor; no official publication.", _style("made", 9, 13, after=8)
    )
    if report.synthetic:
        warning = "This report rests in part on synthetic data: made up, it says nothing of the real world."
        box = Table([[Paragraph(warning, _style("warning", 9, 13, bold=True))]], colWidths=[_WIDTH])
        box.setStyle(TableStyle([("BOX", (0, 0), (-1, -1), 1, _INK), ("BACKGROUND", (0, 0), (-1, -1), _WASH)]))
        yield box
        yield Spacer(1, 8)
    for text in report.summary:
        yield Paragraph(_escaped(text), _style("lead", 10.5, 15.5, after=6))
    contents = TableOfContents()
    contents.levelStyles = [
        _style("contents0", 9.5, 15, bold=True),
        ParagraphStyle("contents1", parent=_style("plain", 9, 13), leftIndent=14),
    ]
    contents.dotsMinLevel = 0
    yield Spacer(1, 6)
    yield contents
    for section in report.sections:
        yield from _section(section, 0)
    yield Spacer(1, 10)
    symbols = (
        "Symbols: \u2013 no figure; : missing, not delivered; c confidential; d definition differs; p provisional."
    )
    yield Paragraph(symbols, _style("symbols", 8, 11))


def _section(section: Section, level: int) -> Iterator[Flowable]:
    size = (15, 12, 10)[min(level, 2)]
    style = _style(f"heading{min(level, 2)}", size, size * 1.3, bold=True, color=_BLUE, before=12 - 2 * level, after=4)
    text = f"{section.number} {section.title}"
    heading: Any = Paragraph(_escaped(text), style)
    heading.heading = (min(level, 2), text, f"section-{section.id}")
    words = [Paragraph(_escaped(paragraph), _style("text", 9.5, 14, after=5)) for paragraph in section.paragraphs]
    yield KeepTogether([heading, *words[:1]])
    yield from words[1:]
    if section.chart is not None:
        caption = Paragraph(_escaped(section.chart.caption), _style("caption", 8.5, 12, bold=True, after=3))
        yield KeepTogether([caption, _Drawing(section.chart.scene), Spacer(1, 6)])
    for table in section.tables:
        yield from _table(table)
    for part in section.parts:
        yield from _section(part, level + 1)


def _table(table: ReportTable) -> Iterator[Flowable]:
    texts = [tuple(Cell(head) for head in table.heads), *table.rows]
    head, small = _style("head", 7.8, 10.5, bold=True), _style("cell", 7.8, 10.5)
    cells = [
        [_cell(cell, small if row else head, right=table.numeric[place]) for place, cell in enumerate(line)]
        for row, line in enumerate(texts)
    ]
    drawn = Table(cells, colWidths=_widths(table), repeatRows=1)
    drawn.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), _WASH),
                ("LINEBELOW", (0, 0), (-1, 0), 1, _BLUE),
                ("LINEBELOW", (0, 1), (-1, -1), 0.4, _LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
                ("TOPPADDING", (0, 0), (-1, -1), 2.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
            ]
        )
    )
    yield Paragraph(_escaped(table.caption), _style("caption", 8.5, 12, bold=True, before=4, after=3, keep=True))
    yield drawn
    yield Spacer(1, 9)


def _cell(cell: Cell, style: ParagraphStyle, *, right: bool) -> Paragraph:
    text = _escaped(cell.text) + (f"<super>{cell.flag}</super>" if cell.flag else "")
    return Paragraph(text, ParagraphStyle(f"{style.name}-right", style, alignment=2) if right else style)


def _widths(table: ReportTable) -> list[float]:
    """Return the widths of the columns: figures get what they need, words share the rest by their lengths."""
    numeric = table.numeric
    need = [
        max(pdfmetrics.stringWidth(text, FONT, 7.8) for text in (head, *(row[place].text for row in table.rows))) + 12
        for place, head in enumerate(table.heads)
    ]
    fixed = [min(width, 62.0) if is_number else 0.0 for width, is_number in zip(need, numeric, strict=True)]
    words = sum(width for width, is_number in zip(need, numeric, strict=True) if not is_number)
    if not words:
        return [_WIDTH * width / sum(fixed) for width in fixed]
    rest = _WIDTH - sum(fixed)
    shares = [0.0 if is_number else width / words for width, is_number in zip(need, numeric, strict=True)]
    raised = [0.0 if is_number else max(share, 0.22) for share, is_number in zip(shares, numeric, strict=True)]
    return [width or rest * share / sum(raised) for width, share in zip(fixed, raised, strict=True)]


def _style(
    name: str, size: float, leading: float, *, bold: bool = False, color: Any = _INK, before: float = 0,
    after: float = 0, keep: bool = False,
) -> ParagraphStyle:  # fmt: skip
    return ParagraphStyle(
        name, fontName=BOLD if bold else FONT, fontSize=size, leading=leading, textColor=color, spaceBefore=before,
        spaceAfter=after, keepWithNext=keep,
    )  # fmt: skip


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\u202f", "\u00a0")
