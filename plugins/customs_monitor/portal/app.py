"""The portal as an application: `create_app`."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from customs_monitor.collection.uploads import Upload
from customs_monitor.portal import (
    api,
    assets,
    faults,
    health,
    keys,
    language_choice,
    pages,
    published,
    sign_in,
    sign_in_provider,
)  # fmt: skip
from customs_monitor.portal.audit import Auditing
from customs_monitor.portal.auth import csrf
from customs_monitor.portal.auth.identify import Identification
from customs_monitor.portal.bodies import Bodies
from customs_monitor.portal.dependencies import Services, Work, current_machine, current_person
from customs_monitor.portal.faults import Faults
from customs_monitor.portal.headers import Headers
from customs_monitor.portal.rates import Rates

API = "/api/v1"
_THIS_MACHINE = ("localhost", "127.0.0.1")


class _Elsewhere:
    """The work of a portal that leaves it to other processes."""

    def wake(self, upload: Upload | None = None) -> None:
        """Do nothing: the others look into the store now and then."""


def create_app(services: Services, work: Work | None = None) -> FastAPI:
    """Put the portal together.

    Args:
        services: what routes work with.
        work: is told when there is something to check or send; None leaves that to other processes.

    Everything needs a signed-in user but what `published`, `health`, `keys`, `assets`, `language_choice` and `sign_in`
    serve; every form of a page carries a token. Who asks is found before any route runs.
    """
    app = FastAPI(
        title="Customs Monitor",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{API}/openapi.json",
    )
    app.state.services = services
    app.state.work = work or _Elsewhere()
    form = Depends(csrf.ours)
    app.include_router(health.router, include_in_schema=False)
    app.include_router(keys.router, include_in_schema=False)
    app.include_router(assets.router, include_in_schema=False)
    app.include_router(language_choice.router, include_in_schema=False)
    app.include_router(sign_in.router, dependencies=[form], include_in_schema=False)
    app.include_router(sign_in_provider.router, include_in_schema=False)
    for router in pages.ROUTERS:
        app.include_router(router, dependencies=[Depends(current_person), form], include_in_schema=False)
    for router in api.ROUTERS:
        app.include_router(
            router, prefix=API, dependencies=[Depends(current_machine), api.BEARER], responses=api.PROBLEMS
        )
    app.include_router(published.router, include_in_schema=False)
    faults.register(app)
    # The last one added is the first to see a request.
    settings = services.settings
    app.add_middleware(Faults)
    app.add_middleware(Bodies, settings=settings)
    app.add_middleware(Identification, services=services)
    app.add_middleware(Auditing, trail=services.audit)
    app.add_middleware(Faults)  # of the two above
    app.add_middleware(Rates, settings=settings)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[settings.host, *_THIS_MACHINE], www_redirect=False)
    if settings.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))
    app.add_middleware(Headers, https=settings.scheme == "https")
    return app
