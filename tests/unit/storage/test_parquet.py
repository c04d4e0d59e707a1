from __future__ import annotations

import io
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customs_storage.parquet import ROW_GROUP_ROWS, Limits, ParquetError, read_parquet, write_parquet

SCHEMA = pa.schema(
    [
        pa.field("code", pa.string(), metadata={"concept": "code"}),
        ("value_eur", pa.decimal128(18, 2)),
        ("mass_kg", pa.float64()),
        ("is_intra", pa.bool_()),
        ("sent_at", pa.timestamp("us", "UTC")),
        ("_line_number", pa.int64()),
    ],
    metadata={"feed": "f"},
)
TEXTS = pa.schema([("text", pa.string())])


def table(rows: int) -> pa.Table:
    random_ = random.Random(rows)
    columns = [
        pa.array([random_.choice([None, "a", "Ω", "long" * 20]) for _ in range(rows)], pa.string()),
        pa.array([random_.choice([None, Decimal("1.05")]) for _ in range(rows)], pa.decimal128(18, 2)),
        pa.array([random_.choice([None, 0.1, float("nan"), -0.0]) for _ in range(rows)], pa.float64()),
        pa.array([random_.choice([None, True, False]) for _ in range(rows)], pa.bool_()),
        pa.array(range(rows), pa.int64()).cast(pa.timestamp("us", "UTC")),
        pa.array(range(rows), pa.int64()),
    ]
    return pa.table(columns, schema=SCHEMA)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 3_000), max_size=6))
def test_the_bytes_do_not_tell_how_the_rows_arrived(tmp_path_factory: pytest.TempPathFactory, cuts: list[int]) -> None:
    folder = tmp_path_factory.mktemp("parquet")
    rows = table(3_000)
    borders = [0, *sorted(cuts), 3_000]
    whole = rows.combine_chunks().to_batches()[0]

    def batches() -> Iterator[pa.RecordBatch]:
        for start, end in pairwise(borders):
            yield whole.slice(start, end - start)

    assert write_parquet(rows, folder / "whole", SCHEMA) == 3_000
    assert write_parquet(batches(), folder / "cut", SCHEMA) == 3_000
    assert (folder / "cut").read_bytes() == (folder / "whole").read_bytes()


def test_the_bytes_do_not_depend_on_the_process(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, pyarrow as pa; from customs_storage.parquet import write_parquet;"
        "schema = pa.schema([('a', pa.string()), ('b', pa.int64())]);"
        "rows = pa.table([pa.array(['x', None, 'y'] * 500), pa.array(range(1500))], schema=schema);"
        "write_parquet(rows, pathlib.Path(sys.argv[1]), schema)"
    )
    for name, zone in (("one", "UTC"), ("two", "Europe/Athens")):
        subprocess.run([sys.executable, "-c", script, tmp_path / name], check=True, env={"TZ": zone})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_row_groups_are_of_one_size_whatever_the_batches(tmp_path: Path) -> None:
    rows = 2 * ROW_GROUP_ROWS + 5
    schema = pa.schema([("n", pa.int64())])
    numbers = pa.table([pa.array(range(rows), pa.int64())], schema=schema)

    for size in (1_000, rows):
        write_parquet(numbers.to_batches(max_chunksize=size), tmp_path / str(size), schema)
    footer = pq.read_metadata(tmp_path / "1000")

    assert [footer.row_group(i).num_rows for i in range(3)] == [ROW_GROUP_ROWS, ROW_GROUP_ROWS, 5]
    assert footer.row_group(0).column(0).compression == "ZSTD"
    assert (tmp_path / "1000").read_bytes() == (tmp_path / str(rows)).read_bytes()
    assert pq.read_table(tmp_path / "1000").equals(numbers)


@pytest.mark.parametrize("rows", [0, 1, 10_000])
def test_what_is_written_is_read(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "p"
    write_parquet(table(rows), path, SCHEMA)

    batches = list(read_parquet(path, SCHEMA))

    read = pa.Table.from_batches(batches, SCHEMA)
    assert read.to_pandas().equals(table(rows).to_pandas()), "NaN equals NaN there"
    assert pq.read_schema(path).equals(SCHEMA, check_metadata=True)
    stream = io.BytesIO(path.read_bytes())
    assert sum(batch.num_rows for batch in read_parquet(stream, SCHEMA)) == rows


def test_a_batch_of_another_schema_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ParquetError, match="a batch has the columns"):
        write_parquet(pa.table({"other": [1]}), tmp_path / "p", SCHEMA)
    assert not (tmp_path / "p").exists()


