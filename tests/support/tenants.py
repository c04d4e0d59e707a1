"""Two Member States with everything a portal can hold, and requests for every route of it, with anybody's ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from fastapi import UploadFile
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx import Response
from pydantic import BaseModel
from starlette.routing import BaseRoute, Route

from customs_monitor.collection.acknowledgement import acknowledge_all
from customs_monitor.collection.explanations import explain
from customs_monitor.collection.records import Place
from customs_monitor.collection.sending import sent_of
from customs_monitor.collection.signing import signing_key
from customs_monitor.collection.upload_bytes import keep_file
from customs_monitor.collection.upload_check import verdict_of
from customs_monitor.collection.uploads import Intent, Upload, open_upload
from customs_monitor.portal.auth.roles import Role
from customs_storage import StoreError
from support.portal import Portal
from support.portal_work import work
from support.uploading import FEED, PERIOD

#: What a request may be given, whoever owns it: a route with another parameter needs it here.
COMMON: Mapping[str, str] = {
    "feed": FEED,
    "period": PERIOD,
    "kind": "json",
    "form": "pdf",
    "name": "portal.css",
    "language": "en",
    "path": "index.html",
    "back": "/",
    "next": "/",
    "rule": "any_rule",
    "text": "because",
    "expires": "2027-01-01",
    "reason": "because",
    "sure": "yes",
    "intent": "check",
    "label": "x",
    "days": "10",
    "collections": FEED,
    "password": "not a password",
    "state": "s",
    "code": "c",
    "iss": "i",
    "saved": "true",
    "collection": FEED,
    "sha256": "0" * 64,
    "size": "2",
    "page": "1",
    "rows": "10",
    "expires_on": "2027-01-01",
    "url": "https://hooks.example.eu/verdicts",
    "idempotency_key": "again",
    "upload_offset": "0",
    "upload_complete": "?1",
}
#: The parameters that name something of one Member State.
OWNED = frozenset({"sender", "upload_id", "delivery_id", "token_id", "number", "webhook_id"})


@dataclass
class Tenant:
    """What one Member State has, and the words that nobody else may ever read."""

    sender: str
    values: list[dict[str, str]] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)


def settle(portal: Portal, sender: str) -> Tenant:
    """Give a Member State an account, uploads, a delivery with a warning and its explanation, and a token."""
    services = portal.services
    user = f"anna.{sender.lower()}.private"
    account = services.accounts.add(user, by="test", role=Role.sender, sender=sender)
    tenant = Tenant(sender, secrets={user, f"private-{sender}", f"comment-{sender}"})
    checked = _uploaded(portal, sender, user, "check")
    sending = _uploaded(portal, sender, user, "send")
    work(services)
    sent = sent_of(services.store, services.layout, sending)
    assert sent
    place = Place(sent.feed, sent.period, sent.sender)
    key = signing_key(services.settings.home)
    acknowledge_all(services.store, services.layout, services.registry, sent.feed, key, portal.clock)
    rule = _warning(portal, sending)
    explained = explain(
        services.store, services.layout, place, sent.delivery_id, rule, f"comment-{sender}",
        portal.clock.now.date() + timedelta(60), user, portal.clock,
    )  # fmt: skip
    _, token = services.tokens.issue(account, label=f"private-{sender}", lasts=timedelta(days=100))
    webhook = services.webhooks.register(sender, f"https://private-{sender}.example.eu/", by=user, collections=None)
    shared = {
        **COMMON, "sender": sender, "delivery_id": sent.delivery_id, "token_id": token.token_id,
        "number": str(explained.number), "rule": rule, "webhook_id": webhook.webhook_id,
    }  # fmt: skip
    tenant.values = [{**shared, "upload_id": upload.upload_id} for upload in (checked, sending)]
    tenant.secrets |= {checked.upload_id, sending.upload_id, sent.delivery_id, token.token_id, webhook.webhook_id}
    return tenant


def _uploaded(portal: Portal, sender: str, user: str, intent: Intent) -> Upload:
    services = portal.services
    name = f"private-{sender}-{intent}.csv"
    upload = open_upload(
        services.store, services.layout, sender=sender, feed=FEED, file=name, user=user, intent=intent, now=portal.clock
    )
    head = (
        "reference_period,member_state,movement,crc_code,high_interest_country,automated_hits,hits_after_assessment,"
        "controls,positive_results,conf_status,comment"
    )
    row = f"{PERIOD},{sender},ENTRY,CRC01,_Z,10,8,9,1,F,comment-{sender}"
    keep_file(services.store, services.layout, upload, f"{head}\r\n{row}\r\n".encode())
    return upload


def _warning(portal: Portal, upload: Upload) -> str:
    verdict = verdict_of(portal.services.store, portal.services.layout, upload)
    assert verdict
    return next(issue.rule for issue in verdict.issues if issue.severity == "warning")


def ghost(values: Mapping[str, str], *, keep_sender: str | None = None) -> dict[str, str]:
    """Return values of the same shape that nobody has."""
    return {
        **values,
        "sender": keep_sender or "SK",
        "upload_id": "0123456789abcdef" * 2,
        "delivery_id": "0123456789abcdef"[: len(values["delivery_id"])],
        "token_id": "0123456789abcdef",
        "webhook_id": "0123456789abcdef"[: len(values["webhook_id"])],
        "number": "77",
    }


def routes_of(portal: Portal) -> list[Route]:
    """Return every route of the portal."""
    found: list[BaseRoute] = list(portal.app.routes)
    unknown = [route for route in found if not isinstance(route, Route)]
    assert not unknown, f"{unknown}: say here how to ask for these"
    return [route for route in found if isinstance(route, Route)]


def parameters(route: Route) -> set[str]:
    """Return the names of everything a route takes."""
    if not isinstance(route, APIRoute):
        return set(route.param_convertors)
    taken = route.dependant
    named = {item.name for item in (*taken.path_params, *taken.query_params, *taken.header_params)} | set(
        route.param_convertors
    )
    for item in taken.body_params:
        model = item.field_info.annotation
        named |= set(model.model_fields) if _is_model(model) else {item.name}
    return named - {"file"}


def requests_of(route: Route, values: Mapping[str, str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and the rest of a request, for each method of a route."""
    if "/reports/{name}" in route.path:
        values = {**values, "name": "report.json"}
    path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda hole: quote(values[hole[1]], safe="/"), route.path)
    methods = (route.methods or set()) - {"OPTIONS"}
    for method in sorted(methods - {"HEAD"} if len(methods) > 1 else methods):
        rest: dict[str, Any] = {}
        if isinstance(route, APIRoute):
            rest["params"] = {
                item.alias: values[item.name] for item in route.dependant.query_params if item.name in values
            }
            rest["headers"] = {
                item.alias: values[item.name] for item in route.dependant.header_params if item.name in values
            }
            fields: dict[str, str] = {}
            for item in route.dependant.body_params:
                model = item.field_info.annotation
                if _is_model(model):
                    rest["json"] = {name: values[name] for name in model.model_fields if name in values}
                elif model == UploadFile or UploadFile in getattr(model, "__args__", ()):
                    rest["files"] = {item.name: ("x.csv", b"x\n", "text/csv")}
                elif item.name in values:
                    fields[item.alias] = values[item.name]
            if fields:
                # More than the form asks for: nothing may listen to it.
                rest["data"] = {"sender": values["sender"], "role": "collection_manager", "user": "x", **fields}
        yield method, path, rest


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def ask(client: TestClient, method: str, path: str, rest: Mapping[str, Any]) -> Response:
    """Send a request."""
    return client.request(method, path, **rest)


