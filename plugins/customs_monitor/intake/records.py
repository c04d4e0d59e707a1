"""JSON to Arrow, record by record: a file larger than memory is read, whatever surrounds its records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from customs_monitor.contracts.formats import JsonFormat
from customs_monitor.intake.errors import IntakeError
from customs_monitor.intake.json_events import NotJson, json_events
from customs_monitor.intake.limits import DEFAULT_LIMITS, Limits
from customs_monitor.intake.source import ByteStream, Prefixed, binary_kind, open_bytes, text_stream
from customs_monitor.intake.spool import Spool
from customs_monitor.intake.table import RawTable

_Event = tuple[str, Any]
_Found = tuple[tuple[str, ...], Any]


def open_records(path: Path, fmt: JsonFormat, limits: Limits = DEFAULT_LIMITS) -> RawTable:
    """Read the records at `fmt.records`.

    Nested objects become dotted columns, arrays stay JSON text, numbers keep the digits of the file, and a record
    that is no object has the one column `value`. Each `*` of the path becomes `_key_1`, `_key_2` and so on; each name
    of `fmt.envelope` a column with the value it has in the document.

    Raises:
        IntakeError: `JSON_INVALID`, `JSON_NO_RECORDS`, `FORMAT_MISMATCH`, or what opening the file raises.
    """
    spool = Spool(limits)
    wanted = tuple(fmt.records.split(".")) if fmt.records else ()
    keys = [f"_key_{depth}" for depth in range(1, wanted.count("*") + 1)]
    spool.declare(*keys, *fmt.envelope)
    around = {name: _outside(path, name, limits) for name in fmt.envelope}
    with open_bytes(path, limits) as raw:
        stream, _ = text_stream(raw)
        for found, record in iterate_records(stream, wanted):
            row: dict[str, str | None] = {**dict(zip(keys, found, strict=True)), **around}
            _flatten("", record, row)
            spool.append(spool.rows + 1, row)
    if not spool.rows:
        raise IntakeError(
            "JSON_NO_RECORDS",
            f"The file is JSON, but holds no record at {fmt.records or 'its top'!r}.",
            "Check that this is the file that was meant.",
        )
    return RawTable(spool.columns(), spool.batches())


def _outside(path: Path, name: str, limits: Limits) -> str | None:
    """Return the first value at a dotted key, reading no further than there; None where there is none.

    What is wrong with the document is told by the reading of its records.
    """
    with suppress(IntakeError), open_bytes(path, limits) as raw:
        stream, _ = text_stream(raw)
        for _, value in iterate_records(stream, tuple(name.split("."))):
            return _text(value)
    return None


def iterate_records(stream: ByteStream, wanted: tuple[str, ...]) -> Iterator[_Found]:
    """Yield each value whose path matches `wanted`, after the keys that stood for its `*`.

    Raises:
        IntakeError: `JSON_INVALID`, or `FORMAT_MISMATCH` where the file is no text at all.
    """
    head = stream.read(64)
    kind = binary_kind(head)
    if kind or head.lstrip().startswith(b"<"):
        raise IntakeError(
            "FORMAT_MISMATCH",
            f"The file is {kind or 'XML or a web page'}, not JSON.",
            "Send the JSON document itself.",
        )
    records = 0
    try:
        events = json_events(Prefixed(head, stream))
        event, value = next(events)
        for found in _matching(events, event, value, wanted, ()):
            yield found
            records += 1
        for _ in events:  # what follows the records must be JSON too, else the file was cut short
            pass
    except NotJson as error:
        raise IntakeError(
            "JSON_INVALID",
            f"The file {'ends' if error.cut else 'stops being JSON'} after {records:,} whole records: {error}.",
            "Send the file again; it was cut short." if error.cut else "Check the file with a JSON validator.",
            line=records + 1,
        ) from error


def _matching(
    events: Iterator[_Event], event: str, value: Any, wanted: tuple[str, ...], found: tuple[str, ...]
) -> Iterator[_Found]:
    """Walk one value: descend where the path goes on, build it where the path ends, skip it elsewhere."""
    if not wanted:
        yield found, _build(events, event, value)
        return
    step, rest = wanted[0], wanted[1:]
    if event == "start_array" and step == "item":
        for event, value in events:
            if event == "end_array":
                return
            yield from _matching(events, event, value, rest, found)
    elif event == "start_map" and step != "item":
        for event, key in events:
            if event == "end_map":
                return
            if step == "*":
                event, value = next(events)
                yield from _matching(events, event, value, rest, (*found, key))
            elif step == key:
                event, value = next(events)
                yield from _matching(events, event, value, rest, found)
            else:
                _skip(events, next(events)[0])
    else:
        _skip(events, event)


def _skip(events: Iterator[_Event], event: str) -> None:
    depth = int(event.startswith("start_"))
    while depth > 0:
        event = next(events)[0]
        depth += event.startswith("start_") - event.startswith("end_")


def _build(events: Iterator[_Event], event: str, value: Any) -> Any:
    if event == "start_map":
        built: dict[str, Any] = {}
        for event, key in events:
            if event == "end_map":
                break
            built[key] = _build(events, *next(events))
        return built
    if event == "start_array":
        elements: list[Any] = []
        for event, value in events:
            if event == "end_array":
                break
            elements.append(_build(events, event, value))
        return elements
    return value


def _flatten(prefix: str, value: Any, row: dict[str, str | None]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(f"{prefix}.{key}" if prefix else key, inner, row)
    else:
        row[prefix or "value"] = _text(value)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return (value or "").strip() or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=float)
    return str(value)
