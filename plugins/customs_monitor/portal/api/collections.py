"""Collections: what a sender delivers to, and how it stands."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter

from customs_monitor.portal.api.asking import SenderDep
from customs_monitor.portal.api.documents import CollectionDocument, PeriodDocument
from customs_monitor.portal.auth.roles import Action, may
from customs_monitor.portal.dependencies import ServicesDep, UserDep
from customs_monitor.portal.standings import own_standings

router = APIRouter(prefix="/collections", tags=["collections"])


@router.get("")
def list_collections(services: ServicesDep, user: UserDep, sender: SenderDep) -> list[CollectionDocument]:
    """List the sender's collections with their deadlines and how it stands in the latest periods."""
    return [
        CollectionDocument(
            id=feed,
            name=contract.name,
            cadence=contract.cadence,
            key=contract.schema_.key,
            columns=tuple(item.name for item in contract.schema_.properties),
            periods=tuple(PeriodDocument(**asdict(item)) for item in own_standings(services, feed, sender)),
        )
        for feed, contract in services.collections.items()
        if may(user, Action.see, sender, feed)
    ]
