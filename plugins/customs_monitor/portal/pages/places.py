"""Whose part of a collection an address names, and whether whoever asks may do what she asks."""

from __future__ import annotations

from customs_monitor.collection.calendar import Window, window
from customs_monitor.collection.records import Place
from customs_monitor.collection.uploads import Upload, UploadUnknown, upload_of
from customs_monitor.portal.auth.roles import Action, User, may
from customs_monitor.portal.dependencies import Services, authorise
from customs_monitor.portal.problem import not_found
from customs_storage.layout import LayoutError


def place_of(services: Services, user: User, action: Action, feed: str, period: str, sender: str) -> Place:
    """Return a place that somebody may do something to.

    Raises:
        Problem: 404 or 403, as `authorise`; 404 also for what can be no place.
    """
    if feed not in services.collections:
        raise not_found()
    authorise(user, action, sender, feed)
    try:
        services.layout.prefix("landing", feed=feed, period=period, sender=sender)
    except LayoutError:
        raise not_found() from None
    return Place(feed, period, sender)


def own_upload(services: Services, user: User, action: Action, sender: str, upload_id: str) -> Upload:
    """Return an upload that somebody may do something to.

    Raises:
        Problem: 404 or 403, as `authorise`; what does not exist is asked for as what is another's.
    """
    if not may(user, Action.see, sender, None):
        raise not_found()
    try:
        upload = upload_of(services.store, services.layout, sender, upload_id)
    except (UploadUnknown, LayoutError):
        raise not_found() from None
    authorise(user, action, sender, upload.feed)
    return upload


def feeds_of(services: Services, user: User, action: Action) -> list[str]:
    """Return the collections in which somebody may do something."""
    return [feed for feed in services.collections if may(user, action, user.sender, feed)]


def window_of(services: Services, feed: str, period: str) -> Window | None:
    """Return the window of a period, None where the contract does not ask for it."""
    return window(services.registry.feeds[feed], period)
