"""What of a confidential row of a mart is published."""

from __future__ import annotations

from pathlib import Path

import duckdb

from customs_monitor.release.datasets import Column, Dataset, read_rows, write_dataset

_COLUMNS = ("crc_code", "hits_automated", "crc_outcome", "conf_status", "n_senders", "n_expected")


def test_a_confidential_row_of_a_mart_tells_its_key_and_its_senders_only(tmp_path: Path) -> None:
    dataset = Dataset(
        kind="marts",
        id="mart_crc",
        relation="mart_crc",
        title="",
        description="",
        columns=tuple(Column(name=name, label=name, description="") for name in _COLUMNS),
        key=("crc_code",),
    )
    with duckdb.connect() as database:
        database.execute(
            "CREATE TABLE mart_crc AS SELECT * FROM (VALUES ('CRC01', 5, 'RESULT', 'F', 26, 27), "
            f"('CRC02', 7, 'NO_RESULT', 'N', 26, 27)) AS rows ({', '.join(_COLUMNS)})"
        )
        write_dataset(database, dataset, tmp_path / "public", tmp_path / "restricted")
    free = {"crc_code": "CRC01", "hits_automated": 5, "crc_outcome": "RESULT", "conf_status": "F"}
    hidden = {"crc_code": "CRC02", "hits_automated": None, "crc_outcome": None, "conf_status": "C"}
    full = {"crc_code": "CRC02", "hits_automated": 7, "crc_outcome": "NO_RESULT", "conf_status": "N"}
    senders = {"n_senders": 26, "n_expected": 27}
    assert read_rows(tmp_path / "public" / "marts/mart_crc/mart_crc.parquet") == [free | senders, hidden | senders]
    assert read_rows(tmp_path / "restricted" / "marts/mart_crc/mart_crc.parquet") == [free | senders, full | senders]
