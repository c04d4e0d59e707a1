"""An acknowledgement to print: the same bytes from the same claims. The JWS is on the page and in the file's data."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from customs_monitor.collection.acknowledgement_claims import Claims
from customs_monitor.collection.pdf_fonts import BOLD, FONT, MONO, register_fonts

_BLUE, _INK, _WASH = colors.HexColor("#002a99"), colors.HexColor("#1c1c45"), colors.HexColor("#eef2ff")
_LINE = colors.HexColor("#b9b9c5")
_MARGIN = 20 * mm
#: Of the text: a frame keeps 6 points free on either side.
_WIDTH = A4[0] - 2 * _MARGIN - 12
_BRUSSELS = ZoneInfo("Europe/Brussels")
#: Before the JWS in the file's own data (the keywords of its document information), where a program finds it.
_MARK = "customs-monitor-acknowledgement:"
_TOKEN = re.compile(rb"customs-monitor-acknowledgement:([\w-]+\.[\w-]+\.[\w-]+)")

_VERDICTS = {
    "accepted": "Accepted",
    "accepted_with_warnings": "Accepted with warnings",
    "refused": "Refused: it does not count, and has to be mended and sent again",
}
_KINDS = {
    "sent": "a new version",
    "resent": "an earlier version, sent again: it is the current one from then on",
}


def acknowledgement_pdf(claims: Claims, token: str, key_id: str) -> bytes:
    """Return the acknowledgement as PDF.

    Args:
        claims: what was signed.
        token: the JWS over them.
        key_id: of the key that signed.
    """
    register_fonts()
    target = io.BytesIO()
    document = SimpleDocTemplate(
        target, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
        title=f"Acknowledgement of receipt {claims.sender} {claims.collection} {claims.period}",
        author="Customs Monitor", subject="Acknowledgement of receipt", keywords=[_MARK + token], lang="en-GB",
        invariant=1,
    )  # fmt: skip

    def foot(canvas: Canvas, _document: object) -> None:
        canvas.saveState()
        canvas.setFont(FONT, 7.5)
        canvas.setFillColor(_INK)
        canvas.drawString(_MARGIN, 11 * mm, f"Customs Monitor. Delivery {claims.delivery_id}.")
        canvas.drawRightString(A4[0] - _MARGIN, 11 * mm, str(canvas.getPageNumber()))
        canvas.restoreState()

    document.build(list(_story(claims, token, key_id)), onFirstPage=foot, onLaterPages=foot)
    return target.getvalue()


def token_of_pdf(document: bytes) -> str | None:
    """Return the JWS that a PDF carries in its data, None if there is none or more than one."""
    found = set(_TOKEN.findall(document.replace(b"\\\n", b"").replace(b"\\\r\n", b"")))
    return found.pop().decode("ascii") if len(found) == 1 else None


def _story(claims: Claims, token: str, key_id: str) -> Iterator[Flowable]:
    yield Paragraph("EU customs risk management", _style("kicker", 10, 14))
    yield Paragraph("Acknowledgement of receipt", _style("title", 22, 28, bold=True, color=_BLUE, after=6))
    yield Paragraph(
        f"Customs Monitor has received the delivery below from <b>{escape(claims.sender)}</b>, "
        "judged it by the rules of the collection, and keeps it as it was sent.",
        _style("text", 10, 15, after=10),
    )
    yield _table(
        ("Collection", f"{claims.collection_name} ({claims.collection})"),
        ("Period", _period(claims.period)),
        ("Sender", claims.sender),
        ("Received", _time(claims.received_at)),
        ("Sent by", claims.user),
        ("This is", f"version {claims.version}, {_KINDS[claims.kind]}"),
    )
    yield Paragraph("Verdict", _style("heading", 13, 18, bold=True, color=_BLUE, before=12, after=4))
    yield _table(
        ("Verdict", _VERDICTS[claims.verdict]),
        ("Rows", f"{claims.rows_read} read, {claims.rows_accepted} accepted, {claims.rows_refused} refused"),
        ("Findings", f"{claims.errors} errors, {claims.warnings} warnings"),
    )
    yield Paragraph("File", _style("heading", 13, 18, bold=True, color=_BLUE, before=12, after=4))
    yield _table(
        ("Name", claims.file),
        ("Size", f"{claims.size} bytes"),
        ("SHA-256", claims.sha256),
        ("Delivery", claims.delivery_id),
    )
    yield Paragraph("How to verify it", _style("heading", 13, 18, bold=True, color=_BLUE, before=12, after=4))
    yield Paragraph(
        f"Issued {_time(claims.issued_at)}. The text below is a JWS (RFC 7515) over all of the above, signed with "
        f"Ed25519 by the key {key_id}, whose public half is at /.well-known/jwks.json of the portal. "
        "With this file and those keys, offline: customs-monitor verify-acknowledgement FILE --keys jwks.json",
        _style("small", 8.5, 12, after=6),
    )
    yield Spacer(0, 1 * mm)
    yield Paragraph(token, _style("token", 6.5, 9, font=MONO))


def _table(*rows: tuple[str, str]) -> Table:
    name, text = _style("name", 9.5, 13, bold=True), _style("value", 9.5, 13)
    exact = _style("exact", 8.5, 13, font=MONO)
    cells = [
        [Paragraph(escape(head), name), Paragraph(escape(_printable(value)), exact if head == "SHA-256" else text)]
        for head, value in rows
    ]
    table = Table(cells, colWidths=[36 * mm, _WIDTH - 36 * mm], hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (0, -1), _WASH),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
                ("LINEABOVE", (0, 0), (-1, 0), 0.4, _LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    return table


def _style(
    name: str,
    size: float,
    leading: float,
    *,
    bold: bool = False,
    font: str = FONT,
    color: colors.Color = _INK,
    before: float = 0,
    after: float = 0,
) -> ParagraphStyle:
    return ParagraphStyle(
        name,
        fontName=BOLD if bold else font,
        fontSize=size,
        leading=leading,
        textColor=color,
        spaceBefore=before,
        spaceAfter=after,
        # Hashes, tokens and file names have no blanks to break at.
        splitLongWords=1,
    )


def _time(moment: datetime) -> str:
    there = moment.astimezone(_BRUSSELS)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC ({there:%Y-%m-%d %H:%M:%S} in Brussels)"


def _period(period: str) -> str:
    return {"_U": "not told by the file", "_Z": "several"}.get(period, period)


def _printable(text: str) -> str:
    """Show what a font has no letter for, control characters above all, as an escape."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
