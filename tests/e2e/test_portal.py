"""The portal in a real browser: an officer's way from a bad file to a receipt, the deadline, and what comes late.

Everything is real but the clock, which stands still until it is moved: the server, the processes that judge, the store.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from customs_monitor.collection.acknowledgement import VerificationFailed, verify
from customs_monitor.collection.closing import closings, tick
from customs_monitor.contracts import Registry
from customs_monitor.portal.auth import cookies
from customs_monitor.portal.auth.roles import Role
from customs_monitor.release.site import frontend
from customs_monitor.templates.texts import LANGUAGES
from customs_storage import open_store
from customs_storage.manifest import read_manifest
from customs_storage.pointer import read_latest
from support.command import CUSTOMS_MONITOR
from support.portal import Portal
from support.portal_server import portal_served

pytestmark = pytest.mark.e2e

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PASSWORD = "correct horse battery staple"
PATIENCE = 120_000  # milliseconds: the machine may be busy
HEADER = (
    "reference_period,member_state,movement,crc_code,high_interest_country,automated_hits,hits_after_assessment,"
    "controls,positive_results,conf_status,comment\n"
)
BAD = (
    HEADER
    + "2026-Q2,EL,ENTRY,CRC01,_Z,ten,8,4,1,F,\n"
    + "2026-Q2,EL,EXIT,CRC02,_Z,20,29,3,0,F,\n"
    + "2026-Q2,EL,EXIT,NO SUCH,_Z,20,9,3,0,F,=1+1\n"
)
GOOD = HEADER + "2026-Q2,EL,ENTRY,CRC01,_Z,10,8,9,1,F,\n2026-Q2,EL,EXIT,CRC02,_Z,20,9,3,0,F,\n"
LATE = HEADER + "2026-Q2,MT,ENTRY,CRC01,_Z,5,5,2,1,F,\n"
IN_TIME = datetime(2026, 8, 10, 9, 0, tzinfo=UTC)
#: The deadline of the quarter is 14 August, in Brussels.
AFTER = datetime(2026, 8, 14, 22, 0, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("portal")
    with portal_served(open_store((folder / "store").as_uri()), Registry.load(), folder / "home") as served:
        served.clock.now = IN_TIME
        for name, sender in (("maria.papadopoulou", "EL"), ("joe.borg", "MT")):
            served.services.accounts.add(name, by="test", role=Role.sender, sender=sender, password=PASSWORD)
        yield served


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


def opened(portal: Portal, browser: Browser, **options: object) -> BrowserContext:
    """Return a browser of somebody; it must ask no other server for anything."""
    context = browser.new_context(
        base_url=portal.services.settings.url, viewport={"width": 1280, "height": 900}, locale="en-GB", **options
    )  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)

    def own(url: str) -> bool:
        return url.startswith((portal.services.settings.url, "data:", "blob:"))

    context.on("request", lambda request: None if own(request.url) else pytest.fail(f"asked for {request.url}"))
    return context


def signed_in(portal: Portal, browser: Browser, name: str, **options: object) -> Page:
    """Sign somebody in by the form."""
    page = opened(portal, browser, **options).new_page()
    page.goto("/collections")
    page.wait_for_url(re.compile(r"/sign-in\?next="))
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/collections")
    return page


def upload(page: Page, file: Path, content: str, period: str = "2026-Q2") -> None:
    """Upload a file and wait for its verdict."""
    file.write_text(content, encoding="utf-8")
    page.goto(f"/upload?feed=crc_statistics&period={period}")
    page.set_input_files("#file", file)
    page.click("#upload-form button[type=submit]")
    page.wait_for_url("**/uploads/**")
    page.wait_for_selector("#downloads")


def confirm(page: Page) -> str:
    """Look at what will change, send it, wait for the receipt and return the address of the delivery."""
    page.click("text=See what will change, and send")
    page.click("text=Send now")
    page.wait_for_selector("text=Keep the receipt")
    return str(page.get_attribute("a:has-text('To the delivery')", "href"))


def downloaded(page: Page, link: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.click(f"main a:has-text('{link}')")
    target = folder / waiting.value.suggested_filename
    waiting.value.save_as(target)
    return target


@dataclass(frozen=True)
class Published:
    """What a release says of the criteria's automated hits in the quarter.

    Attributes:
        closing: number of the closing it names.
        hits: status and value of all of them, by area: Greece, the Union, Malta.
    """

    release_id: str
    closing: int
    hits: dict[str, tuple[str, float]]


def release(portal: Portal, folder: Path) -> Published:
    """Make a release of what is in force, by the command, and read it as anybody would."""
    store = portal.services.store
    (empty := folder / "empty").mkdir(exist_ok=True)
    command = [*CUSTOMS_MONITOR, "run", "--store", store.url, "--inbox", str(empty)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    latest = read_latest(store)
    assert latest is not None
    manifest = read_manifest(store, latest.release_id)
    closing = next(one.number for one in manifest.closings if (one.feed, one.period) == ("crc_statistics", "2026-Q2"))
    file = portal.services.layout.key("release_file", release_id=latest.release_id, path="indicators/o4-7/o4-7.csv")
    whole = {"TIME_PERIOD": "2026-Q2", "MEASURE": "HITS_AUTOMATED"} | dict.fromkeys(
        ("CRC_CODE", "MOVEMENT", "HIGH_INTEREST_COUNTRY"), "_T"
    )
    hits = {
        row["REF_AREA"]: (row["OBS_STATUS"], float(row["OBS_VALUE"] or "nan"))
        for row in csv.DictReader(io.StringIO(store.get(file).decode("utf-8-sig")))
        if row["REF_AREA"] in ("EL", "MT", "EU27_2020") and whole.items() <= row.items()
    }
    return Published(latest.release_id, closing, hits)


def test_from_a_bad_file_to_a_receipt_the_deadline_and_a_revision(
    portal: Portal, browser: Browser, tmp_path: Path
) -> None:
    services = portal.services
    store, layout, registry = services.store, services.layout, services.registry

    # She uploads a bad file, reads the errors, and downloads her file with them.
    page = signed_in(portal, browser, "maria.papadopoulou")
    upload(page, tmp_path / "statistics.csv", BAD)
    told = page.inner_text("main")
    assert "The file would be refused" in told
    assert "automated_hits ten is not a whole number" in told
    assert "29 hits after assessment are more than the 20 automated hits" in told
    assert "crc_code NO SUCH is not a code of the list" in told
    annotated = downloaded(page, "Annotated copy", tmp_path)
    assert annotated.name == "statistics.annotated.csv"
    assert "automated_hits ten is not a whole number" in annotated.read_text("utf-8-sig")
    assert "'=1+1" in annotated.read_text("utf-8-sig")
    assert page.locator("text=See what will change").count() == 0
    page.goto("/collections")
    assert "not sent yet" in page.inner_text("main") or "due soon" in page.inner_text("main")

    # She mends it, sees what will change, confirms, and gets a receipt that verifies without the portal.
    upload(page, tmp_path / "mended.csv", GOOD)
    assert "The file would be accepted with warnings" in page.inner_text("main")
    page.click("text=See what will change, and send")
    assert "everything is new" in page.inner_text("main")
    assert re.search(r"automated_hits\s+total\s+\S+\s+30\s+\+30", page.inner_text("main"))
    page.go_back()
    delivery = confirm(page)
    receipts = [downloaded(page, f"Receipt as {form}", tmp_path) for form in ("JSON", "PDF")]
    keys = httpx.get(f"{services.settings.url}/.well-known/jwks.json").json()
    for receipt in receipts:
        claims = verify(receipt.read_bytes(), keys)
        assert (claims.sender, claims.period, claims.version, claims.file) == ("EL", "2026-Q2", 1, "mended.csv")
        assert claims.verdict == "accepted_with_warnings"
        assert claims.received_at == IN_TIME
    with pytest.raises(VerificationFailed):
        verify(receipts[0].read_bytes().replace(b'"MT"', b'"EL"').replace(b'"EL"', b'"MT"'), keys)

    # She explains the warning once.
    page.click("text=To the delivery")
    page.click("main a:has-text('Explain')")
    page.fill("#text", "Random controls are counted, too.")
    page.click("main button[type=submit]")
    page.wait_for_selector("text=Random controls are counted, too.")

    # Another Member State sees nothing of it.
    other = signed_in(portal, browser, "joe.borg")
    for address in (delivery, delivery.rpartition("/")[0], f"{delivery}/download/file", f"{delivery}/withdraw"):
        answer = other.goto(address)
        assert answer is not None
        assert answer.status == 404
        assert "mended.csv" not in other.content()

    # The clock fires at the deadline, and not before; the missing are named.
    assert tick(store, layout, registry, services.now, feed="crc_statistics") == []
    portal.clock.now = AFTER
    (closed,) = tick(store, layout, registry, services.now, feed="crc_statistics")
    assert (closed.period, closed.occasion, closed.provisional) == ("2026-Q2", "deadline", True)
    assert list(closed.sent) == ["EL"]
    assert "MT" in closed.missing
    assert tick(store, layout, registry, services.now, feed="crc_statistics") == []
    provisional = release(portal, tmp_path)
    assert provisional.closing == 1
    assert (provisional.hits["EL"][1], provisional.hits["EU27_2020"]) == (30, ("P", 30))

    # What comes late is taken, and makes a revision. Her session has ended meanwhile: she signs in again.
    late = signed_in(portal, browser, "joe.borg")
    upload(late, tmp_path / "late.csv", LATE)
    late.click("text=See what will change, and send")
    assert "The deadline has passed" in late.inner_text("main")
    late.go_back()
    confirm(late)
    (revised,) = tick(store, layout, registry, services.now, feed="crc_statistics")
    assert (revised.number, revised.occasion) == (2, "revision")
    assert [(change.sender, change.change) for change in revised.changes] == [("MT", "arrived")]
    assert [item.number for item in closings(store, layout, "crc_statistics", "2026-Q2")] == [1, 2]

    after = release(portal, tmp_path)
    assert after.release_id != provisional.release_id
    assert after.closing == 2
    assert (after.hits["MT"][1], after.hits["EU27_2020"]) == (5, ("P", 35))

    # The Commission sees all that.
    context = opened(portal, browser)
    services.accounts.add("manager", by="test", role=Role.collection_manager)
    cookie = services.sessions.open("manager", "password")
    context.add_cookies([{"name": cookies.SESSION, "value": cookie, "url": services.settings.url}])
    manager = context.new_page()
    manager.goto("/overview")
    seen = manager.inner_text("main")
    assert "2 of 27 have sent" in seen
    assert "closed, provisional" in seen
    assert re.search(r"Malta\s+accepted[\s\S]{0,40}1 day late", seen)
    portal.clock.now = IN_TIME


@dataclass(frozen=True)
class Places:
    """Addresses of every page, by who looks at it."""

    sender: tuple[str, ...]
    manager: tuple[str, ...]


@pytest.fixture(scope="module")
def places(portal: Portal) -> Places:
    """Every page with something on it: made over HTTP, without a browser."""
    client = portal.signed_in(Role.sender, "LT")

    def given(content: str) -> str:
        file = {"file": ("a very long name of a file that somebody has given to it, 2026-Q2.csv", content.encode())}
        place = client.post("/upload", data={"feed": "crc_statistics"}, files=file).headers["location"]
        awaited(client.get, f"{place}/status", "checked")
        return str(place)

    def awaited(get: object, address: str, state: str) -> None:
        for _ in range(600):
            if client.get(address).json()["state"] == state:
                return
            time.sleep(0.2)
        pytest.fail(f"{address} does not become {state}")

    rows = "".join(f"2026-Q2,LT,ENTRY,WRONG{number:03},_Z,10,8,4,1,F,\n" for number in range(160))
    bad = given(HEADER + rows)
    sent = given(GOOD.replace("EL", "LT"))
    client.post(f"{sent}/send")
    awaited(client.get, f"{sent}/status", "sent")
    found = re.search(r'href="(/deliveries/[^"]+/[0-9a-f]+)"', client.get(sent).text)
    assert found
    delivery = found[1]
    client.post(
        f"{delivery}/explain", data={"rule": "controls_within_hits", "text": "Because.", "expires": "2027-01-31"}
    )
    checked = given(GOOD.replace("EL", "LT").replace(",10,8,9,1", ",11,8,8,1"))
    history = delivery.rpartition("/")[0]
    return Places(
        sender=(
            "/collections", "/upload", "/uploads", bad, f"{bad}?page=2", f"{bad}?text=nothing", sent, checked,
            f"{checked}/preview", delivery, history, f"{delivery}/withdraw",
            f"{delivery}/explain?rule=controls_within_hits",
            "/nil-return/control_statistics/2026-Q2", "/account", "/nowhere",
        ),
        manager=("/overview", "/explanations", history, delivery, "/account"),
    )  # fmt: skip


def visitors(portal: Portal, browser: Browser, language: str, places: Places) -> Iterator[tuple[Page, tuple[str, ...]]]:
    """Yield a browser of nobody, of a sender and of a manager, with the pages each looks at."""
    services = portal.services
    if services.accounts.find("collection_manager.ec") is None:
        services.accounts.add("collection_manager.ec", by="test", role=Role.collection_manager)
    url = services.settings.url
    for name, addresses in (
        (None, ("/sign-in", "/nowhere")),
        ("sender.lt", places.sender),
        ("collection_manager.ec", places.manager),
    ):
        context = opened(portal, browser)
        chosen = [{"name": "cm-language", "value": language, "url": url}]
        if name is not None:
            chosen.append({"name": cookies.SESSION, "value": services.sessions.open(name, "password"), "url": url})
        context.add_cookies(chosen)  # type: ignore[arg-type]
        yield context.new_page(), addresses
        context.close()


@pytest.mark.parametrize(
    "language", [pytest.param(language, marks=[pytest.mark.rig] * (language != "en")) for language in LANGUAGES]
)
def test_axe_finds_nothing_and_nothing_is_wider_than_a_phone(
    portal: Portal, browser: Browser, places: Places, language: str
) -> None:
    # Markup is the same in every language; a text that is longer in one is what makes a page too wide.
    axe = frontend.axe() if language == "en" else None
    told: list[str] = []
    for page, addresses in visitors(portal, browser, language, places):
        for address in addresses:
            page.set_viewport_size({"width": 1280, "height": 900})
            page.goto(address)
            assert page.get_attribute("html", "lang") == language
            page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
            if axe is not None:
                page.evaluate(axe.read_text(encoding="utf-8"))
                found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
                told += [
                    f"{address}: {item['id']}: {node['html'][:200]}"
                    for item in found["violations"]
                    for node in item["nodes"]
                ]
            for width in (320, 390):
                page.set_viewport_size({"width": width, "height": 800})
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    told.append(f"{address}: wider than {width} pixels")
    assert told == []


def test_keys_are_enough_to_upload(portal: Portal, browser: Browser, tmp_path: Path) -> None:
    portal.clock.now = IN_TIME
    page = signed_in(portal, browser, "maria.papadopoulou")
    page.goto("/upload?feed=crc_statistics")
    file = tmp_path / "by-keys.csv"
    file.write_text(GOOD, encoding="utf-8")

    def focus(wanted: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement.matches({json.dumps(wanted)})"):
                # Whoever goes by keys must see where she is.
                assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
                return
        pytest.fail(f"no Tab leads to {wanted}")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    focus("#feed")
    focus("#period")
    page.keyboard.type("2026-Q2")
    focus("#file")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(file)
    focus("input[name=intent]")
    focus("#upload-form button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#downloads")
    focus("a[href$='/preview']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/preview")
    focus("form[action$='/send'] button")


def test_a_file_can_be_dragged_into_the_box(portal: Portal, browser: Browser) -> None:
    page = signed_in(portal, browser, "maria.papadopoulou")
    page.goto("/upload?feed=crc_statistics")
    page.evaluate(
        """content => {
            const moved = new DataTransfer();
            moved.items.add(new File([content], "dragged.csv", {type: "text/csv"}));
            document.getElementById("drop").dispatchEvent(
                new DragEvent("drop", {dataTransfer: moved, bubbles: true, cancelable: true}));
        }""",
        GOOD,
    )
    assert page.inner_text("#file-chosen") == "dragged.csv"
    page.click("#upload-form button[type=submit]")
    page.wait_for_selector("#downloads")
    assert "dragged.csv" in page.inner_text("h1")


def test_without_scripts_everything_goes(portal: Portal, browser: Browser, tmp_path: Path) -> None:
    page = signed_in(portal, browser, "maria.papadopoulou", java_script_enabled=False)
    file = tmp_path / "plain.csv"
    file.write_text(BAD, encoding="utf-8")
    page.goto("/upload?feed=crc_statistics")
    page.set_input_files("#file", file)
    page.click("#upload-form button[type=submit]")
    page.wait_for_url("**/uploads/**")
    page.wait_for_selector("#downloads")  # the page asks again by itself
    page.fill("#filter-text", "NO SUCH")
    page.click("main button:has-text('Show')")
    page.wait_for_url(re.compile(r"text=NO\+SUCH"))
    assert "1 issue" in page.inner_text("main")


def test_a_workbook_comes_back_with_its_cells_marked(portal: Portal, browser: Browser, tmp_path: Path) -> None:
    page = signed_in(portal, browser, "maria.papadopoulou")
    page.goto("/collections")
    with page.expect_download() as waiting:
        page.click("a[href='/templates/crc_statistics/2026-Q2']")
    template = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(template)
    book = load_workbook(template)
    for row in BAD.splitlines()[1:]:
        book.worksheets[0].append([cell or None for cell in row.split(",")])
    book.save(tmp_path / "filled.xlsx")
    page.goto("/upload?feed=crc_statistics&period=2026-Q2")
    page.set_input_files("#file", tmp_path / "filled.xlsx")
    page.click("#upload-form button[type=submit]")
    page.wait_for_selector("#downloads")
    marked = downloaded(page, "Annotated copy", tmp_path)
    assert marked.name == "filled.annotated.xlsx"
    cells = [cell for row in load_workbook(marked).worksheets[0].iter_rows() for cell in row if cell.comment]
    assert any("is not a whole number" in cell.comment.text for cell in cells)
