"""The interface for machines, below `/api/v1`. Each module has a `router`; all need a token or a signed-in user."""

from __future__ import annotations

from fastapi import APIRouter

#: The routers of the interface, in order, with paths relative to `/api/v1`.
ROUTERS: tuple[APIRouter, ...] = ()
