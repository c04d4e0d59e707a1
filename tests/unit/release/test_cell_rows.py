"""Every cell of every indicator, computed again with its rows from deliveries of a synthetic EU."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from customs_monitor.contracts import Registry
from customs_monitor.release.accepted import LocalDelivery
from customs_monitor.release.build import build
from customs_monitor.release.cell_rows import CellRows, RowFinder, RowPlace, RowsUnknown
from customs_monitor.release.contents import LineageNode
from customs_monitor.release.specs import load_specs
from customs_monitor.synth.generate import synthesise
from support.synthetic import accepted_deliveries

SPECS = load_specs()
_STATES = ("EL", "FR", "LU")
Cells = dict[tuple[str, ...], CellRows]


@dataclass
class Built:
    deliveries: list[LocalDelivery]
    lineage: Mapping[str, LineageNode]
    tables: Mapping[str, list[dict[str, object]]]
    finder: RowFinder
    found: dict[str, Cells] = field(default_factory=dict)

    def cells(self, indicator: str) -> Cells:
        """Return the cells of an indicator, which take a second to find, and are asked for by three tests."""
        if indicator not in self.found:
            cells = self.finder.cells(SPECS[indicator].table, {})
            self.found[indicator] = {place(indicator, cell.key): cell for cell in cells}
        return self.found[indicator]


def place(indicator: str, row: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in ("REF_AREA", "TIME_PERIOD", *SPECS[indicator].dimensions, "MEASURE"))


@pytest.fixture(scope="module")
def built(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    folder = tmp_path_factory.mktemp("rows")
    synthesise(registry, folder / "eu", seed=5, first="2026-Q3", last="2026-Q3", rows=300, defects=0.0)
    inbox = folder / "eu" / "inbox"
    deliveries = list(accepted_deliveries(registry, inbox, _STATES, folder / "judged"))
    result = build(deliveries, registry, folder / "build")
    with duckdb.connect(str(result.database), read_only=True) as database:
        tables = {
            indicator: database.execute(f"SELECT * FROM indicators.{spec.table}").to_arrow_table().to_pylist()
            for indicator, spec in SPECS.items()
        }
    lineage = {
        item.name: LineageNode(description="", depends_on=item.depends_on, sql=item.sql) for item in result.models
    }
    with closing(RowFinder(registry, lineage, deliveries)) as finder:
        yield Built(deliveries, lineage, tables, finder)


@pytest.mark.parametrize("indicator", SPECS)
def test_every_cell_is_the_same_and_names_its_rows(built: Built, indicator: str) -> None:
    again = built.cells(indicator)
    rows = built.tables[indicator]
    assert rows, "the synthetic EU has figures for every indicator"
    assert again.keys() == {place(indicator, row) for row in rows}
    for row in rows:
        cell = again[place(indicator, row)]
        assert cell.has(row["OBS_VALUE"]), (cell, row)
        # A zero may be what is left when no row fulfils a condition, and who left a question out has no row of it.
        assert cell.rows or not row["OBS_VALUE"] or row["MEASURE"] == "NO_REPLY", (cell, row)
        assert len(cell.rows) <= cell.looked_at


@pytest.mark.parametrize("indicator", SPECS)
def test_rows_are_of_the_cell_s_area_and_period(built: Built, indicator: str) -> None:
    for key, cell in built.cells(indicator).items():
        area, period = key[:2]
        assert {row.period for row in cell.rows} <= {period}
        assert {row.sender for row in cell.rows} <= ({area, "TAXUD"} if area != "EU27_2020" else {*_STATES, "TAXUD"})


def test_from_its_rows_alone_a_figure_is_the_same(built: Built, registry: Registry, tmp_path: Path) -> None:
    """Cells of indicators that share a feed are looked at one after the other: the rows of one would count for all."""
    waiting = {indicator: chosen(built.cells(indicator)) for indicator in SPECS}
    while waiting:
        feeds: set[str] = set()
        together: dict[str, CellRows] = {}
        for indicator, (cell, *_) in waiting.items():
            if not feeds & (own := {row.feed for row in cell.rows} - _SHARED):
                feeds |= own
                together[indicator] = cell
        kept = {row for cell in together.values() for row in cell.rows}
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        deliveries = [only(item, kept, folder / f"{n}.parquet") for n, item in enumerate(built.deliveries)]
        with closing(RowFinder(registry, built.lineage, deliveries)) as finder:
            for indicator, cell in together.items():
                codes = {name: code for name, code in cell.key.items() if name in _codes(indicator)}
                (alone,) = finder.cells(SPECS[indicator].table, codes)
                assert (alone.value, alone.rows) == (cell.value, cell.rows), indicator
        waiting = {
            indicator: rest
            for indicator, cells in waiting.items()
            if (rest := cells[1:] if indicator in together else cells)
        }


#: Its rows are of one question each, and no figure counts those of two.
_SHARED = {"ms_questionnaire"}


def chosen(cells: Cells) -> list[CellRows]:
    """Return cells of an indicator, spread over its table; not how many left a question out, which no row says."""
    found = [cell for _, cell in sorted(cells.items()) if cell.rows and cell.key["MEASURE"] != "NO_REPLY"]
    return found[:: max(1, len(found) // 2)][:2]


def _codes(indicator: str) -> tuple[str, ...]:
    return ("REF_AREA", "TIME_PERIOD", *SPECS[indicator].dimensions, "MEASURE")


def only(delivery: LocalDelivery, kept: set[RowPlace], path: Path) -> LocalDelivery:
    """Return a delivery with the rows that are kept."""
    lines = {
        row.line
        for row in kept
        if row.delivery == (delivery.feed, delivery.period, delivery.sender, delivery.delivery_id)
    }
    table = pq.read_table(delivery.path)
    pq.write_table(table.filter(pa.array([line.as_py() in lines for line in table["_line_number"]], pa.bool_())), path)
    return replace(delivery, path=path)


def test_values_are_those_of_the_rows(built: Built) -> None:
    (cell, *_) = chosen(built.cells("o567-3"))
    said = built.finder.values(cell.rows)
    assert set(said) == set(cell.rows)
    assert {row["reference_period"] for row in said.values()} == {cell.key["TIME_PERIOD"]}
    assert all("suspended_to" not in row or row["suspended_to"] is not None for row in said.values())


def test_a_release_without_the_sql_of_its_models_says_so(built: Built, registry: Registry) -> None:
    told = {name: LineageNode(description="", depends_on=node.depends_on) for name, node in built.lineage.items()}
    with (
        closing(RowFinder(registry, told, built.deliveries)) as finder,
        pytest.raises(RowsUnknown, match="does not have the SQL of"),
    ):
        finder.cells("o4_1", {})


def test_rows_of_a_feed_that_has_no_contract_any_more_are_no_longer_told(built: Built, registry: Registry) -> None:
    with pytest.raises(RowsUnknown, match="no contract any more of the feed forgotten"):
        RowFinder(registry, built.lineage, [replace(built.deliveries[0], feed="forgotten")])
