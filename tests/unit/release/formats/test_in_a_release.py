"""What a release publishes of an indicator, and what it keeps back."""

from __future__ import annotations

import zipfile

import pytest

from customs_monitor.release import release_now
from customs_monitor.release.candidate import prepare
from customs_monitor.release.errors import GateFailed
from customs_monitor.release.formats.sdmx_csv import SdmxCsvFormat
from customs_monitor.release.gate import gate
from customs_storage.manifest import read_manifest

_STEM = "indicators/o4-3/o4-3"


def test_an_indicator_has_every_format_and_another_table_the_plain_ones(
    store, layout, registry, deliveries, fake_build, scratch
):
    deliveries.survey()
    release = release_now(store, layout, registry, "run-1", scratch())
    paths = {file.path for file in read_manifest(store, release.release_id).files}
    suffixes = ("parquet", "csv", "csv-metadata.json", "xlsx", "sdmx.csv", "jsonstat.json")
    assert {path for path in paths if path.startswith("indicators/")} == {f"{_STEM}.{suffix}" for suffix in suffixes}
    marts = {path for path in paths if path.startswith("marts/")}
    assert marts == {f"marts/survey/survey.{suffix}" for suffix in suffixes[:3]}


def test_a_confidential_value_is_in_no_public_format(
    store, layout, registry, deliveries, fake_build, scratch, tmp_path
):
    fake_build.confidential = True
    deliveries.survey()
    release = release_now(store, layout, registry, "run-1", scratch())

    def content(area: str, suffix: str) -> bytes:
        return store.get(layout.key(area, release_id=release.release_id, path=f"{_STEM}.{suffix}"))

    assert b"3.44" in content("restricted_file", "csv")
    for suffix in ("csv", "sdmx.csv", "jsonstat.json"):
        assert b"3.44" not in content("release_file", suffix)
    book = tmp_path / "o4-3.xlsx"
    book.write_bytes(content("release_file", "xlsx"))
    with zipfile.ZipFile(book) as archive:
        assert all(b"3.44" not in archive.read(name) for name in archive.namelist())
        assert archive.read("xl/worksheets/sheet2.xml").count(b">c</t>") == 6
    files = read_manifest(store, release.release_id, area="restricted_file").files
    assert {file.path for file in files} == {f"{_STEM}.{suffix}" for suffix in ("parquet", "csv", "csv-metadata.json")}


def test_the_gate_stops_a_release_whose_formats_disagree(
    store, layout, registry, deliveries, fake_build, scratch, monkeypatch
):
    write = SdmxCsvFormat.write

    def rounded(self, table, parquet, target):
        write(self, table, parquet, target)
        target.write_bytes(target.read_bytes().replace(b"3.44", b"3.4"))

    monkeypatch.setattr(SdmxCsvFormat, "write", rounded)
    deliveries.survey()
    candidate = prepare(store, layout, registry, "run-1", scratch())
    with pytest.raises(GateFailed, match=r"format parity: .*o4-3\.sdmx\.csv: OBS_VALUE: 1 cells.*3\.44 is 3\.4"):
        gate(store, layout, registry, candidate, scratch())


def test_a_release_describes_itself_to_portals_and_sdmx_programs(
    store, layout, registry, deliveries, fake_build, scratch
):
    deliveries.survey()
    release = release_now(store, layout, registry, "run-1", scratch())
    manifest = read_manifest(store, release.release_id)
    assert {"catalog.jsonld", "structure/customs_monitor.xml"} <= {file.path for file in manifest.files}
    verdicts = {item.check: item.verdict for item in manifest.gate}
    assert (verdicts["structures"], verdicts["catalogue"]) == ("passed", "passed")
