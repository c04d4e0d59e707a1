"""The pages for people: all need a signed-in user, and a CSRF token where they change something."""

from __future__ import annotations

from fastapi import APIRouter

#: The routers of the pages, in order.
ROUTERS: tuple[APIRouter, ...] = ()
