"""The public keys that receipts are verified with, for everybody."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from customs_monitor.collection.signing import public_keys
from customs_monitor.portal.dependencies import ServicesDep

router = APIRouter()


@router.get("/.well-known/jwks.json")
def jwks(services: ServicesDep) -> JSONResponse:
    """Return the keys as a JWK set (RFC 7517); those of earlier years stay in it."""
    keys = public_keys(services.store, services.layout)
    return JSONResponse(keys, headers={"Cache-Control": "no-cache"}, media_type="application/jwk-set+json")
