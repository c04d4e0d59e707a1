"""What is published now, in a few lines for the end of a run."""

from __future__ import annotations

from collections.abc import Iterator

from customs_monitor.collection.closing import Closing
from customs_monitor.collection.closing_text import closing_lines
from customs_monitor.contracts import Registry
from customs_monitor.release.contents import Contents
from customs_monitor.release.errors import NothingPublished
from customs_monitor.release.history import manifest_in_force
from customs_storage import ObjectStore
from customs_storage.layout import Layout
from customs_storage.manifest import Manifest

SITE = "site/index.html"
_TOLD = 10


def published_lines(store: ObjectStore, layout: Layout, registry: Registry) -> Iterator[str]:
    """Yield lines on the release in force: its indicators, what the checks warn of, where the site is."""
    try:
        manifest = manifest_in_force(store)
    except NothingPublished:
        yield f"Nothing is published: {len(registry.codelists['indicator'].codes)} indicators await data."
        return
    contents = Contents.of(store, layout, manifest.release_id)
    published = [entry.id for entry in contents.published]
    awaiting = sum(entry.state == "awaiting data" for entry in contents.indicators)
    restricted = len(contents.indicators) - len(published) - awaiting
    made_up = sum(delivery.synthetic for delivery in manifest.deliveries)
    yield f"Release {manifest.release_id} rests on {len(manifest.deliveries)} deliveries" + (
        f", {made_up} of them SYNTHETIC" if made_up else ""
    )
    named = f" ({', '.join(published)})" if published else ""
    yield (
        f"Indicators: {len(published)} published{named}, {awaiting} awaiting data"
        f"{f', {restricted} restricted' if restricted else ''}; {len(contents.marts)} further tables"
    )
    yield from _collected(store, layout, manifest)
    if contents.findings:
        yield f"The checks across deliveries found {len(contents.findings)} oddities, reported and left as they are:"
        for finding in contents.findings[:_TOLD]:
            yield f"  {finding.feed} {finding.period}: {finding.subject}: {finding.finding}"
        if len(contents.findings) > _TOLD:
            yield f"  ... and {len(contents.findings) - _TOLD} more, on the site's page on data quality"
    for verdict in manifest.gate:
        if verdict.verdict == "warned":
            yield f"The gate warns: {verdict.check}: {verdict.detail}"
    key = layout.key("release_file", release_id=manifest.release_id, path=SITE)
    yield f"Site: {store.local_path(key) or store.url.rstrip('/') + '/' + key}"


def _collected(store: ObjectStore, layout: Layout, manifest: Manifest) -> Iterator[str]:
    """Yield lines on how the collections stand in the release: the latest period of each in full."""
    latest = {item.feed: item for item in manifest.closings}
    if not latest:
        return
    yield f"Collections that have closed, {len(manifest.closings)} periods in all; the latest of each:"
    found = [
        Closing.read(store, layout.key("closing", feed=item.feed, period=item.period, number=f"{item.number:06d}"))
        for item in latest.values()
    ]
    yield from (f"  {line}" for line in closing_lines(found))
