"""What things are called in SDMX: agency, structures and periods."""

from __future__ import annotations

import re

from customs_monitor.contracts.periods import frequency
from customs_monitor.release.specs import IndicatorSpec

#: The maintenance agency of all structures. It is this platform's own name and stands in no register of agencies.
AGENCY = "CUSTOMS_MONITOR"
#: The message with all structures, in the release.
STRUCTURES = "structure/customs_monitor.xml"
#: Concepts and codelists grow from release to release. Two numbers are a version that promises no more; three would
#: promise that it never changes (SDMX 3.0, section 6, "Versioning").
VERSION = "1.0"

_CYCLE = re.compile(r"(?P<first>\d{4})-(?P<last>\d{4})")
_TIME_RANGE = re.compile(r"(?P<first>\d{4})-01-01/P(?P<years>[1-9]\d*)Y")


def structure_id(spec: IndicatorSpec) -> str:
    """Return the id of an indicator's dataflow and of its data structure."""
    return spec.table.upper()


def structure_version(spec: IndicatorSpec) -> str:
    """Return the version of both: that of the indicator's definition, without corrections of its wording."""
    return ".".join(spec.version.split(".")[:2])


def structure_reference(spec: IndicatorSpec) -> str:
    """Return how data files name their dataflow, `AGENCY:ID(VERSION)`."""
    return f"{AGENCY}:{structure_id(spec)}({structure_version(spec)})"


def sdmx_period(period: str) -> str:
    """Return a period as SDMX writes it: a cycle as its first day and its length, all else as it is.

    Source: SDMX 3.0, section 6, "Time Range". `2018-2020` becomes `2018-01-01/P3Y`.
    """
    found = _CYCLE.fullmatch(period)
    if found is None or frequency(period) is None:
        return period
    return f"{found['first']}-01-01/P{int(found['last']) - int(found['first']) + 1}Y"


def plain_period(period: str) -> str:
    """Return a period of an SDMX file as all other files write it."""
    found = _TIME_RANGE.fullmatch(period)
    return f"{found['first']}-{int(found['first']) + int(found['years']) - 1:04}" if found else period
