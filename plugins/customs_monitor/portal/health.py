"""Whether this process answers and reaches its store; for whoever keeps it running."""

from __future__ import annotations

from fastapi import APIRouter

from customs_monitor.portal.dependencies import ServicesDep
from customs_storage.pointer import read_latest

router = APIRouter()


@router.get("/health")
def health(services: ServicesDep) -> dict[str, str]:
    """Answer ok; where the store is away the answer is an error."""
    read_latest(services.store)
    return {"status": "ok"}
