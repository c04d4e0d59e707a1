"""SDMX-ML messages to Arrow: data (generic and structure-specific, 2.0, 2.1 and 3.0) and code lists.

SDMX technical specifications, section 3A (SDMX-ML schemas and documentation). Elements are told by their local
name, because the namespace names the version and, in structure-specific data, the data structure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from lxml import etree

from customs_monitor.contracts.formats import SdmxMlFormat
from customs_monitor.intake.errors import IntakeError, IntakeProblem
from customs_monitor.intake.limits import DEFAULT_LIMITS, Limits
from customs_monitor.intake.sdmx_codes import read_codes
from customs_monitor.intake.source import open_bytes
from customs_monitor.intake.spool import Spool
from customs_monitor.intake.table import RawTable
from customs_monitor.intake.xml_events import line_of, local_name, release, xml_events

STRUCTURE_ROOTS = frozenset({"Structure"})
GENERIC_ROOTS = frozenset({"GenericData", "GenericTimeSeriesData"})
SPECIFIC_ROOTS = frozenset({"StructureSpecificData", "StructureSpecificTimeSeriesData", "CompactData"})
ERROR_ROOTS = frozenset({"Error"})

_Row = dict[str, str | None]


def open_sdmx_ml(path: Path, fmt: SdmxMlFormat, limits: Limits = DEFAULT_LIMITS) -> RawTable:
    """Read a data or a structure message.

    Returns:
        Data: a row per observation with its dimensions, `OBS_VALUE`, and the attributes of the observation, its
        series, its groups and the data set. Structure: a row per code and language.

    Raises:
        IntakeError: `SDMX_FOOTER` with the server's message where it answered without data, `SDMX_NO_DATA`,
            `FORMAT_MISMATCH` for another message, `XML_INVALID`, `XML_FORBIDDEN`.
    """
    spool = Spool(limits)
    problems: list[IntakeProblem] = []
    with open_bytes(path, limits) as stream:
        events = xml_events(stream)
        _, root = next(events)
        kind = local_name(root)
        if fmt.message == "structure" and kind in STRUCTURE_ROOTS:
            read_codes(events, spool)
        elif fmt.message == "data" and kind in GENERIC_ROOTS | SPECIFIC_ROOTS | ERROR_ROOTS:
            reader = _DataReader(spool, generic=kind in GENERIC_ROOTS)
            for event, element in events:
                reader.take(event, element)
            problems = reader.finish()
        else:
            raise IntakeError(
                "FORMAT_MISMATCH",
                f"The file is a {kind!r} message, not SDMX-ML {fmt.message}.",
                "Check that this is the file that was meant.",
                line=line_of(root),
            )
    return RawTable(spool.columns(), spool.batches(), problems)


class _DataReader:
    """Keeps what an observation inherits while the elements of a data message go by."""

    def __init__(self, spool: Spool, *, generic: bool) -> None:
        self._spool = spool
        self._generic = generic
        self._at_observation = "TIME_PERIOD"
        self._data_set: _Row = {}
        self._group_key: _Row = {}
        self._groups: list[tuple[_Row, _Row]] = []
        self._series: _Row = {}
        self._inherited: _Row = {}
        self._footer: list[tuple[str, str, str, int]] = []

    def take(self, event: str, element: etree._Element) -> None:
        """Handle the start or end of one element."""
        name = local_name(element)
        if event == "start":
            self._start(name, element)
        elif name == "Obs":
            self._observation(element)
            release(element)
        elif name in ("Message", "ErrorMessage"):
            self._message(element)
        elif name == "Comp" and local_name(_parent(element)) == "Series":  # 3.0: components with several values
            self._series |= _components([element])
        elif self._generic and name in ("SeriesKey", "GroupKey", "Attributes"):
            self._generic_part(name, element)
        elif name == "Series" or name.endswith("Group"):
            release(element)

    def finish(self) -> list[IntakeProblem]:
        """Return the server's remarks on data it did send.

        Raises:
            IntakeError: There is no observation, or the server says that the answer is faulty.
        """
        said = [f"code {code}: {text}" for code, _, text, _ in self._footer]
        if self._footer and (not self._spool.rows or any(level == "error" for _, level, _, _ in self._footer)):
            raise IntakeError(
                "SDMX_FOOTER",
                f"The server answered without the data it was asked for ({'; '.join(said)}).",
                "Follow its message: fetch the file it names, or ask for less at a time.",
                line=self._footer[0][3],
            )
        if not self._spool.rows:
            raise IntakeError(
                "SDMX_NO_DATA", "The message holds no observation.", "Check the filters of the query that made it."
            )
        return [
            IntakeProblem("SDMX_FOOTER", line, None, code, f"The server remarks: {text}", "See what is missing.")
            for code, _, text, line in self._footer
        ]

    def _start(self, name: str, element: etree._Element) -> None:
        if name == "Structure" and "dimensionAtObservation" in element.attrib:
            self._at_observation = str(element.get("dimensionAtObservation"))
        elif name == "DataSet":
            self._groups, self._series, self._inherited = [], {}, {}
            self._data_set = {} if self._generic else _own_attributes(element)
        elif name == "Series":
            self._series = {} if self._generic else _own_attributes(element)
            self._inherited = {} if self._generic else self._inherit()
        elif (name.endswith("Group") or name == "Atts") and not self._generic:  # 3.0 calls them Atts
            self._groups.append(({}, _own_attributes(element)))

    def _generic_part(self, name: str, element: etree._Element) -> None:
        values = _generic_values(element)
        owner = local_name(_parent(element))
        if name == "SeriesKey":
            self._series = values
            self._inherited = self._inherit()
        elif name == "GroupKey":
            self._group_key = values
        elif owner == "Series":
            self._inherited = values | self._inherited
        elif owner == "Group":
            self._groups.append((self._group_key, values))
        elif owner == "DataSet":
            self._data_set = values

    def _inherit(self) -> _Row:
        """Return the attributes of the data set and of the groups the series belongs to.

        Structure-specific groups do not tell dimensions from attributes: what the series has too is its key.
        """
        inherited = dict(self._data_set)
        for group_key, values in self._groups:
            key = group_key or {name: value for name, value in values.items() if name in self._series}
            if all(self._series.get(name) == value for name, value in key.items()):
                inherited |= {name: value for name, value in values.items() if name not in key}
        return inherited

    def _observation(self, element: etree._Element) -> None:
        in_series = local_name(_parent(element)) != "DataSet"
        own = self._generic_observation(element) if self._generic else _own_attributes(element)
        if in_series:
            row = self._series | own
            inherited = self._inherited
        else:
            row = self._series = own
            inherited = self._inherit()
        self._spool.append(line_of(element), row | {k: v for k, v in inherited.items() if k not in row})

    def _generic_observation(self, element: etree._Element) -> _Row:
        row: _Row = {}
        for part in element:
            name = local_name(part)
            if name in ("ObsKey", "Attributes"):
                row |= _generic_values(part)
            elif name == "ObsDimension":
                row[part.get("id") or self._at_observation] = _clean(part.get("value"))
            elif name == "Time":
                row["TIME_PERIOD"] = _clean(part.text)
            elif name == "ObsValue":
                row["OBS_VALUE"] = _clean(part.get("value"))
        return row

    def _message(self, element: etree._Element) -> None:
        texts = " ".join(_clean(part.text) or "" for part in element if local_name(part) == "Text")
        severity = (element.get("severity") or "error").lower()
        self._footer.append((element.get("code", "?"), severity, texts.strip(), line_of(element)))


def _clean(text: str | None) -> str | None:
    return (text or "").strip() or None


def _own_attributes(element: etree._Element) -> _Row:
    """Return the components of a structure-specific element: its plain attributes, and 3.0's `Comp` elements."""
    row: _Row = {str(name): _clean(str(value)) for name, value in element.attrib.items() if "{" not in str(name)}
    return row | _components(element)


def _components(elements: Iterable[etree._Element]) -> _Row:
    row: _Row = {}
    for part in elements:
        if local_name(part) == "Comp" and part.get("id"):
            texts = [etree.tostring(value, method="text", encoding="unicode").strip() for value in part]
            row[str(part.get("id"))] = _clean("; ".join(texts))
    return row


def _parent(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    assert parent is not None  # only the root has none, and it is read apart
    return parent


def _generic_values(element: etree._Element) -> _Row:
    """Return `<Value id= value=/>` (2.1) or `<Value concept= value=/>` (2.0) as a mapping."""
    values: Mapping[str, str | None] = {
        str(part.get("id") or part.get("concept")): _clean(part.get("value")) for part in element
    }
    return dict(values)
