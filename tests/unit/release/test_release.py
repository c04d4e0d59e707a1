"""From accepted rows to the release in force: prepare, gate, publish."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from typer.testing import CliRunner

from customs_monitor.cli import app
from customs_monitor.collection.closing import tick
from customs_monitor.collection.closing_text import sentence
from customs_monitor.collection.explanations import Explanation
from customs_monitor.release import candidate as candidate_module
from customs_monitor.release import gate as gate_module
from customs_monitor.release import release_now, site
from customs_monitor.release.candidate import prepare
from customs_monitor.release.errors import GateFailed, ReleaseError, ReleaseOvertaken
from customs_monitor.release.gate import gate
from customs_monitor.release.history import releases
from customs_monitor.release.housekeeping import remove_abandoned
from customs_monitor.release.publishing import publish
from customs_monitor.release.records import Candidate, GateReport
from customs_monitor.release.summary import published_lines
from customs_storage.manifest import read_manifest, verify
from customs_storage.pointer import read_latest
from support.releases import ANSWERS


@pytest.fixture
def made(store, layout, registry, deliveries, fake_build, scratch):
    """A candidate of one delivery, not in force."""
    deliveries.survey()
    candidate = prepare(store, layout, registry, "run-1", scratch())
    assert candidate is not None
    return candidate


def test_a_release_has_its_tables_in_every_format(store, layout, registry, made, scratch):
    report = gate(store, layout, registry, made, scratch())
    release = publish(store, layout, made, report)

    assert release.state == "in force"
    assert release.indicators == ("o4-3",)
    manifest = read_manifest(store, release.release_id)
    paths = {file.path for file in manifest.files}
    for stem in ("indicators/o4-3/o4-3", "marts/survey/survey"):
        assert {f"{stem}.parquet", f"{stem}.csv", f"{stem}.csv-metadata.json"} <= paths
    assert verify(store, release.release_id) == []
    assert [(item.feed, item.period) for item in manifest.deliveries] == [("survey_results", "2018-2020")]
    assert {verdict.verdict for verdict in manifest.gate} == {"passed"}


def test_the_csv_has_a_point_a_comma_and_nothing_for_what_is_missing(store, layout, made):
    key = layout.key("release_file", release_id=made.release_id, path="indicators/o4-3/o4-3.csv")
    lines = store.get(key).decode("utf-8").splitlines()
    assert lines[0].startswith("INDICATOR,FREQ,REF_AREA,TIME_PERIOD,CRMF_ELEMENT,MEASURE,UNIT_MEASURE,OBS_VALUE")
    assert "o4-3,A3,EU27_2020,2018-2020,_T,MEAN,SCORE,3.44,D,F,26,27" in lines


def test_the_metadata_names_every_column_of_the_csv(store, layout, made):
    def text(name: str) -> str:
        return store.get(layout.key("release_file", release_id=made.release_id, path=f"marts/survey/{name}")).decode()

    metadata = json.loads(text("survey.csv-metadata.json"))
    columns = metadata["tableSchema"]["columns"]
    assert metadata["url"] == "survey.csv"
    assert [column["name"] for column in columns] == text("survey.csv").splitlines()[0].split(",")
    assert {column["name"]: column["datatype"] for column in columns}["respondents"] == "long"


def test_a_reader_sees_nothing_of_a_candidate(store, layout, made):
    assert read_latest(store) is None
    assert releases(store, layout) == []


def test_the_candidate_and_the_report_travel_as_json(store, layout, registry, made, scratch):
    candidate = Candidate.model_validate(json.loads(json.dumps(made.model_dump(mode="json"))))
    assert candidate == made
    report = gate(store, layout, registry, candidate, scratch())
    again = GateReport.model_validate(json.loads(json.dumps(report.model_dump(mode="json"))))
    assert publish(store, layout, candidate, again).release_id == made.release_id


def test_nothing_new_builds_nothing(store, layout, registry, deliveries, fake_build, scratch):
    deliveries.survey()
    assert release_now(store, layout, registry, "run-1", scratch()) is not None
    assert release_now(store, layout, registry, "run-2", scratch()) is None
    assert fake_build.builds == 1
    deliveries.survey({**ANSWERS, "4": 12}, sequence=2)
    assert release_now(store, layout, registry, "run-3", scratch()) is not None


def test_a_closing_is_a_new_release_with_the_same_data_that_says_how_the_collection_stands(
    store, layout, registry, deliveries, fake_build, scratch
):
    deliveries.survey()
    first = release_now(store, layout, registry, "run-1", scratch())
    made = tick(store, layout, registry, lambda: datetime(2026, 10, 1, tzinfo=UTC), feed="crc_statistics")
    second = release_now(store, layout, registry, "run-2", scratch())
    assert release_now(store, layout, registry, "run-3", scratch()) is None

    old, new = (read_manifest(store, release.release_id) for release in (first, second))
    assert old.closings == ()
    assert [(item.feed, item.period, item.number) for item in new.closings] == [("crc_statistics", "2026-Q2", 1)]
    data = [
        {file.path: file.sha256 for file in manifest.files if file.path.startswith(("indicators/", "marts/"))}
        for manifest in (old, new)
    ]
    assert data[0] == data[1] != {}
    assert f"  crc_statistics 2026-Q2: {sentence(made[0])}" in list(published_lines(store, layout, registry))


def test_an_explanation_stands_beside_the_figures_until_it_expires(
    store, layout, registry, deliveries, fake_build, scratch, monkeypatch
):
    receipt = deliveries.survey()
    place = receipt.model_dump(include={"feed", "period", "sender", "delivery_id"})
    said = Explanation(
        **place,
        number=1,
        rule="total_of_respondents",
        text="Two answers came <late> & by letter",
        expires_on=date(2027, 1, 31),
        user="maria.p",
        at=datetime(2026, 10, 1, tzinfo=UTC),
    )
    standing = [said]
    monkeypatch.setattr(candidate_module, "valid_explanations", lambda *_: list(standing))
    first = release_now(store, layout, registry, "run-1", scratch())
    assert release_now(store, layout, registry, "run-2", scratch()) is None
    standing.clear()
    second = release_now(store, layout, registry, "run-3", scratch())

    def page(release):
        return store.get(
            layout.key("release_file", release_id=release.release_id, path="site/indicators/o4-3.html")
        ).decode()

    with_it, without = page(first), page(second)
    assert "Two answers came &lt;late&gt; &amp; by letter" in with_it
    assert "until 2027-01-31" in with_it
    assert "maria.p" not in with_it
    assert "Two answers" not in without
    old, new = (read_manifest(store, release.release_id) for release in (first, second))
    assert ([item.number for item in old.explanations], new.explanations) == ([1], ())
    data = [
        {file.path: file.sha256 for file in manifest.files if file.path.startswith(("indicators/", "marts/"))}
        for manifest in (old, new)
    ]
    assert data[0] == data[1] != {}


def test_an_empty_store_gives_a_release_in_which_everything_awaits_data(store, layout, registry, fake_build, scratch):
    release = release_now(store, layout, registry, "run-1", scratch())
    assert release is not None
    assert release.indicators == ()


def test_changed_rows_are_not_built_from(store, layout, registry, deliveries, fake_build, scratch):
    receipt = deliveries.survey()
    place = receipt.model_dump(include={"feed", "period", "sender", "delivery_id"})
    path = store.local_path(layout.key("accepted", **place))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ReleaseError, match="is not what delivery"):
        prepare(store, layout, registry, "run-1", scratch())


def test_each_step_leaves_a_record_also_when_it_fails(store, layout, registry, deliveries, fake_build, scratch):
    deliveries.survey()
    fake_build.failing = ("assert_sums",)
    with pytest.raises(GateFailed):
        release_now(store, layout, registry, "run-1", scratch())
    outcomes = {
        info.key.rsplit("/", 1)[1]: json.loads(store.get(info.key)) for info in store.list("outcomes/run-1/release.")
    }
    assert outcomes["release.prepare.json"]["result"] == "candidate written"
    assert outcomes["release.prepare.json"]["rows"] == {"o4-3": 6, "survey": 5}
    assert outcomes["release.gate.json"]["result"] == "failed"
    assert "assert_sums" in outcomes["release.gate.json"]["error"]
    assert "release.publish.json" not in outcomes


class TestGate:
    def test_a_changed_file_is_caught(self, store, layout, registry, made, scratch):
        key = layout.key("release_file", release_id=made.release_id, path="indicators/o4-3/o4-3.csv")
        path = store.local_path(key)
        path.chmod(0o644)
        path.write_bytes(path.read_bytes().replace(b"3.44", b"3.45"))
        with pytest.raises(GateFailed, match=r"o4-3\.csv: altered"):
            gate(store, layout, registry, made, scratch())
        assert read_latest(store) is None

    def test_a_missing_file_is_caught(self, store, layout, registry, made, scratch):
        store.delete(layout.key("release_file", release_id=made.release_id, path="marts/survey/survey.parquet"))
        with pytest.raises(GateFailed, match=r"survey\.parquet: missing"):
            gate(store, layout, registry, made, scratch())

    def test_a_format_that_says_something_else_is_caught(
        self, store, layout, registry, deliveries, fake_build, scratch, monkeypatch
    ):
        from customs_monitor.release.formats.comma_separated import CsvFormat

        write = CsvFormat.write

        def rounded(self, parquet, target):
            write(self, parquet, target)
            target.write_bytes(target.read_bytes().replace(b"3.44", b"3.4"))

        monkeypatch.setattr(CsvFormat, "write", rounded)
        deliveries.survey()
        candidate = prepare(store, layout, registry, "run-1", scratch())
        with pytest.raises(GateFailed, match=r"parity: .*OBS_VALUE: 1 cells differ.*3\.44 is 3\.4"):
            gate(store, layout, registry, candidate, scratch())

    def test_a_failed_data_test_stops_and_a_warning_is_told(
        self, store, layout, registry, deliveries, fake_build, scratch
    ):
        deliveries.survey()
        fake_build.warning = ("answers_add_up",)
        candidate = prepare(store, layout, registry, "run-1", scratch())
        report = gate(store, layout, registry, candidate, scratch())
        assert [(item.check, item.detail) for item in report.warnings] == [
            ("data test warnings", "answers_add_up: 2 rows")
        ]
        fake_build.failing = ("assert_sums", "assert_keys")
        deliveries.survey({**ANSWERS, "4": 12}, sequence=2)
        candidate = prepare(store, layout, registry, "run-2", scratch())
        with pytest.raises(GateFailed) as failure:
            gate(store, layout, registry, candidate, scratch())
        assert "assert_sums" in str(failure.value)
        assert "assert_keys" in str(failure.value)

    def test_low_coverage_flags_and_removes_nothing(self, store, layout, registry, deliveries, fake_build, scratch):
        fake_build.spec = fake_build.spec.model_copy(update={"coverage_threshold": 1.0})
        deliveries.survey()
        release = release_now(store, layout, registry, "run-1", scratch())
        assert release.indicators == ("o4-3",)
        verdict = {item.check: item for item in read_manifest(store, release.release_id).gate}["coverage"]
        assert verdict.verdict == "warned"
        assert verdict.detail == "2018-2020: 26 of 27 senders, below 100%: o4-3"
        listed = CliRunner().invoke(app, ["indicators", "--store", store.url]).output
        assert listed.count("below coverage (26 of 27)") == 1
        as_json = json.loads(CliRunner().invoke(app, ["indicators", "--json", "--store", store.url]).output)
        coverage = {item["id"]: item["coverage"] for item in as_json if item["coverage"]}
        assert coverage == {"o4-3": {"period": "2018-2020", "senders": 26, "expected": 27, "low": True}}

    def test_a_confidential_cell_in_public_is_caught(
        self, store, layout, registry, deliveries, fake_build, scratch, monkeypatch
    ):
        from customs_monitor.release import datasets

        fake_build.confidential = True
        monkeypatch.setattr(datasets, "_without_values", lambda *_: ["OBS_VALUE AS OBS_VALUE"])
        deliveries.survey()
        candidate = prepare(store, layout, registry, "run-1", scratch())
        with pytest.raises(GateFailed, match=r"disclosure: .*6 confidential cells have a value"):
            gate(store, layout, registry, candidate, scratch())


def test_confidential_cells_are_empty_in_public_and_full_in_restricted(
    store, layout, registry, deliveries, fake_build, scratch
):
    fake_build.confidential = True
    deliveries.survey()
    release = release_now(store, layout, registry, "run-1", scratch())

    def cells(area: str) -> list[str]:
        key = layout.key(area, release_id=release.release_id, path="indicators/o4-3/o4-3.csv")
        return store.get(key).decode().splitlines()[1:]

    assert all(line.split(",")[7:10] == ["", "Q", "C"] for line in cells("release_file"))
    assert "o4-3,A3,EU27_2020,2018-2020,_T,MEAN,SCORE,3.44,D,C,26,27" in cells("restricted_file")
    assert verify(store, release.release_id, area="restricted_file") == []


def test_a_restricted_indicator_has_no_public_file(store, layout, registry, deliveries, fake_build, scratch):
    fake_build.spec = fake_build.spec.model_copy(update={"audience": "restricted", "restricted_to": "risk managers"})
    deliveries.survey()
    release = release_now(store, layout, registry, "run-1", scratch())
    keys = {info.key for info in store.list() if "o4-3" in info.key and "releases" in info.key}
    page = layout.key("release_file", release_id=release.release_id, path="site/indicators/o4-3.html")
    assert {key for key in keys if not key.startswith(f"restricted/releases/{release.release_id}/")} == {page}
    assert len(keys) > 1
    assert "Its figures are for risk managers only" in store.get(page).decode()
    assert "3.44" not in store.get(page).decode()


def test_an_indicator_without_a_page_stops_the_release(
    store, layout, registry, deliveries, fake_build, scratch, monkeypatch
):
    write = site.write_site

    def without_two(store, layout, registry, manifest, contents, folder, closings, explanations):
        write(store, layout, registry, manifest, contents, folder, closings, explanations)
        for indicator in ("o4-3", "o12-1"):
            (folder / "site" / "indicators" / f"{indicator}.html").unlink()

    monkeypatch.setattr(site, "write_site", without_two)
    deliveries.survey()
    with pytest.raises(GateFailed, match="pages: o12-1 has no page; o4-3 has no page"):
        release_now(store, layout, registry, "run-1", scratch())
    assert read_latest(store) is None


class TestPublish:
    def test_two_publishers_race_and_one_wins(self, store, layout, registry, made, deliveries, scratch):
        deliveries.survey({**ANSWERS, "4": 12}, sequence=2)
        other = prepare(store, layout, registry, "run-2", scratch())
        reports = [gate(store, layout, registry, item, scratch()) for item in (made, other)]
        publish(store, layout, other, reports[1])
        with pytest.raises(ReleaseOvertaken, match="run again"):
            publish(store, layout, made, reports[0])
        assert read_latest(store).release_id == other.release_id

    def test_the_loser_of_the_last_moment_is_never_in_force(
        self, store, layout, registry, made, deliveries, scratch, monkeypatch
    ):
        from customs_monitor.release import publishing

        deliveries.survey({**ANSWERS, "4": 12}, sequence=2)
        other = prepare(store, layout, registry, "run-2", scratch())
        reports = [gate(store, layout, registry, item, scratch()) for item in (made, other)]
        swap = publishing.swap_latest

        def overtaken(target, new, expected):
            monkeypatch.setattr(publishing, "swap_latest", swap)
            publish(store, layout, other, reports[1])
            swap(target, new, expected)

        monkeypatch.setattr(publishing, "swap_latest", overtaken)
        with pytest.raises(ReleaseOvertaken):
            publish(store, layout, made, reports[0])
        states = {release.release_id: release.state for release in releases(store, layout)}
        assert states == {made.release_id: "never in force", other.release_id: "in force"}

    def test_repeating_it_changes_nothing(self, store, layout, registry, made, scratch):
        report = gate(store, layout, registry, made, scratch())
        assert publish(store, layout, made, report) == publish(store, layout, made, report)

    def test_the_report_must_be_on_this_candidate(self, store, layout, registry, made, scratch):
        report = gate(store, layout, registry, made, scratch())
        with pytest.raises(ReleaseError, match=r"let .* pass it"):
            publish(store, layout, made.model_copy(update={"draft_sha256": "0" * 64}), report)

    def test_killed_between_any_two_writes_a_reader_sees_old_or_new(
        self, store, layout, registry, deliveries, fake_build, scratch, monkeypatch
    ):
        def small_site(store, layout, registry, manifest, contents, folder, closings, explanations):
            (folder / "site").mkdir()
            (folder / "site" / "index.html").write_text(manifest.release_id)

        # A hundred pages would be a hundred kills of the same kind.
        monkeypatch.setattr(site, "write_site", small_site)
        without_pages = tuple(check for check in gate_module._CHECKS if check.name != "pages")
        monkeypatch.setattr(gate_module, "_CHECKS", without_pages)
        deliveries.survey()
        old = release_now(store, layout, registry, "run-0", scratch())
        deliveries.survey({**ANSWERS, "4": 12}, sequence=2)

        class Killed(BaseException):
            pass

        writes = {"left": 0}

        def dying(name):
            write = getattr(type(store), name)

            def attempt(self, *arguments):
                if writes["left"] == 0:
                    raise Killed
                writes["left"] -= 1
                return write(self, *arguments)

            return attempt

        seen = []
        for allowed in range(100):
            with monkeypatch.context() as patch:
                for name in ("put_if_absent", "compare_and_set"):
                    patch.setattr(type(store), name, dying(name))
                writes["left"] = allowed
                with suppress(Killed):
                    release_now(store, layout, registry, f"run-{allowed + 1}", scratch())
            latest = read_latest(store).release_id
            seen.append(latest)
            assert verify(store, latest) == []
            if latest != old.release_id:
                break
        assert len(set(seen)) == 2
        assert len(seen) > 10
        # The run after the kills finds the new release in force and whole: nothing to do.
        assert release_now(store, layout, registry, "run-last", scratch()) is None


def test_abandoned_candidates_are_removed_and_releases_stay(store, layout, registry, made, deliveries, scratch):
    deliveries.survey({**ANSWERS, "4": 12}, sequence=2)
    release = release_now(store, layout, registry, "run-2", scratch())
    week = timedelta(days=7)
    assert remove_abandoned(store, layout, week) == []
    later = datetime.now(UTC) + timedelta(days=8)
    assert remove_abandoned(store, layout, week, now=later) == [made.release_id]
    assert verify(store, release.release_id) == []
    assert not list(store.list(f"published/releases/{made.release_id}"))
