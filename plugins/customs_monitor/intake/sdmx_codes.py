"""The code lists of an SDMX-ML structure message: a row per code and language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from customs_monitor.intake.errors import IntakeError
from customs_monitor.intake.spool import Spool
from customs_monitor.intake.xml_events import line_of, local_name, release

COLUMNS = ("agency", "codelist", "version", "code", "parent", "language", "name")
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_ARTEFACTS = frozenset(
    {"DataStructure", "Dataflow", "ConceptScheme", "CategoryScheme", "MetadataStructure", "KeyFamily", "Hierarchy"}
)


def read_codes(events: Iterator[tuple[str, etree._Element]], spool: Spool) -> None:
    """Put every code of the message into `spool`.

    Raises:
        IntakeError: `SDMX_NO_DATA` where the message defines other things only.
    """
    spool.declare(*COLUMNS)
    others: Counter[str] = Counter()
    codelist: etree._Element | None = None
    for event, element in events:
        name = local_name(element)
        if event == "start" and name in ("Codelist", "CodeList"):
            codelist = element
        elif event == "end" and name in ("Codelist", "CodeList"):
            codelist = None
            release(element)
        elif event == "end" and name == "Code" and codelist is not None:
            _add(element, codelist, spool)
            release(element)
        elif event == "end" and name in _ARTEFACTS:
            others[name] += 1
    if not spool.rows:
        held = ", ".join(f"{count} {name}" for name, count in sorted(others.items())) or "nothing that is known"
        raise IntakeError(
            "SDMX_NO_DATA",
            f"The structure message holds no code list (it holds {held}).",
            "Ask for the structure with its references (references=children).",
        )


def _add(code: etree._Element, codelist: etree._Element, spool: Spool) -> None:
    names = [part for part in code if local_name(part) == "Name"] or [
        part
        for part in code
        if local_name(part) == "Description"  # 2.0 has no name of a code
    ]
    fixed = {
        "agency": codelist.get("agencyID"),
        "codelist": codelist.get("id"),
        "version": codelist.get("version"),
        "code": code.get("id") or code.get("value"),
        "parent": code.get("parentCode") or _parent(code),
    }
    if not names:
        spool.append(line_of(code), fixed)
    for label in names:
        language = label.get(_LANGUAGE, "en")  # the default of the schema
        spool.append(line_of(code), {**fixed, "language": language, "name": (label.text or "").strip() or None})


def _parent(code: etree._Element) -> str | None:
    for part in code:
        if local_name(part) == "Parent":
            reference = next((inner.get("id") for inner in part if local_name(inner) == "Ref"), None)
            return reference or (part.text or "").strip() or None
    return None
