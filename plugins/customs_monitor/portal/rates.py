"""How often one address may ask; counted in the memory of each process, for it spares work and decides nothing."""

from __future__ import annotations

import math
import time
from http import HTTPStatus

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from customs_monitor.portal.faults import answer
from customs_monitor.portal.problem import Problem
from customs_monitor.portal.settings import PortalSettings

#: Where passwords and ways to the provider begin.
_DOORS = "/sign-in"


class Rates:
    """Answers 429 to an address that asks too often."""

    def __init__(self, app: ASGIApp, settings: PortalSettings) -> None:
        self._app = app
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._any = RateLimitItemPerMinute(settings.requests_per_minute, namespace="any")
        self._doors = RateLimitItemPerMinute(settings.sign_ins_per_minute, namespace="doors")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            client = scope.get("client")
            address = client[0] if client else ""
            asked = [self._any]
            if scope["path"].startswith(_DOORS) and (scope["method"] == "POST" or scope["path"] != _DOORS):
                asked.append(self._doors)
            for limit in asked:
                if not self._limiter.hit(limit, address):
                    wait = self._limiter.get_window_stats(limit, address).reset_time - time.time()
                    await answer(Request(scope, receive), _too_often(max(1, math.ceil(wait))))(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def _too_often(seconds: int) -> Problem:
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too-often",
        f"This address asks too often: try again in {seconds} seconds.",
        headers={"Retry-After": str(seconds)},
    )
