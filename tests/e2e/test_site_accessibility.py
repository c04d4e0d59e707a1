"""The pages in a real browser: axe finds nothing, nothing is wider than a phone, the search works, keys are enough."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from customs_monitor.contracts import Registry
from customs_monitor.release.site import frontend, write_site
from customs_storage import open_store
from customs_storage.layout import Layout
from support.fabricated import fabricate

pytestmark = pytest.mark.e2e

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
#: Every kind of page once; the pages of one kind differ in their figures only.
PAGES = (
    "index.html",
    "indicators.html",
    "indicators/o12-3.html",
    "indicators/o12-6.html",
    "indicators/o3-6.html",
    "indicators/o4-3.html",
    "indicators/o567-2.html",
    "indicators/o567-20.html",
    "objectives/5.html",
    "countries.html",
    "countries/MT.html",
    "reports.html",
    "reports/2021-2023.html",
    "criteria.html",
    "tables.html",
    "marts/crc_evaluation.html",
    "changes.html",
    "quality.html",
    "method.html",
    "search.html",
)
every_page = pytest.mark.parametrize("name", PAGES)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    registry = Registry.load()
    made = fabricate(registry, folder / "release")
    write_site(open_store(folder / "store"), Layout.load(), registry, made.manifest, made.contents, made.folder)
    return made.folder / "site"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    requested: list[str] = []
    opened.on("request", lambda request: requested.append(request.url))
    yield opened
    assert [url for url in requested if not url.startswith("file:")] == []
    opened.close()


@every_page
def test_axe_finds_nothing(site: Path, page: Page, name: str) -> None:
    axe = frontend.axe()
    if axe is None:
        pytest.skip("axe-core is not installed: make install gets it from the npm registry")
    page.goto((site / name).as_uri())
    page.add_script_tag(path=axe)
    # Also what a fold hides must be in order.
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    told = [
        f"{item['id']}: {item['help']}: {node['html'][:200]}" for item in found["violations"] for node in item["nodes"]
    ]
    assert told == []


@every_page
@pytest.mark.parametrize("width", [320, 400])
def test_a_page_is_as_narrow_as_a_phone(site: Path, page: Page, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto((site / name).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_key_leads_past_the_menu(site: Path, page: Page) -> None:
    page.goto((site / "indicators/o4-3.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    assert page.locator(".ecl-skip-link").bounding_box()["width"] > 50  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_the_search_shortens_the_list_from_any_page(site: Path, page: Page) -> None:
    page.goto((site / "countries/MT.html").as_uri())
    page.fill("#site-search", "irregularities aeo")
    page.press("#site-search", "Enter")
    page.wait_for_url("**/search.html?q=*")
    shown = page.locator("#search-index li:visible a").all_inner_texts()
    assert shown == ["Level of detected irregularities for AEOs versus non-AEOs"]
    assert page.inner_text("#search-status") == "1 entry has all these words"
    page.fill("#site-search", "")
    assert page.locator("#search-index li:visible").count() > 80


def test_without_scripts_the_search_leads_to_the_whole_list(site: Path, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    page.fill("#site-search", "malta")
    page.press("#site-search", "Enter")
    page.wait_for_url("**/search.html?q=malta")
    assert page.locator("#search-index li").count() > 80
    context.close()


def test_on_paper_the_menu_is_gone_and_tables_are_whole(site: Path, page: Page) -> None:
    page.goto((site / "indicators/o3-6.html").as_uri())
    page.emulate_media(media="print")
    assert not page.locator(".cm-menu").is_visible()
    assert not page.locator(".cm-search").is_visible()
    assert page.locator("#table-areas").is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.cm-scroll')).overflowX") == "visible"
