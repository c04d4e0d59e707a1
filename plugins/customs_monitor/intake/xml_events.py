"""XML as a stream of elements, with everything a hostile document could use switched off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from lxml import etree

from customs_monitor.intake.errors import IntakeError
from customs_monitor.intake.source import ByteStream, Prefixed, binary_kind

_HEAD = 65_536
_ROOT = re.compile(rb"<[A-Za-z_]")


def xml_events(stream: ByteStream) -> Iterator[tuple[str, etree._Element]]:
    """Yield `start` and `end` of each element; entities, document types and the network are never used.

    Raises:
        IntakeError: `FORMAT_MISMATCH`, `XML_FORBIDDEN` for a document type, or `XML_INVALID` with the line.
    """
    head = stream.read(_HEAD)
    plain = head.replace(b"\0", b"")  # UTF-16 is legal here, and ASCII after this
    kind = binary_kind(head)
    if kind or not plain.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
        raise IntakeError("FORMAT_MISMATCH", f"The file is {kind or 'no XML'}.", "Send the XML message itself.")
    root = _ROOT.search(plain)
    if b"<!DOCTYPE" in plain[: root.start() if root else None]:
        raise _forbidden()
    try:
        events = etree.iterparse(
            Prefixed(head, stream),
            events=("start", "end"),
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        first = True
        for event, element in events:
            if first and element.getroottree().docinfo.doctype:
                raise _forbidden()
            first = False
            yield event, element
    except etree.XMLSyntaxError as error:
        raise IntakeError(
            "XML_INVALID",
            f"The file is no well-formed XML: {error.msg}.",
            "Send the file again; it may have been cut short.",
            line=error.lineno,
        ) from error


def local_name(element: etree._Element) -> str:
    """Return the tag without its namespace, which differs by version of the standard."""
    return str(element.tag).rpartition("}")[2]


def line_of(element: etree._Element) -> int:
    """Return the line on which the element begins; past line 65,535 libxml2 may give the line after it."""
    return int(cast("int", element.sourceline) or 0)


def release(element: etree._Element) -> None:
    """Free an element that has been read, and its siblings before it, so that memory stays constant."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def _forbidden() -> IntakeError:
    return IntakeError(
        "XML_FORBIDDEN",
        "The file has a document type declaration, which could define entities; none is accepted.",
        "Remove <!DOCTYPE ...> from the file.",
        line=1,
    )
