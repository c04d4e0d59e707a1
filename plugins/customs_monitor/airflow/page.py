"""The page on how the collections stand: Member State x period x collection x stage, with reports and runs.

Airflow mounts an application of a plugin without any protection. So Airflow's own login is asked for by the
application as a whole, for every route it has or will have, and there are no pages of the framework's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from customs_monitor.airflow.plugin import PREFIX
from customs_monitor.collection.calendar import Window, windows
from customs_monitor.collection.closing import Closing, last_closings
from customs_monitor.collection.closing_text import sentence
from customs_monitor.collection.outcomes import run_that_judged
from customs_monitor.collection.punctuality import Punctuality, punctuality
from customs_monitor.collection.records import Receipt
from customs_monitor.collection.verdicts import FIRST, last_judgement, place_of, report_key
from customs_monitor.contracts import Contract, Registry
from customs_monitor.settings import store as opened
from customs_storage import InvalidKey, ObjectNotFound, ObjectStore
from customs_storage.layout import Layout

_PERIODS, _MOST_PERIODS = 2, 12
_REPORT = "report.html"
#: A report is made of values that somebody delivered: nothing in it may run, load or send anything.
_REPORT_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

PeriodsQuery = Annotated[int, Query(ge=1, le=_MOST_PERIODS, description="periods of each collection, the latest")]


@dataclass(frozen=True)
class Column:
    """A collection and period: its window, its last closing, and how each sender stands."""

    contract: Contract
    window: Window
    closing: Closing | None
    stands: dict[str, Punctuality]

    @property
    def told(self) -> str:
        """Whether it is open, or how it was closed."""
        return sentence(self.closing) if self.closing else f"open until the end of {self.window.due_on}"

    @property
    def delivered(self) -> str:
        """How many of the expected senders count."""
        there = sum(item.outcome in ("on time", "late") for item in self.stands.values())
        return f"{there} of {len(self.stands)}"


def create_page(
    store: Callable[[], ObjectStore] = opened,
    registry: Callable[[], Registry] = Registry.load,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FastAPI:
    """Return the application.

    Args:
        store: opens the store, at every request.
        registry: reads the contracts, at every request: a long-lived server shall show those of today.
        now: the clock.
    """
    app = FastAPI(
        title="Customs Monitor: collections",
        dependencies=[Depends(requires_access_view(AccessView.PLUGINS))],
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    layout = Layout.load()
    template = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("collections.html.j2")

    @app.get("/", response_class=HTMLResponse)
    def page(request: Request, periods: PeriodsQuery = _PERIODS) -> HTMLResponse:
        """The matrix, for a person."""
        moment = now()
        found = columns(store(), layout, registry(), moment, periods)
        senders = sorted({sender for column in found for sender in column.stands})
        root = request.scope.get("root_path", "")
        text = template.render(
            columns=found, senders=senders, moment=moment, periods=periods, most=_MOST_PERIODS, root=root,
            airflow=root.removesuffix(PREFIX),
        )  # fmt: skip
        return HTMLResponse(text, headers=_PAGE_HEADERS)

    @app.get("/collections.json")
    def data(periods: PeriodsQuery = _PERIODS) -> JSONResponse:
        """The same, for a program."""
        found = columns(store(), layout, registry(), now(), periods)
        return JSONResponse([_as_json(column) for column in found])

    @app.get("/report/{feed}/{period}/{sender}/{delivery_id}")
    def report(feed: str, period: str, sender: str, delivery_id: str) -> Response:
        """What a delivery's sender is told."""
        target = store()
        receipt = _receipt(target, layout, feed, period, sender, delivery_id)
        judgement = last_judgement(target, layout, **place_of(receipt))
        revision = judgement.revision if judgement else FIRST
        try:
            found = target.get(report_key(layout, receipt, _REPORT, revision))
        except ObjectNotFound:
            raise HTTPException(
                404, "this delivery has no report: it has no verdict yet, or nothing was found"
            ) from None
        return Response(found, media_type="text/html; charset=utf-8", headers=_REPORT_HEADERS)

    @app.get("/run/{feed}/{period}/{sender}/{delivery_id}")
    def run(request: Request, feed: str, period: str, sender: str, delivery_id: str) -> RedirectResponse:
        """The DAG run that has judged a delivery, in Airflow."""
        target = store()
        run_id = run_that_judged(target, layout, _receipt(target, layout, feed, period, sender, delivery_id))
        airflow = request.scope.get("root_path", "").removesuffix(PREFIX)
        # A run outside Airflow (the portal, the command line) is none of its runs; its DAG is the next best.
        where = f"/runs/{quote(run_id, safe='')}" if run_id else ""
        return RedirectResponse(f"{airflow}/dags/feed_{quote(feed, safe='')}{where}")

    return app


def columns(store: ObjectStore, layout: Layout, registry: Registry, now: datetime, periods: int) -> list[Column]:
    """Return how the latest periods of every collection stand, the latest first.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        now: the time.
        periods: how many of each collection.
    """
    stands: dict[tuple[str, str], dict[str, Punctuality]] = {}
    for item in punctuality(store, layout, registry, lambda: now, last=periods):
        stands.setdefault((item.feed, item.period), {})[item.sender] = item
    return [
        Column(contract, window, closed.get(window.period), stands.get((contract.id, window.period), {}))
        for contract, opened_windows, closed in _collections(store, layout, registry, now, periods)
        for window in opened_windows
    ]


def _collections(
    store: ObjectStore, layout: Layout, registry: Registry, now: datetime, periods: int
) -> Iterator[tuple[Contract, Sequence[Window], dict[str, Closing]]]:
    for contract in registry.collections.values():
        latest = windows(contract, now)[-periods:]
        yield contract, latest[::-1], last_closings(store, layout, contract.id)


def _receipt(store: ObjectStore, layout: Layout, feed: str, period: str, sender: str, delivery_id: str) -> Receipt:
    try:
        key = layout.key("receipt", feed=feed, period=period, sender=sender, delivery_id=delivery_id)
        return Receipt.read(store, key)
    except (InvalidKey, ObjectNotFound):
        raise HTTPException(404, "there is no such delivery") from None


def _as_json(column: Column) -> dict[str, Any]:
    return {
        "feed": column.window.feed,
        "period": column.window.period,
        "opens_at": column.window.opens_at.isoformat(),
        "closes_at": column.window.closes_at.isoformat(),
        "closing": column.closing.model_dump(mode="json") if column.closing else None,
        "senders": [item.model_dump(mode="json") for item in column.stands.values()],
    }
