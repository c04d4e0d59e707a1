"""The static site: readable without scripts or network, valid, accessible, and with no figure unexplained."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from customs_monitor.collection.closing import Change, Closing, Sent
from customs_monitor.release import release_now
from customs_monitor.release.diff import diff
from customs_monitor.release.history import releases
from customs_monitor.release.site import frontend, write_site
from customs_monitor.release.site.wording import figure, observation
from customs_storage import open_store
from customs_storage.manifest import ManifestClosing
from support.fabricated import fabricate
from support.releases import ANSWERS, CYCLE

_VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """A page's elements; complains about tags that do not match."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self.words: list[str] = []
        self.feed(path.read_text("utf-8"))
        assert not self.open, f"{path}: never closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in _VOID:
            self.open.append(tag)
        if tag in ("td", "th", "dd", "caption"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open, f"{self.path}: </{tag}> closes nothing"
        assert self.open.pop() == tag, f"{self.path}: </{tag}> closes another element"

    def handle_data(self, data):
        self.words.append(data)
        if {"td", "th", "dd", "caption"} & set(self.open):
            self.cells[-1] += data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def site(store, layout, registry, deliveries, fake_build, scratch):
    """The folder of the second of two releases, with a Member State more in the second."""
    deliveries.survey()
    release_now(store, layout, registry, "run-1", scratch())
    deliveries.survey({**ANSWERS, "4": 12, "NO_REPLY": 0}, sequence=2)
    release = release_now(store, layout, registry, "run-2", scratch())
    return store.local_path(layout.key("release_file", release_id=release.release_id, path="site/index.html")).parent


@pytest.fixture(scope="module")
def whole(tmp_path_factory, registry, layout):
    """The site of a release with all the indicators, and with a mart for every page there is."""
    folder = tmp_path_factory.mktemp("whole")
    made = fabricate(registry, folder / "release")
    write_site(open_store(folder / "store"), layout, registry, made.manifest, made.contents, made.folder)
    return made.folder / "site"


def pages(site: Path) -> list[Page]:
    return [Page(path) for path in sorted(site.rglob("*.html"))]


def test_there_is_a_page_for_everything(site, whole):
    names = {path.relative_to(whole).as_posix() for path in whole.rglob("*.html")}
    own = {
        "index",
        "indicators",
        "countries",
        "criteria",
        "reports",
        "tables",
        "changes",
        "quality",
        "method",
        "search",
    }
    assert {name.removesuffix(".html") for name in names if "/" not in name} == own
    by_folder = Counter(name.partition("/")[0] for name in names if "/" in name)
    assert by_folder == {"indicators": 44, "objectives": 7, "countries": 27, "reports": 2, "marts": 4}
    few = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert "criteria.html" not in few
    assert {"marts/survey.html", "reports/2018-2020.html"} < few


def test_pages_are_well_formed_and_have_one_heading(site, whole):
    for page in [*pages(site), *pages(whole)]:
        assert page.path.read_text("utf-8").startswith("<!DOCTYPE html>")
        assert page.all("html")[0]["lang"] == "en"
        assert len(page.all("h1")) == 1
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert all(later <= earlier + 1 for earlier, later in pairwise(levels)), page.path


def test_nothing_is_fetched_from_elsewhere_and_a_strict_policy_would_let_all_pass(site, whole):
    for page in [*pages(site), *pages(whole)]:
        scripts = page.all("script")
        assert [script["src"] for script in scripts] == (
            ["assets/search.js"] if page.path.name == "search.html" else []
        )
        assert not page.all("style")
        for _, attributes in page.elements:
            assert not any(name.startswith("on") or name == "style" for name in attributes)
            assert not re.match(r"[a-z]+:|//", attributes.get("href") or attributes.get("src") or "")
    for styles in (*site.glob("assets/*.css"), *whole.glob("assets/*.css")):
        text = styles.read_text("utf-8")
        assert "@import" not in text
        assert {address for address in re.findall(r"url\(([^)]*)\)", text) if not address.startswith('"data:')} <= {
            "InterVariable.woff2"
        }


def test_every_link_leads_to_a_file_of_the_release(site, whole):
    parsed = {page.path.resolve(): page for page in [*pages(site), *pages(whole)]}
    for page in parsed.values():
        for _, attributes in page.elements:
            target, _, anchor = (attributes.get("href") or attributes.get("src") or "#content").partition("#")
            file = (page.path.parent / target).resolve() if target else page.path.resolve()
            assert file.is_file(), f"{page.path}: {target}"
            if anchor:
                assert any(found.get("id") == anchor for _, found in parsed[file].elements), f"{page.path}: #{anchor}"


def test_tables_have_captions_scopes_and_no_empty_cell(site, whole):
    for page in [*pages(site), *pages(whole)]:
        assert len(page.all("caption")) == len(page.all("table"))
        assert all(heading.get("scope") in ("col", "row") for heading in page.all("th"))
        assert all(cell.strip() for cell in page.cells), page.path


def test_charts_have_their_words_and_are_files_too(site):
    page = Page(site / "indicators" / "o4-3.html")
    (chart,) = page.all("svg")
    assert chart["role"] == "img"
    named = [attributes["id"] for tag, attributes in page.elements if tag in ("title", "desc") and "id" in attributes]
    assert chart["aria-labelledby"].split() == named[:2]
    assert "3 to some extent 14, 4 to a great extent 12, no reply 0" in page.text
    assert b"Date" not in (site / "charts" / "o4-3-scores.svg").read_bytes()


def test_the_same_release_gives_the_same_bytes(whole, registry, layout, tmp_path):
    made = fabricate(registry, tmp_path / "release")
    write_site(open_store(tmp_path / "store"), layout, registry, made.manifest, made.contents, made.folder)
    files = {path.relative_to(whole): path.read_bytes() for path in whole.rglob("*") if path.is_file()}
    again = made.folder / "site"
    assert {path.relative_to(again): path.read_bytes() for path in again.rglob("*") if path.is_file()} == files


def test_an_indicator_tells_figure_coverage_status_definition_and_origin(site):
    text = Page(site / "indicators" / "o4-3.html").text
    for words in (
        "26 of 27",
        "definition differs",
        "One question stands for all three elements.",
        "Since 2026-10-01",
        "sum of scores / RESPONDENTS",
        "survey_results/survey_results.csv",
        "published/releases/",
        "o4-3.parquet",
    ):
        assert words in text, words


def test_the_overview_says_what_changed_and_what_needs_attention(site, whole):
    text = Page(site / "index.html").text
    assert "1 delivery: revision" in text
    assert "o4-3 : 3 rows changed, 3 of them in the figure; 0 added, 0 removed." in text
    assert "No feed brings it yet. Source: MS questionnaire" in text
    text = Page(whole / "index.html").text
    assert "indicators provisional" in text
    assert "9 indicators rest on synthetic data" in text
    assert "1 indicator awaiting data : No accepted delivery of it_systems" in text


def test_the_list_says_why_others_wait_and_each_has_a_page_that_says_it_too(site):
    assert Page(site / "indicators.html").text.count("Awaiting data") == 43
    page = Page(site / "indicators" / "o12-2.html").text
    assert "There are no figures yet No feed brings it yet. Source: MS questionnaire." in page
    assert "A missing figure is never a zero." in page


def test_a_restricted_indicator_has_its_page_definition_and_readers_and_no_figure(whole):
    page = Page(whole / "indicators" / "o567-2.html")
    assert "The figures of this indicator are restricted" in page.text
    assert "Its figures are for the risk managers only" in page.text
    assert "restricted/releases/20261124T060000Z-00000000/indicators/o567-2/" in page.text
    assert "What it measures Purpose Shows whether capacities grew. Definition" in page.text
    assert not page.all("table")
    assert not page.all("svg")
    for name in ("index.html", "indicators.html", "objectives/6.html", "search.html"):
        assert "indicators/o567-2.html" in {link["href"].removeprefix("../") for link in Page(whole / name).all("a")}
    assert "1 indicator restricted : Its figures are for the risk managers only" in Page(whole / "index.html").text
    assert re.search(r"o567-2 .{20,300} Restricted Its figures are for", Page(whole / "indicators.html").text)
    assert re.search(r"o567-2 .{20,300} Its figures are for the risk", Page(whole / "reports" / "2021-2023.html").text)


def test_missing_senders_are_named_where_the_figure_is(whole):
    page = Page(whole / "indicators" / "o3-5.html")
    assert "26 of 27 senders; missing: Malta" in page.text
    assert "is provisional: senders are missing" in page.text
    assert "not delivered" in Page(whole / "indicators" / "o3-6.html").text
    assert ":" in page.cells


def test_a_member_state_is_compared_with_the_union_and_itself(whole):
    text = Page(whole / "countries" / "DE.html").text
    assert re.search(r"o3-6 Proportion of .* 2026-Q3 \S+ % \S+ % \S+ % p \d+ of 26", text)
    table = Page(whole / "countries.html")
    assert table.text.count("Luxembourg") == 5
    assert "Malta" in table.text


def test_a_difference_of_rates_is_told_in_percentage_points(whole):
    page = Page(whole / "indicators" / "o567-20.html")
    assert re.search(r"Rate of AEOs minus rate of others \(percentage points\) \S+ pp", page.text)


def test_a_chart_says_which_bars_are_confidential(whole):
    text = Page(whole / "indicators" / "o4-7.html").text
    assert "by common risk criterion, European Union, 2026-Q3 (confidential: Criterion 01)" in text


def test_a_collection_that_closed_without_any_delivery_needs_attention(tmp_path, registry, layout):
    made = fabricate(registry, tmp_path / "release")
    closed = ManifestClosing(feed="crc_statistics", period="2026-Q3", number=1)
    manifest = made.manifest.model_copy(update={"closings": (closed,)})
    write_site(open_store(tmp_path / "store"), layout, registry, manifest, made.contents, made.folder)
    words = "Nobody has delivered : Quarterly statistics on common risk criteria, 2026-Q3, whose deadline has passed."
    assert words in Page(made.folder / "site" / "index.html").text
    assert re.search(
        r"Quarterly statistics on common risk criteria 2026-Q3 0 27 Austria, Belgium, Bulgaria, Croatia, Cyprus",
        Page(made.folder / "site" / "quality.html").text,
    )


def test_a_report_says_that_it_is_synthetic_where_the_figures_of_its_cycle_are(
    store, layout, registry, deliveries, fake_build, scratch
):
    deliveries.survey()
    deliveries.survey(cycle="2021-2023", synthetic=True)
    release = release_now(store, layout, registry, "run-1", scratch())
    for cycle, expected in ((CYCLE, False), ("2021-2023", True)):
        key = layout.key("release_file", release_id=release.release_id, path=f"site/reports/{cycle}.html")
        text = Page(store.local_path(key)).text
        assert ("This report rests in part on synthetic data" in text) is expected
        assert ("These figures rest on synthetic data" in text) is expected


def test_an_objective_leads_from_outputs_to_outcomes(whole):
    page = Page(whole / "objectives" / "4.html")
    words = page.text
    assert words.index("Outputs") < words.index("o4-2") < words.index("o4-3") < words.index("o4-7")
    assert {f"../indicators/o4-{number}.html" for number in range(1, 10)} <= {link["href"] for link in page.all("a")}


def test_the_changes_say_why_figure_by_figure(site):
    text = Page(site / "changes.html").text
    assert "1 delivery in the place of earlier ones of the same sender and period" in text
    assert "3 rows changed, 3 of them in the figure; 0 added, 0 removed. Because of:" in text
    assert re.search(r"Because of: revision: [^:]+, 2018-2020 \(TAXUD\)", text)
    assert re.search(r"2018-2020 · _T · COUNT_4 revised OBS_VALUE 11 OBS_VALUE 12 revision", text)
    page = Page(site / "indicators" / "o4-3.html").text
    assert "3 rows changed, 3 of them in the figure; 0 added, 0 removed." in page
    assert re.search(r"Because of: revision: .*2018-2020 \(TAXUD\)", page)


def test_the_page_and_the_command_tell_the_same_changes(site, store, layout):
    new, old = (release.release_id for release in releases(store, layout))
    told = diff(store, layout, old, new)
    text = Page(site / "changes.html").text
    assert told.tables
    for table in told.tables:
        for row in table.rows:
            assert " · ".join(str(value) for value in row.key.values()) in text
        assert {cause.kind for cause in table.causes} == {"revision"}


def test_a_release_is_possible_though_the_one_before_tells_of_itself_what_today_s_code_cannot_read(
    store, layout, registry, deliveries, fake_build, scratch
):
    deliveries.survey()
    first = release_now(store, layout, registry, "run-1", scratch())
    contents = store.local_path(layout.key("release_file", release_id=first.release_id, path="contents.json"))
    contents.write_text('{"tables": "told in another way"}')
    deliveries.survey({**ANSWERS, "4": 12, "NO_REPLY": 0}, sequence=2)

    second = release_now(store, layout, registry, "run-2", scratch())

    def page(name: str) -> str:
        key = layout.key("release_file", release_id=second.release_id, path=f"site/{name}")
        return Page(store.local_path(key)).text

    assert "was made by other code" in page("index.html")
    assert "the two cannot be compared here" in page("changes.html")
    assert "cannot be compared with this one" in page("indicators/o4-3.html")


def test_the_evaluation_of_the_criteria_names_the_weak_ones(whole):
    text = Page(whole / "criteria.html").text
    never_hit, never_find = text.index("Never hit"), text.index("Hit and never find")
    assert never_hit < text.index("CRC08") < never_find < text.index("CRC07")
    assert "CRC01 + CRC02" in text


def test_everything_is_found_in_the_a_to_z(whole):
    page = Page(whole / "search.html")
    found = {link["href"] for link in page.all("a")}
    expected = {path.relative_to(whole).as_posix() for path in whole.rglob("*.html")}
    assert expected - found <= {"search.html"}
    words = [item["data-words"] for item in page.all("li") if "data-words" in item]
    assert any("CRMF_ELEMENT" in text for text in words)


def test_the_styles_of_the_component_library_come_reduced(whole):
    if frontend.styles() is None:
        pytest.skip("the component library is not installed: make install gets it from the npm registry")
    base = (whole / "assets" / "base.css").read_text("utf-8")
    assert ".ecl-table" in base
    assert len(base) < 60_000
    assert sum(path.stat().st_size for path in (whole / "assets").iterdir()) < 500_000


def test_without_the_component_library_the_site_is_plain_and_says_so(monkeypatch, caplog, tmp_path, registry, layout):
    monkeypatch.setattr(frontend, "PACKAGES", replace(frontend.PACKAGES, name="nothing"))
    made = fabricate(registry, tmp_path / "release")
    with caplog.at_level("WARNING"):
        write_site(open_store(tmp_path / "store"), layout, registry, made.manifest, made.contents, made.folder)
    assert "the component library is not installed" in caplog.text
    assert "Stands in" in (made.folder / "site" / "assets" / "base.css").read_text("utf-8")
    assert not list((made.folder / "site" / "assets").glob("*.woff2"))


def test_the_quality_page_says_what_the_checks_found(site):
    text = Page(site / "quality.html").text
    assert "distribution_adds_up" in text
    assert "The categories of question [question], item [item asked about] do not add up" in text
    assert "question s2-5-1-4" in text


def test_text_of_specifications_and_deliveries_is_escaped(store, layout, registry, deliveries, fake_build, scratch):
    fake_build.spec = fake_build.spec.model_copy(update={"definition": "<script>alert(1)</script> & more"})
    deliveries.survey()
    release = release_now(store, layout, registry, "run-1", scratch())
    key = layout.key("release_file", release_id=release.release_id, path="site/indicators/o4-3.html")
    page = store.get(key).decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_synthetic_data_are_marked_wherever_they_are(store, layout, registry, deliveries, fake_build, scratch):
    deliveries.survey(synthetic=True)
    release = release_now(store, layout, registry, "run-1", scratch())
    for page in ("index.html", "indicators/o4-3.html", "marts/survey.html", "reports/2018-2020.html"):
        text = store.get(layout.key("release_file", release_id=release.release_id, path=f"site/{page}")).decode()
        assert "This release rests in part on synthetic data" in text
        assert "cm-synthetic" in text or "This report rests in part on synthetic data" in text


def test_an_empty_store_has_a_friendly_page(store, layout, registry, fake_build, scratch):
    release = release_now(store, layout, registry, "run-1", scratch())
    path = store.local_path(layout.key("release_file", release_id=release.release_id, path="site/index.html"))
    assert "Nothing has been delivered yet" in Page(path).text
    assert Page(path.parent / "indicators.html").text.count("Awaiting data") == 44
    assert "There are no figures by Member State yet" in Page(path.parent / "countries.html").text


def test_a_confidential_figure_is_a_letter_and_not_a_number(store, layout, registry, deliveries, fake_build, scratch):
    fake_build.confidential = True
    deliveries.survey()
    release = release_now(store, layout, registry, "run-1", scratch())
    key = layout.key("release_file", release_id=release.release_id, path="site/indicators/o4-3.html")
    page = Page(store.local_path(key))
    assert "3.44" not in page.text
    assert page.cells.count("c") >= len(ANSWERS)
    assert CYCLE in page.text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.4210526, "FRACTION", "42.1\u202f%"),
        (3.44, "SCORE", "3.44"),
        (1234567, None, "1\u202f234\u202f567"),
        (0, None, "0"),
        (0.00001234, None, "1.23e-05"),
        (1.59041, None, "1.5904"),
        (123.456, None, "123.46"),
        (None, None, "\u2013"),
        (-56308, None, "\u221256\u202f308"),
        (-0.0292, "FRACTION", "\u22122.9\u202f%"),
        (-0.0292, "POINTS", "\u22122.9\u202fpp"),
    ],
)
def test_figures_are_written_for_people(value, unit, text):
    assert figure(value, unit) == text


