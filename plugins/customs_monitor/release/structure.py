"""The structures behind the SDMX-CSV files: SDMX-ML 3.0 with concepts, codelists, data structures and what occurs.

One message has them all, so that every reference in it can be followed: a concept scheme, the codelists that the
indicators use, and for each indicator a data structure, a dataflow and a constraint with the codes and periods that its
table has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
from pysdmx.io.xml.sdmx30.writer.structure import write
from pysdmx.model import (
    Code,
    Codelist,
    Component,
    Components,
    Concept,
    ConceptScheme,
    ConstraintAttachment,
    CubeKeyValue,
    CubeRegion,
    CubeValue,
    Dataflow,
    DataStructureDefinition,
    DataType,
    ItemReference,
    Organisation,
    Role,
)
from pysdmx.model.constraint import AvailabilityConstraint
from pysdmx.model.message import Header

from customs_monitor.contracts import Registry
from customs_monitor.release.contents import Contents
from customs_monitor.release.formats.indicator_table import IndicatorTable, indicator_tables
from customs_monitor.release.formats.sdmx_ids import (
    AGENCY,
    STRUCTURES,
    VERSION,
    sdmx_period,
    structure_id,
    structure_reference,
    structure_version,
)

_CONCEPTS = "CS_CUSTOMS_MONITOR"
_PERIOD, _VALUE = "TIME_PERIOD", "OBS_VALUE"
_NUMBERS = ("N_SENDERS", "N_EXPECTED")
_URN = "urn:sdmx:org.sdmx.infomodel"
_Structure = ConceptScheme | Codelist | DataStructureDefinition | Dataflow | AvailabilityConstraint
#: Longer lists are given as far as they are used: the rest of the world's countries would be most of the message.
_WHOLE_LIST = 100


def write_structures(contents: Contents, registry: Registry, folder: Path, release_id: str, prepared: datetime) -> None:
    """Write the structures of a release; nothing where no indicator is public.

    Args:
        contents: of the release.
        registry: the codelists.
        folder: the public files of the release, whose Parquet files are written.
        release_id: of the release; the message's own id.
        prepared: when the release was made; the standard asks for it.
    """
    tables = list(indicator_tables(contents, registry))
    if not tables:
        return
    path = folder / STRUCTURES
    path.parent.mkdir(parents=True, exist_ok=True)
    header = Header(id=release_id, prepared=prepared.astimezone(UTC), sender=Organisation(id=AGENCY))
    path.write_text(structure_message(tables, folder, header), encoding="utf-8")


def structure_message(tables: Sequence[IndicatorTable], folder: Path, header: Header) -> str:
    """Return the structures of tables as SDMX-ML 3.0.

    Args:
        tables: of the indicators.
        folder: where their Parquet files are.
        header: of the message.
    """
    occurring = {table.spec.id: _occurring(table, folder / f"{table.dataset.stem}.parquet") for table in tables}
    codelists = _codelists(tables, occurring)
    structures: list[_Structure] = [
        _concept_scheme(tables),
        *codelists.values(),
        *(_data_structure(table, codelists) for table in tables),
        *(_dataflow(table) for table in tables),
        *(_constraint(table, occurring[table.spec.id]) for table in tables),
    ]
    return str(write(structures, header=header))


def _occurring(table: IndicatorTable, parquet: Path) -> dict[str, list[str]]:
    """Return the codes of each coded column, and the periods, that a table has."""
    rows = pq.read_table(parquet)
    names = [name for name in rows.column_names if name == _PERIOD or table.is_coded(name)]
    return {name: table.in_order(name, set(rows.column(name).unique().to_pylist())) for name in names}


def _concept_scheme(tables: Iterable[IndicatorTable]) -> ConceptScheme:
    columns = {column.name: column for table in tables for column in table.dataset.columns}
    return ConceptScheme(
        id=_CONCEPTS,
        name="Concepts of Customs Monitor",
        description="Columns of the indicators. The agency is the platform's own name and stands in no register.",
        agency=AGENCY,
        version=VERSION,
        items=[
            Concept(id=name, name=column.label, description=column.description or None)
            for name, column in sorted(columns.items())
        ],
    )


def _codelist_id(table: IndicatorTable, name: str) -> str:
    return f"CL_{(table.codelist(name) or name).upper()}"


def _codelists(tables: Iterable[IndicatorTable], occurring: dict[str, dict[str, list[str]]]) -> dict[str, Codelist]:
    """Return the lists by their id: the codes of each list, and before them those that any table adds, as its total."""
    codes: dict[str, dict[str, str]] = {}
    complete: dict[str, bool] = {}
    names: dict[str, str] = {}
    for table in tables:
        for name, used in occurring[table.spec.id].items():
            if name == _PERIOD:
                continue
            key, listed = _codelist_id(table, name), table.codelist(name)
            whole = list(table.registry.codelists[listed].by_code) if listed else []
            complete[key] = len(whole) <= _WHOLE_LIST
            known = dict.fromkeys([*used, *(whole if complete[key] else [])])
            codes.setdefault(key, {}).update({code: table.label(name, code) for code in known})
            names[key] = table.column(name).label
    return {
        key: Codelist(
            id=key,
            name=names[key],
            agency=AGENCY,
            version=VERSION,
            is_partial=not complete[key],
            items=[Code(id=code, name=label) for code, label in sorted(found.items())],
        )
        for key, found in sorted(codes.items())
    }


def _data_structure(table: IndicatorTable, codelists: dict[str, Codelist]) -> DataStructureDefinition:
    # The time dimension comes last (SDMX 3.0, section 2, "Dimension Descriptor").
    dimensions = [*(name for name in table.dimensions if name != _PERIOD), _PERIOD]
    attributes = [column.name for column in table.dataset.columns if column.name not in (*table.dimensions, _VALUE)]
    components = [
        *(_component(table, name, Role.DIMENSION, codelists) for name in dimensions),
        _component(table, _VALUE, Role.MEASURE, codelists),
        *(_component(table, name, Role.ATTRIBUTE, codelists) for name in attributes),
    ]
    return DataStructureDefinition(
        id=structure_id(table.spec),
        name=table.spec.title,
        description=" ".join(table.spec.definition.split()),
        agency=AGENCY,
        version=structure_version(table.spec),
        components=Components(components),
    )


def _component(table: IndicatorTable, name: str, role: Role, codelists: dict[str, Codelist]) -> Component:
    concept = ItemReference(sdmx_type="Concept", agency=AGENCY, id=_CONCEPTS, version=VERSION, item_id=name)
    coded = table.is_coded(name)
    return Component(
        id=name,
        # A figure may be missing, and its status says why; all else is in every row.
        required=role is not Role.MEASURE,
        role=role,
        concept=concept,
        local_dtype=None if coded else _text_type(name),
        local_codes=codelists[_codelist_id(table, name)] if coded else None,
        # A measure has one unit (cl_measure.csv); all else may differ from figure to figure.
        attachment_level=("MEASURE" if name == "UNIT_MEASURE" else "O") if role is Role.ATTRIBUTE else None,
    )


def _text_type(name: str) -> DataType:
    if name == _PERIOD:
        return DataType.PERIOD
    if name == _VALUE:
        return DataType.DOUBLE
    return DataType.LONG if name in _NUMBERS else DataType.STRING


def _dataflow(table: IndicatorTable) -> Dataflow:
    return Dataflow(
        id=structure_id(table.spec),
        name=table.spec.title,
        agency=AGENCY,
        version=structure_version(table.spec),
        structure=f"{_URN}.datastructure.DataStructure={structure_reference(table.spec)}",
    )


def _constraint(table: IndicatorTable, occurring: dict[str, list[str]]) -> AvailabilityConstraint:
    """Return the codes that the dimensions of a table have; in SDMX-ML 3.0 a data constraint whose role is `Actual`."""
    values = {
        name: [sdmx_period(code) for code in codes] if name == _PERIOD else codes
        for name, codes in occurring.items()
        if name in table.dimensions
    }
    return AvailabilityConstraint(
        constraint_attachment=ConstraintAttachment(
            data_provider=None,
            dataflows=[f"{_URN}.datastructure.Dataflow={structure_reference(table.spec)}"],
        ),
        cube_region=CubeRegion(
            key_values=[
                CubeKeyValue(id=name, values=[CubeValue(value=code) for code in codes])
                for name, codes in values.items()
            ]
        ),
    )
