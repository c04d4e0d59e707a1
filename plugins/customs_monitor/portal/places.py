"""Whose part of a collection a request names, whether whoever asks may do what she asks, and what lies there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from customs_monitor.collection.calendar import Window, window
from customs_monitor.collection.life import DeliveryLife, life_of
from customs_monitor.collection.preview import Preview, TouchedIndicator, preview
from customs_monitor.collection.records import Place
from customs_monitor.collection.upload_check import UploadVerdict
from customs_monitor.collection.uploads import Upload, UploadUnknown, upload_of
from customs_monitor.contracts import Project
from customs_monitor.portal.auth.roles import Action, User, may
from customs_monitor.portal.dependencies import Services, authorise
from customs_monitor.portal.problem import not_found
from customs_monitor.release.specs import indicators_by_feed, load_specs
from customs_monitor.templates import TemplateError, order
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


def delivery_of(services: Services, place: Place, delivery_id: str) -> DeliveryLife:
    """Return a version of a delivery.

    Raises:
        Problem: 404 if there is none.
    """
    versions = life_of(services.store, services.layout, services.registry, place)
    found = next((life for life in versions if life.receipt.delivery_id == delivery_id), None)
    if found is None:
        raise not_found()
    return found


def reports_of(services: Services, upload: Upload, verdict: UploadVerdict) -> dict[str, str]:
    """Return the keys of the files of an upload's report, by name."""
    return {name: services.layout.key("upload_report", **upload.fields, name=name) for name in verdict.reports}


def accepted_rows_of(services: Services, upload: Upload, verdict: UploadVerdict, folder: Path) -> Path | None:
    """Return the rows of an upload that would be accepted, as a local file; None where there are none."""
    if verdict.accepted_sha256 is None:
        return None
    key = services.layout.key("upload_accepted", **upload.fields)
    return services.store.local_path(key) or services.store.download(key, folder / "accepted.parquet")


def preview_of(services: Services, upload: Upload, verdict: UploadVerdict) -> Preview | None:
    """Return what sending an upload would change; None where none of its rows would be accepted."""
    with TemporaryDirectory(dir=services.scratch) as folder:
        return preview(
            services.store,
            services.layout,
            services.registry,
            upload,
            verdict,
            Path(folder),
            _touched(services.registry.project),
        )


def is_period_of(services: Services, feed: str, period: str) -> bool:
    """Tell whether a text is a period of a collection."""
    try:
        order(services.registry, feed, services.now().date(), period=period)
    except TemplateError:
        return False
    return True


@cache
def _touched(project: Project) -> Mapping[str, Sequence[TouchedIndicator]]:
    """Return the indicators that rest on each collection."""
    return indicators_by_feed(load_specs(project).values())
