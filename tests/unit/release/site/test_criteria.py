"""The evaluation of the criteria never takes what is confidential, or nobody sent, for a zero."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from customs_monitor.release.site.criteria import criteria
from customs_monitor.release.site.wording import Labels


def row(code, period="2026-Q3", hits=10, controls=4, positive=1, conf="F", area="EU27_2020"):
    return {
        "reference_period": period, "ref_area": area, "crc_code": code, "movement": "_T",
        "high_interest_country": "_T", "hits_automated": hits, "hits_assessed": hits, "controls": controls,
        "positive_results": positive, "assessed_share": 1.0, "controlled_share": 0.4, "positive_share": 0.25,
        "conf_status": conf,
    }  # fmt: skip


@pytest.fixture
def read(tmp_path, registry):
    def reading(*rows):
        path = tmp_path / "marts" / "crc_evaluation" / "crc_evaluation.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(list(rows)), path)
        return criteria(tmp_path, Labels(registry))

    return reading


def test_a_release_without_the_table_has_no_page(tmp_path, registry):
    assert criteria(tmp_path, Labels(registry)) is None


def test_a_table_of_another_shape_gives_no_page_and_a_warning(read, caplog):
    assert read({"reference_period": "2026-Q3"}) is None
    assert "lacks ['assessed_share'" in caplog.text


def test_never_is_over_all_periods(read):
    found = read(
        row("_T"),
        row("CRC01", hits=0, controls=0, positive=0),
        row("CRC01", "2026-Q2", hits=3),
        row("CRC02", hits=0, controls=0, positive=0),
        row("CRC02", "2026-Q2", hits=None, controls=None, positive=None),
        row("CRC03", positive=0),
        row("CRC04", controls=0, positive=0),
    )
    assert [code for code, _ in found.never_hit] == ["CRC02"]
    assert [code for code, _ in found.never_find] == ["CRC03"]
    assert (found.since, found.period) == ("2026-Q2", "2026-Q3")


def test_what_is_confidential_is_a_letter_and_no_zero(read):
    found = read(row("_T"), row("CRC01", hits=None, controls=None, positive=None, conf="C"), row("CRC02", conf="C"))
    assert found.never_hit == ()
    assert found.hidden == ("CRC01", "CRC02")
    rows = {item.head.split()[0]: [cell.text for cell in item.cells] for item in found.grids[0].rows}
    assert set(rows["CRC01"]) == set(rows["CRC02"]) == {"c"}
    assert rows["Total"][0] == "10"