def repeated_text(path: Path) -> None:
    """100 000 rows of one text of 32 MiB: 1.7 kB that become 3 TB."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), ["x" * (32 << 20)])
    pq.write_table(pa.table({"text": texts}), path, compression="zstd")


def one_large_page(path: Path) -> None:
    """One plain text of 100 MB in 4 kB."""
    pq.write_table(pa.table({"text": ["y" * 100_000_000]}), path, compression="zstd", use_dictionary=False)


def many_rows(path: Path) -> None:
    """10 million missing texts in 23 kB."""
    pq.write_table(pa.table({"text": pa.nulls(10_000_000, pa.string())}), path, compression="zstd")


@pytest.mark.parametrize(
    ("bomb", "told"),
    [
        (repeated_text, r"has 137\d+ bytes in 4096 rows, \d+ are allowed"),
        (one_large_page, r"has a page of 1000\d+ bytes, \d+ are allowed"),
        (many_rows, r"claims 10000000 rows, 1000000 are allowed"),
    ],
)
def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path, bomb: Callable[[Path], None], told: str) -> None:
    path = tmp_path / "bomb.parquet"
    bomb(path)
    assert path.stat().st_size < 30_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with pytest.raises(ParquetError, match=told):
        list(read_parquet(path, TEXTS, Limits(rows=1_000_000)))

    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 100 << 20


def test_the_rows_read_are_counted_not_those_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p"
    pq.write_table(pa.table({"text": ["a"] * 20_000}), path)

    class Understating:
        """A footer that says less than there is."""

        num_rows = 1

        def __init__(self, footer: pq.FileMetaData) -> None:
            self._footer = footer

        def __getattr__(self, name: str) -> object:
            return getattr(self._footer, name)

    footer = pq.read_metadata(path)
    monkeypatch.setattr(pq, "read_metadata", lambda _: Understating(footer))
    with pytest.raises(ParquetError, match="has 12288 rows or more, 10000 are allowed"):
        list(read_parquet(path, TEXTS, Limits(rows=10_000)))


def test_the_whole_is_limited_too(tmp_path: Path) -> None:
    path = tmp_path / "p"
    pq.write_table(pa.table({"text": ["a" * 1_000] * 20_000}), path)

    with pytest.raises(ParquetError, match="has 12337152 bytes or more, 10000000 are allowed"):
        list(read_parquet(path, TEXTS, Limits(total_bytes=10_000_000)))


@pytest.mark.parametrize(
    "declared",
    [
        pa.schema([("text", pa.int64())]),
        pa.schema([("other", pa.string())]),
        pa.schema([("text", pa.string()), ("more", pa.string())]),
        pa.schema([]),
    ],
)
def test_other_columns_than_declared_are_refused(tmp_path: Path, declared: pa.Schema) -> None:
    write_parquet(pa.table({"text": ["a"]}), tmp_path / "p", TEXTS)

    with pytest.raises(ParquetError, match="p has other columns than declared, see"):
        list(read_parquet(tmp_path / "p", declared))


def test_columns_that_cannot_be_measured_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParquetError, match="tags cannot be read safely"):
        list(read_parquet(tmp_path / "p", pa.schema([("tags", pa.list_(pa.string()))])))


def test_no_parquet_file_at_all_is_explained(tmp_path: Path) -> None:
    (tmp_path / "text.parquet").write_bytes(b"a;b\n1;2\n")

    for path in (tmp_path / "text.parquet", tmp_path / "absent.parquet"):
        with pytest.raises(ParquetError, match="is no readable Parquet file"):
            list(read_parquet(path, TEXTS))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(4, 100_000), value=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_file_is_an_error_of_the_file(damageable: bytes, position: int, value: int, cut: bool) -> None:
    damaged = bytearray(damageable)
    damaged[position % len(damaged)] = value
    if cut:
        del damaged[position % len(damaged) :]
    try:
        rows = sum(batch.num_rows for batch in read_parquet(io.BytesIO(bytes(damaged)), SCHEMA))
    except ParquetError:
        return
    assert rows <= 10_000


@pytest.fixture(scope="module")
def damageable(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("parquet") / "p"
    write_parquet(table(2_000), path, SCHEMA)
    return path.read_bytes()
