"""The portal as an application: `create_app`."""

from __future__ import annotations

from fastapi import Depends, FastAPI

from customs_monitor.portal import api, faults, health, pages, published, sign_in
from customs_monitor.portal.auth import csrf
from customs_monitor.portal.auth.identify import Identification
from customs_monitor.portal.dependencies import Services, current_user
from customs_monitor.portal.faults import Faults
from customs_monitor.portal.headers import Headers

API = "/api/v1"


def create_app(services: Services) -> FastAPI:
    """Put the portal together.

    Everything needs a signed-in user but what `published`, `health` and `sign_in` serve; every form of a page carries
    a token. Who asks is found before any route runs.
    """
    app = FastAPI(
        title="Customs Monitor",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{API}/openapi.json",
    )
    app.state.services = services
    form = Depends(csrf.ours)
    app.include_router(health.router, include_in_schema=False)
    app.include_router(sign_in.router, dependencies=[form], include_in_schema=False)
    for router in pages.ROUTERS:
        app.include_router(router, dependencies=[Depends(current_user), form], include_in_schema=False)
    for router in api.ROUTERS:
        app.include_router(router, prefix=API, dependencies=[Depends(current_user)])
    app.include_router(published.router, include_in_schema=False)
    faults.register(app)
    # The last one added is the first to see a request.
    app.add_middleware(Faults)
    app.add_middleware(Identification, services=services)
    app.add_middleware(Headers, https=services.settings.scheme == "https")
    return app
