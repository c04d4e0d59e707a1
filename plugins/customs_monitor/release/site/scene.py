"""What a chart consists of: bars, lines and words on a plane. A scene becomes SVG on a page and vectors in a PDF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lxml import etree

Anchor = Literal["start", "middle", "end"]

INK = "#1c1c45"
QUIET = "#505070"
LINES = "#d4d4dc"
_SVG = "http://www.w3.org/2000/svg"
FONT = "Inter, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
#: Width of letters in units of the font size, a little more than they have in Inter and Arial.
_NARROW, _WIDE, _USUAL = 0.32, 0.9, 0.58
#: Letters that have room before a bar on one line.
_LONG = 36


@dataclass(frozen=True)
class Rect:
    """A filled rectangle; `title` is shown where a mouse rests on it."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    title: str = ""


@dataclass(frozen=True)
class Polyline:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    stroke: str
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True)
class Marker:
    """A sign at a point, told from others by its form too; `hollow` for a figure that is not final."""

    x: float
    y: float
    fill: str
    form: int = 0
    hollow: bool = False
    title: str = ""

    @property
    def corners(self) -> tuple[tuple[float, float], ...]:
        """The corners of its form: circle, square, triangle, diamond, upside-down triangle, small cross-like star."""
        size = 4.0
        outlines = (
            ((-0.38, -0.92), (0.38, -0.92), (0.92, -0.38), (0.92, 0.38), (0.38, 0.92), (-0.38, 0.92), (-0.92, 0.38),
             (-0.92, -0.38)),
            ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
            ((0, -1.1), (1.1, 0.9), (-1.1, 0.9)),
            ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
            ((0, 1.1), (1.1, -0.9), (-1.1, -0.9)),
            ((0, -1.2), (0.35, -0.35), (1.2, 0), (0.35, 0.35), (0, 1.2), (-0.35, 0.35), (-1.2, 0), (-0.35, -0.35)),
        )  # fmt: skip
        return tuple((self.x + dx * size, self.y + dy * size) for dx, dy in outlines[self.form % len(outlines)])


@dataclass(frozen=True)
class Text:
    """A line of words; `y` is its base line."""

    x: float
    y: float
    text: str
    size: float = 13
    anchor: Anchor = "start"
    fill: str = INK
    bold: bool = False


Shape = Rect | Polyline | Marker | Text


@dataclass(frozen=True)
class Scene:
    """Shapes on a plane of this size, its origin at the top left; later shapes lie on earlier ones."""

    width: float
    height: float
    shapes: tuple[Shape, ...]


def text_width(text: str, size: float) -> float:
    """Return about how wide a line is; never less than it will be in the fonts of the pages."""
    return size * sum(
        _NARROW if letter in "iljtfrI.,:;'|()[] \u202f" else _WIDE if letter in "mwMW%@…" else _USUAL for letter in text
    )


def without_remark(text: str) -> str:
    """Return a long label without the remark in brackets at its end; the table has it in full."""
    head, opened, _ = text.rpartition(" (")
    return head if opened and text.endswith(")") and len(text) > _LONG else text


def wrapped(text: str, size: float, width: float, lines: int = 2) -> list[str]:
    """Return a text on at most so many lines of this width; what has no room is cut off with an ellipsis."""
    found: list[str] = []
    rest = text.split()
    while rest and len(found) < lines:
        line = rest.pop(0)
        while rest and text_width(f"{line} {rest[0]}", size) <= width:
            line = f"{line} {rest.pop(0)}"
        found.append(line)
    if rest:
        found[-1] += " " + " ".join(rest)
    for place, line in enumerate(found):
        kept = line
        while text_width(kept, size) > width and len(kept) > 1:
            kept = kept.removesuffix("…")[:-1].rstrip() + "…"
        found[place] = kept
    return found


def svg(scene: Scene, name: str, title: str, description: str) -> str:
    """Return a scene as an SVG element whose title and description a screen reader reads out.

    Args:
        scene: what is drawn.
        name: begins the ids in it, which must not come twice on a page.
        title: what the chart is.
        description: what it shows, in words.
    """
    root = etree.Element(
        "svg",
        {
            "xmlns": _SVG,
            "viewBox": f"0 0 {_number(scene.width)} {_number(scene.height)}",
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-text",
            "font-family": FONT,
            "class": "plot",
        },
    )
    etree.SubElement(root, "title", {"id": f"{name}-title"}).text = title
    etree.SubElement(root, "desc", {"id": f"{name}-text"}).text = description
    for shape in scene.shapes:
        _draw(root, shape)
    return str(etree.tostring(root, encoding="unicode"))


def _draw(root: etree._Element, shape: Shape) -> None:
    match shape:
        case Rect():
            element = etree.SubElement(
                root, "rect", {"x": _number(shape.x), "y": _number(shape.y), "width": _number(shape.width),
                               "height": _number(shape.height), "fill": shape.fill},
            )  # fmt: skip
        case Polyline():
            element = etree.SubElement(
                root, "polyline", {"points": _points(shape.points), "fill": "none", "stroke": shape.stroke,
                                   "stroke-width": _number(shape.width)},
            )  # fmt: skip
            if shape.dashed:
                element.set("stroke-dasharray", "4 3")
        case Marker():
            element = etree.SubElement(
                root, "polygon", {"points": _points(shape.corners), "fill": "#fff" if shape.hollow else shape.fill,
                                  "stroke": shape.fill, "stroke-width": "1.5"},
            )  # fmt: skip
        case Text():
            element = etree.SubElement(
                root, "text", {"x": _number(shape.x), "y": _number(shape.y), "font-size": _number(shape.size),
                               "text-anchor": shape.anchor, "fill": shape.fill},
            )  # fmt: skip
            if shape.bold:
                element.set("font-weight", "600")
            element.text = shape.text
    if isinstance(shape, Rect | Marker) and shape.title:
        etree.SubElement(element, "title").text = shape.title


def _points(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