def plain(answer: Response, path: str, values: Mapping[str, str]) -> tuple[int, str, dict[str, str]]:
    """Return status, body and headers of an answer, with path and ids that were asked with taken out."""
    asked = [
        path,
        quote(path),
        quote(path, safe=""),
        *(values[name] for name in ("upload_id", "delivery_id", "token_id", "webhook_id")),
    ]

    def cleaned(text: str) -> str:
        for item in asked:
            text = text.replace(item, "*")
        return text

    headers = {name: cleaned(value) for name, value in answer.headers.items() if name not in ("content-length", "date")}
    return answer.status_code, cleaned(answer.text), headers


class Watched:
    """Which operations a store was asked for, by the shape of their keys, and what came of each."""

    OPERATIONS = ("open", "get_version", "put_if_absent", "head", "list", "folders", "local_path", "sha256")

    def __init__(self, monkeypatch: Any, store: Any) -> None:
        self.seen: list[tuple[str, str, str]] = []
        for name in self.OPERATIONS:
            monkeypatch.setattr(type(store), name, self._watching(name, getattr(type(store), name)))

    def _watching(self, name: str, original: Any) -> Any:
        def watched(store: Any, key: str = "", *arguments: Any, **named: Any) -> Any:
            shape = re.sub(r"[^/]*[0-9][^/]*|(?<=/)[A-Z]{2}(?=/|$)", "*", key)
            try:
                found = original(store, key, *arguments, **named)
            except StoreError as error:
                self.seen.append((name, shape, type(error).__name__))
                raise
            if name in ("list", "folders"):
                found = list(found)
            self.seen.append((name, shape, str(len(found)) if isinstance(found, list) else str(found is not None)))
            return iter(found) if isinstance(found, list) else found

        return watched

    def taken(self) -> list[tuple[str, str, str]]:
        """Return what was asked since the last time."""
        seen, self.seen = self.seen, []
        return seen


def objects(portal: Portal, sender: str) -> dict[str, bytes]:
    """Return the objects of a store that are a Member State's, by key."""
    store = portal.services.store
    return {
        info.key: store.get(info.key)
        for info in store.list()
        if f"/{sender}/" in info.key or f"sender={sender}" in info.key
    }
