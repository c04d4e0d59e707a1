"""What every process of Airflow loads of the plugin: next to nothing, and the page only when somebody asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import Any

NAME = "Collections"
#: Where the page is, below Airflow's own address.
PREFIX = "/customs-monitor"

_Message = MutableMapping[str, Any]


class LazyApp:
    """An ASGI application that is made at its first request; scheduler and DAG processor never see one."""

    def __init__(self) -> None:
        # In a thread: what it imports takes a second or more, in which the server goes on answering Airflow's tasks.
        self._app = cache(lambda: asyncio.ensure_future(asyncio.to_thread(_page)))

    async def __call__(
        self,
        scope: _Message,
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        """Hand a request on."""
        app = await asyncio.shield(self._app())
        await app(scope, receive, send)


def _page() -> Any:
    from customs_monitor.airflow.page import create_page

    return create_page()
