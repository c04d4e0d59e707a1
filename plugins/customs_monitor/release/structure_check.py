"""Whether the structures of a release describe its tables: what an SDMX program relies on when it reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from lxml import etree
from pysdmx.errors import Invalid, NotFound
from pysdmx.io import read_sdmx
from pysdmx.model import Codelist, DataStructureDefinition
from pysdmx.model.constraint import AvailabilityConstraint

from customs_monitor.contracts import Registry
from customs_monitor.release.checks import Reading
from customs_monitor.release.formats.indicator_table import IndicatorTable, indicator_tables
from customs_monitor.release.formats.sdmx_ids import STRUCTURES, sdmx_period, structure_reference


def structures(reading: Reading, registry: Registry) -> Iterator[str]:
    """The structures are valid SDMX-ML 3.0, and each public indicator has the columns and codes they say."""
    tables = list(indicator_tables(reading.contents, registry))
    path = reading.public / STRUCTURES
    if not path.is_file():
        if tables:
            yield f"{STRUCTURES} is missing"
        return
    try:
        found = {item.short_urn: item for item in read_sdmx(path).structures or ()}
    except (Invalid, NotFound, ValueError, etree.LxmlError) as error:
        yield f"{STRUCTURES} cannot be read back: {error}"
        return
    for table in tables:
        parquet = reading.public / f"{table.dataset.stem}.parquet"
        if parquet.is_file():
            yield from (f"{STRUCTURES}: {table.spec.id}: {problem}" for problem in _problems(table, parquet, found))


def _problems(table: IndicatorTable, parquet: Path, found: dict[str, Any]) -> Iterator[str]:
    reference = structure_reference(table.spec)
    structure = found.get(f"DataStructure={reference}")
    urn = f"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow={reference}"
    constraint = found.get(f"AvailabilityConstraint={urn}")
    if not isinstance(structure, DataStructureDefinition) or f"Dataflow={reference}" not in found:
        yield f"has no data structure or no dataflow {reference}"
        return
    if not isinstance(constraint, AvailabilityConstraint):
        yield f"nothing says which codes of {reference} occur"
        return
    rows = pq.read_table(parquet)
    if {part.id for part in structure.components} != set(rows.column_names):
        yield f"the data structure has {', '.join(sorted(part.id for part in structure.components))}"
        return
    if {part.id for part in structure.components.dimensions} != set(table.dimensions):
        yield f"the dimensions are {', '.join(part.id for part in structure.components.dimensions)}"
    for part in structure.components:
        if isinstance(part.local_codes, Codelist):
            known = {code.id for code in part.local_codes}
            if unknown := set(rows.column(part.id).unique().to_pylist()) - known:
                yield f"{part.id}: {', '.join(sorted(map(str, unknown)))} is not in {part.local_codes.id}"
    for key in constraint.cube_region.key_values:
        occurring = {sdmx_period(code) for code in rows.column(key.id).unique().to_pylist()}
        if (told := {value.value for value in key.values}) != occurring:
            yield f"{key.id}: {', '.join(sorted(told ^ occurring))} either occurs or is said to, not both"
    if rows.select(["MEASURE", "UNIT_MEASURE"]).group_by(["MEASURE", "UNIT_MEASURE"]).aggregate([]).num_rows != len(
        rows.column("MEASURE").unique()
    ):
        yield "a measure has more than one unit; the data structure says that it has one"
