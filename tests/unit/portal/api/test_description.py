"""The description of the interface (OpenAPI) is true: whatever is called by it is answered by it; nothing breaks."""

from __future__ import annotations

from pathlib import Path

import pytest
import schemathesis
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from customs_monitor.contracts import Registry
from customs_storage import open_store
from support.portal import Portal, portal_on

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
#: Calls of an operation in the suite.
EXAMPLES = 10


@pytest.fixture(name="portal")
def portal_fixture(registry: Registry, tmp_path: Path) -> Portal:
    """A portal under the address by which the generated calls name it."""
    store = open_store((tmp_path / "store").as_uri())
    return portal_on(store, registry, tmp_path / "home", url="http://testserver", requests_per_minute=10**6)


@schemathesis.serializer("application/offset+octet-stream")
def as_bytes(_: schemathesis.SerializationContext, value: object) -> bytes:
    """What a generated body is on the wire."""
    return value if isinstance(value, bytes) else str(value).encode()


def test_no_call_breaks_the_portal_and_every_answer_is_described(portal: Portal, machine) -> None:
    token = machine().headers["Authorization"]
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", portal.app)
    called = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def call(case: schemathesis.Case) -> None:
            case.call_and_validate(headers={"Authorization": token}, checks=CHECKS)

        call()
        called += 1
    assert called >= 20


def test_every_route_of_the_interface_is_described_and_says_what_it_does(portal: Portal) -> None:
    described = portal.app.openapi()["paths"]
    routes = [item for item in portal.app.routes if isinstance(item, APIRoute) and item.path.startswith("/api/v1")]
    assert len(routes) >= 20
    for route in routes:
        for method in route.methods:
            operation = described[route.path][method.lower()]
            assert operation["description"], route.path
            assert operation["security"] == [{"HTTPBearer": []}], route.path
