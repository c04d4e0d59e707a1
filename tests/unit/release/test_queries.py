"""What can be asked of a published release: show, explain, diff, verify, releases."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from customs_monitor.release import candidate, release_now
from customs_monitor.release.changes import changes
from customs_monitor.release.contents import UNTOLD, Contents
from customs_monitor.release.diff import as_text as diff_text
from customs_monitor.release.diff import diff
from customs_monitor.release.errors import NothingPublished, NotInRelease, ReleaseError
from customs_monitor.release.history import manifest_of, releases
from customs_monitor.release.published import Published, Written
from customs_monitor.release.show import as_csv, as_json, number_text, show
from customs_monitor.release.summary import published_lines
from customs_monitor.release.verifying import verify
from support.releases import ANSWERS


@pytest.fixture
def two(store, layout, registry, deliveries, fake_build, scratch):
    """Two releases: one Member State more gave the highest score in the second."""
    deliveries.survey()
    first = release_now(store, layout, registry, "run-1", scratch())
    deliveries.survey({**ANSWERS, "4": 12, "NO_REPLY": 0}, sequence=2)
    second = release_now(store, layout, registry, "run-2", scratch())
    return first, second


def rewrite(store, key, data):
    """Change an object behind the store's back."""
    path = store.local_path(key)
    path.chmod(0o644)
    path.write_bytes(data)


class TestShow:
    def test_gives_the_rows_of_the_period_and_area(self, store, layout, two):
        shown = show(store, layout, "o4-3", period="2018-2020", area="EU27_2020")
        values = {dict(zip(shown.columns, row, strict=True))["MEASURE"]: row[7] for row in shown.rows}
        assert values["COUNT_4"] == 12
        assert shown.release_id == two[1].release_id

    def test_as_of_gives_what_was_published_then(self, store, layout, two):
        between = two[1].created_at - timedelta(microseconds=1)
        shown = show(store, layout, "o4-3", as_of=between.replace(tzinfo=None))
        assert shown.release_id == two[0].release_id
        with pytest.raises(NothingPublished, match="2020-01-01"):
            show(store, layout, "o4-3", as_of=datetime(2020, 1, 1, tzinfo=UTC))

    def test_as_of_takes_a_release_a_time_and_the_end_of_a_day(self, store, layout, two):
        before = two[1].created_at - timedelta(microseconds=1)
        asked = {
            two[0].release_id: two[0],
            before.isoformat(): two[0],
            before.replace(tzinfo=None).isoformat(): two[0],
            f"{two[1].created_at:%Y-%m-%d}": two[1],
        }
        for moment, release in asked.items():
            assert show(store, layout, "o4-3", as_of=moment).release_id == release.release_id, moment

    @pytest.mark.parametrize(
        ("moment", "said"),
        [
            ("yesterday", "neither a time like 2026-11-24"),
            ("2020-01-01", "nothing was published on 2020-01-01"),
            ("20200101T000000Z-00000000", "there is no release"),
        ],
    )
    def test_a_moment_without_a_release_is_told(self, store, layout, two, moment, said):
        with pytest.raises(NothingPublished, match=said):
            show(store, layout, "o4-3", as_of=moment)

    def test_an_empty_store_points_to_run(self, store, layout):
        with pytest.raises(NothingPublished, match="customs-monitor run makes the first release"):
            show(store, layout, "o4-3")

    def test_a_release_of_older_code_is_read_with_what_it_did_not_tell_yet(self, store, layout, two):
        key = layout.key("release_file", release_id=two[0].release_id, path="contents.json")
        told = json.loads(store.get(key))
        (entry,) = (item for item in told["indicators"] if item["id"] == "o4-3")
        del entry["spec"]["interpretation"]
        entry["spec"]["colour"] = "red"
        rewrite(store, key, json.dumps(told).encode())
        assert show(store, layout, "o4-3", as_of=two[0].release_id).rows
        spec = Contents.of(store, layout, two[0].release_id).indicator("o4-3").spec
        assert (spec.interpretation, spec.id) == (UNTOLD, "o4-3")

    def test_a_release_that_this_code_cannot_read_says_so(self, store, layout, two):
        key = layout.key("release_file", release_id=two[0].release_id, path="contents.json")
        told = json.loads(store.get(key))
        told["marts"] = "none"
        rewrite(store, key, json.dumps(told).encode())
        with pytest.raises(ReleaseError, match=r"was written by other code .*marts"):
            show(store, layout, "o4-3", as_of=two[0].release_id)

    def test_rows_are_synthetic_where_a_delivery_behind_them_is(
        self, store, layout, registry, deliveries, fake_build, scratch
    ):
        deliveries.survey()
        deliveries.survey(cycle="2021-2023", synthetic=True)
        release_now(store, layout, registry, "run-1", scratch())
        periods = ("2018-2020", "2021-2023", None)
        assert [show(store, layout, "o4-3", period=period).synthetic for period in periods] == [False, True, True]

    def test_a_count_is_told_in_full(self):
        values = (2856840.0, -3.0, 1 / 3, 12345678901.0)
        assert [number_text(value) for value in values] == ["2856840", "-3", "0.333333", "12345678901"]

    def test_csv_and_json_have_the_same_cells(self, store, layout, two):
        shown = show(store, layout, "o4-3")
        from_csv = list(csv.DictReader(io.StringIO(as_csv(shown))))
        from_json = json.loads(as_json(shown))["rows"]
        assert [row["MEASURE"] for row in from_csv] == [row["MEASURE"] for row in from_json]
        assert [float(row["OBS_VALUE"]) for row in from_csv] == [row["OBS_VALUE"] for row in from_json]

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ({"indicator": "o9-9"}, r"did you mean o4-9 .*See customs-monitor indicators"),
            ({"indicator": "O4_33"}, "did you mean o4-3"),
            ({"indicator": "o12-1"}, "awaiting data"),
            ({"indicator": "o4-3", "period": "2031"}, "it has 2018-2020"),
            ({"indicator": "o4-3", "area": "XX"}, "it has EU27_2020"),
        ],
    )
    def test_what_is_not_there_is_said_with_what_is(self, store, layout, two, asked, said):
        with pytest.raises(NotInRelease, match=said):
            show(store, layout, **asked)

    def test_bytes_that_were_changed_are_not_shown(self, store, layout, two):
        key = layout.key("release_file", release_id=two[1].release_id, path="indicators/o4-3/o4-3.parquet")
        path = store.local_path(key)
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-1] + b"\0")
        with pytest.raises(ReleaseError, match="is not what was published"):
            show(store, layout, "o4-3")


