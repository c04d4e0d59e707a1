"""The static site: readable without scripts or network, valid, accessible, and with no figure unexplained."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from customs_monitor.release import release_now
from customs_monitor.release.site.wording import figure, observation
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


def pages(site: Path) -> list[Page]:
    found = [Page(path) for path in sorted(site.rglob("*.html"))]
    assert {page.path.relative_to(site).as_posix() for page in found} == {
        "index.html",
        "about.html",
        "quality.html",
        "indicators/o4-3.html",
        "marts/survey.html",
    }
    return found


def test_pages_are_well_formed_and_have_one_heading(site):
    for page in pages(site):
        assert page.path.read_text("utf-8").startswith("<!DOCTYPE html>")
        assert page.all("html")[0]["lang"] == "en"
        assert len(page.all("h1")) == 1
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert all(later <= earlier + 1 for earlier, later in pairwise(levels)), page.path


def test_nothing_is_fetched_from_elsewhere_and_no_script_runs(site):
    for page in pages(site):
        assert not page.all("script")
        for _, attributes in page.elements:
            assert not any(name.startswith("on") for name in attributes)
            assert not re.match(r"[a-z]+:|//", attributes.get("href") or attributes.get("src") or "")
    styles = (site / "assets" / "site.css").read_text("utf-8")
    assert "url(" not in styles
    assert "@import" not in styles


def test_every_link_leads_to_a_file_of_the_release(site):
    for page in pages(site):
        for _, attributes in page.elements:
            target, _, anchor = (attributes.get("href") or attributes.get("src") or "#content").partition("#")
            file = (page.path.parent / target).resolve() if target else page.path
            assert file.is_file(), f"{page.path}: {target}"
            if anchor:
                assert any(found.get("id") == anchor for _, found in Page(file).elements), f"{page.path}: #{anchor}"


def test_tables_have_captions_scopes_and_no_empty_cell(site):
    for page in pages(site):
        assert len(page.all("caption")) == len(page.all("table"))
        assert all(heading.get("scope") in ("col", "row") for heading in page.all("th"))
        assert all(cell.strip() for cell in page.cells), page.path


def test_charts_have_their_words_and_the_same_bytes_every_time(site, store, layout, registry, scratch):
    page = Page(site / "indicators" / "o4-3.html")
    (image,) = page.all("img")
    assert "3 to some extent 14, 4 to a great extent 12, no reply 0" in image["alt"]
    svg = (site / "charts" / "o4-3.svg").read_bytes()
    assert b"<dc:date>" not in svg
    from customs_monitor.release.site.drawing import stacked_bars

    once, again = (stacked_bars("a", "b", {"x": [1, 2]}, [("p", "#0072B2"), ("q", "#E69F00")]) for _ in range(2))
    assert once.svg == again.svg


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


def test_the_overview_says_what_is_new_and_why_others_wait(site):
    text = Page(site / "index.html").text
    assert "1 new delivery" in text
    assert "o4-3 : 0 rows added, 3 changed, 0 removed" in text
    assert text.count("Awaiting data") == 43
    assert "No feed brings it yet. Source: MS questionnaire" in text


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
    for page in ("index.html", "indicators/o4-3.html", "marts/survey.html"):
        text = store.get(layout.key("release_file", release_id=release.release_id, path=f"site/{page}")).decode()
        assert "This release rests in part on synthetic data." in text
        assert "badge-synthetic" in text


def test_an_empty_store_has_a_friendly_page(store, layout, registry, fake_build, scratch):
    release = release_now(store, layout, registry, "run-1", scratch())
    path = store.local_path(layout.key("release_file", release_id=release.release_id, path="site/index.html"))
    text = Page(path).text
    assert "Nothing has been delivered yet" in text
    assert text.count("Awaiting data") == 44


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