@pytest.mark.parametrize(
    ("value", "status", "shown"),
    [
        (None, "L", (":", "")),
        (None, "Q", ("c", "")),
        (5.0, "A", ("5", "")),
        (5.0, "P", ("5", "p")),
        (0.0, "A", ("0", "")),
    ],
)
def test_a_missing_figure_is_a_symbol_and_zero_is_zero(value, status, shown):
    assert observation(value, "PURE_NUMB", status) == shown


def test_the_page_of_an_indicator_tells_how_its_collections_stand(tmp_path, registry, layout):
    made = fabricate(registry, tmp_path / "release")
    entry = next(entry for entry in made.contents.indicators if entry.feeds == ("comext_trade",) and entry.dataset)
    period = max(item.period for item in made.manifest.deliveries if item.feed == "comext_trade")
    closing = Closing(
        feed="comext_trade", period=period, number=2, occasion="revision", at=datetime(2026, 11, 20, 6, tzinfo=UTC),
        due_on=date(2026, 11, 16), closes_at=datetime(2026, 11, 16, 23, tzinfo=UTC), expected=("BE", "CY", "MT"),
        sent={"BE": Sent(deliveries=("a",), received_at=datetime(2026, 11, 20, tzinfo=UTC))}, missing=("CY", "MT"),
        changes=(Change(sender="BE", change="arrived"),), seen="0" * 64,
    )  # fmt: skip
    elsewhere = closing.model_copy(update={"feed": "crc_statistics"})

    write_site(
        open_store(tmp_path / "store"), layout, registry, made.manifest, made.contents, made.folder,
        [closing, elsewhere],
    )  # fmt: skip

    told = f"{period}: revised on 2026-11-20 (revision 1): Belgium arrived; now without Cyprus, Malta; provisional."
    assert Page(made.folder / "site" / "indicators" / f"{entry.id}.html").text.count(told) == 1