class TestDiff:
    def test_tells_every_cell_with_its_old_and_new_value(self, store, layout, two):
        told = diff(store, layout, two[0].release_id, two[1].release_id)
        changes = {row.key["MEASURE"]: (row.old, row.new) for row in told.tables[0].rows}
        assert changes["COUNT_4"] == ({"OBS_VALUE": 11.0}, {"OBS_VALUE": 12.0})
        assert changes["NO_REPLY"] == ({"OBS_VALUE": 1.0}, {"OBS_VALUE": 0.0})
        assert set(changes) == {"COUNT_4", "NO_REPLY", "MEAN"}
        (delivery,) = told.deliveries
        assert (delivery.kind, len(delivery.replaces)) == ("revision", 1)
        assert not told.code_changed
        (row,) = (row for row in told.tables[0].rows if row.key["MEASURE"] == "COUNT_4")
        assert [cause.text for cause in row.causes] == ["revision: survey_results 2018-2020 TAXUD"]
        assert row.difference == 1
        text = diff_text(told)
        assert "COUNT_4: 11 -> 12 (+1)  [revision]" in text
        assert "because of revision: survey_results 2018-2020 TAXUD" in text
        assert f"in the place of {delivery.replaces[0]}" in text

    def test_a_method_that_changed_is_told_with_what_is_other_in_it(
        self, store, layout, registry, two, fake_build, monkeypatch, scratch
    ):
        fake_build.spec = fake_build.spec.model_copy(update={"version": "1.1.0", "formula": "other"})
        fake_build.offset = 1
        monkeypatch.setattr(candidate, "code_fingerprint", lambda _project: "f" * 64)
        third = release_now(store, layout, registry, "run-3", scratch())
        told = diff(store, layout, two[1].release_id, third.release_id)
        (table,) = (table for table in told.tables if table.table.startswith("indicators/"))
        assert {cause.text for row in table.rows for cause in row.causes} == {
            "method: version 1.0.0 -> 1.1.0; formula; SQL of o4_3"
        }
        assert "Methods: 1 tables are made in another way" in diff_text(told)

    def test_new_cells_are_added(self, store, layout, registry, deliveries, two, scratch):
        deliveries.survey(cycle="2021-2023")
        third = release_now(store, layout, registry, "run-3", scratch())
        table = diff(store, layout, two[1].release_id, third.release_id).tables[0]
        assert (table.added, table.removed, table.changed) == (6, 0, 0)
        back = diff(store, layout, third.release_id, two[1].release_id).tables[0]
        assert (back.added, back.removed, back.changed) == (0, 6, 0)

    def test_a_release_that_is_being_made_tells_the_same_as_when_it_is_published(
        self, store, layout, registry, two, scratch
    ):
        first, second = (Published.of(store, layout, manifest_of(store, item.release_id)) for item in two)
        folder = scratch()
        for file in second.manifest.files:
            if file.path.endswith(".parquet"):
                (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
                key = layout.key("release_file", release_id=second.manifest.release_id, path=file.path)
                store.download(key, folder / file.path)
        unlisted = second.manifest.model_copy(update={"files": ()})
        written = Written(store, layout, unlisted, second.contents, folder)
        assert changes(first, written) == diff(store, layout, two[0].release_id, two[1].release_id)

    def test_a_release_equals_itself(self, store, layout, two):
        told = diff(store, layout, two[0].release_id, two[0].release_id)
        assert told.tables == ()
        assert "Every table is the same." in diff_text(told)

    def test_an_unknown_release_is_refused(self, store, layout, two):
        with pytest.raises(NothingPublished, match="no release 20200101T000000Z-00000000"):
            diff(store, layout, "20200101T000000Z-00000000", two[0].release_id)


class TestVerify:
    def test_a_whole_release_has_no_problem(self, store, layout, two):
        found = verify(store, layout)
        assert (found.release_id, found.problems, found.deliveries) == (two[1].release_id, (), 1)
        assert verify(store, layout, two[0].release_id).problems == ()

    def test_a_changed_table_and_a_changed_delivery_are_named(self, store, layout, two):
        tampered = [
            layout.key("release_file", release_id=two[1].release_id, path="marts/survey/survey.csv"),
            next(info.key for info in store.list("landing/") if info.key.endswith(".csv")),
        ]
        for key in tampered:
            path = store.local_path(key)
            path.chmod(0o644)
            path.write_bytes(b"other")
        problems = [text for release in two for text in verify(store, layout, release.release_id).problems]
        assert all(any(text.startswith(f"{key}: altered") for text in problems) for key in tampered)

    def test_lost_rows_and_lost_bytes_are_named_also_of_a_delivery_that_no_release_rests_on(
        self, store, layout, two, deliveries
    ):
        late = deliveries.survey(cycle="2021-2023")
        (judged,) = [info.key for info in store.list("judgements/survey_results/2021-2023/")]
        store.delete(judged)
        lost = [next(info.key for info in store.list("accepted/survey_results/"))]
        lost += [info.key for info in store.list("landing/") if info.key.endswith(".csv")]
        for key in lost:
            store.delete(key)
        first, second = (verify(store, layout, release.release_id).problems for release in two)
        told = f"landing/survey_results/2021-2023/TAXUD/{late.delivery_id}/: missing: delivery {late.delivery_id}"
        assert any(text.startswith(told) for text in second)
        for key in lost:
            folder = key.rpartition("/")[0]
            assert any(text.startswith((f"{key}: missing", f"{folder}/: missing")) for text in (*first, *second)), key
        # The superseded delivery has lost its bytes as well.
        assert len(set(second)) == len(second) == 4


def test_releases_are_listed_newest_first(store, layout, two):
    listed = releases(store, layout)
    assert [(item.release_id, item.state) for item in listed] == [
        (two[1].release_id, "in force"),
        (two[0].release_id, "superseded"),
    ]
    assert listed[0].replaces == two[0].release_id


def test_the_summary_names_indicators_and_site(store, layout, registry, two):
    lines = list(published_lines(store, layout, registry))
    assert any("1 published (o4-3), 43 awaiting data; 1 further tables" in line for line in lines)
    assert any("question s2-5-1-4" in line for line in lines)
    assert lines[-1].startswith("Site: ")


def test_the_summary_of_an_empty_store_says_so(store, layout, registry):
    assert list(published_lines(store, layout, registry)) == ["Nothing is published: 44 indicators await data."]
