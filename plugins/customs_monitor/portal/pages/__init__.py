"""The pages for people: all need a signed-in user, and a CSRF token where they change something."""

from __future__ import annotations

from fastapi import APIRouter

from customs_monitor.portal.pages import (
    account,
    collections,
    deliveries,
    explaining,
    overview,
    upload_pages,
    uploading,
)  # fmt: skip

#: The routers of the pages, in order.
ROUTERS: tuple[APIRouter, ...] = (
    collections.router,
    uploading.router,
    upload_pages.router,
    explaining.router,
    deliveries.router,
    overview.router,
    account.router,
)
