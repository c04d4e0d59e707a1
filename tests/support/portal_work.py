"""What the portal's background does, in the test's own process and at once: checks, sendings, verdicts."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from customs_monitor.collection.acknowledgement import acknowledge_all
from customs_monitor.collection.judging import judge_waiting
from customs_monitor.collection.preflight import preflight
from customs_monitor.collection.records import RuleCount
from customs_monitor.collection.sending import confirm, confirmed_unsent, send
from customs_monitor.collection.signing import signing_key
from customs_monitor.collection.upload_bytes import fetch_file
from customs_monitor.collection.upload_check import UploadVerdict, claim_check, keep_verdict, waiting_for_check
from customs_monitor.portal.dependencies import Services
from customs_storage.hashing import sha256_of


def work(services: Services) -> None:
    """Check what waits, send what is confirmed, judge and acknowledge what was sent."""
    for upload in waiting_for_check(services.store, services.layout):
        if claim_check(services.store, services.layout, upload, "test", services.now) is None:
            continue
        with TemporaryDirectory() as folder:
            own = Path(folder)
            (own / "in").mkdir()
            (own / "work").mkdir()
            file = fetch_file(services.store, services.layout, upload, own / "in")
            contract = services.registry.feeds[upload.feed]
            found = preflight(
                file, contract, services.registry, own / "work", sender=upload.sender, period=upload.period
            )
            judgement = found.judgement
            reports = found.write(own / "reports")
            keep_verdict(
                services.store,
                services.layout,
                upload,
                UploadVerdict(
                    feed=upload.feed,
                    period=found.delivery.period,
                    sender=upload.sender,
                    verdict=judgement.verdict,
                    contract_version=contract.version,
                    layout=contract.layouts[0].id,
                    fits=not found.delivery.looks_like,
                    readable=judgement.readable,
                    rows_read=judgement.rows_read,
                    rows_accepted=judgement.rows_accepted,
                    rows_refused=judgement.rows_refused,
                    rows_skipped=judgement.rows_skipped,
                    issues=tuple(
                        RuleCount(code=one.code, rule=one.rule, severity=one.severity, level=one.level, count=one.count)
                        for one in judgement.issue_counts
                    ),
                    sha256=found.delivery.sha256,
                    accepted_sha256=sha256_of(judgement.accepted) if judgement.accepted else None,
                    checked_at=services.now(),
                ),
                reports,
                judgement.accepted,
            )
        if upload.intent == "send":
            confirm(services.store, services.layout, upload, upload.user, services.now)
    feeds = set()
    for upload, decision in confirmed_unsent(services.store, services.layout):
        with TemporaryDirectory() as folder:
            sent = send(
                services.store, services.layout, services.registry, upload, decision.user, Path(folder), services.now
            )
        feeds.add(sent.feed)
    for feed in sorted(feeds):
        with TemporaryDirectory() as folder:
            judge_waiting(services.store, services.layout, services.registry, feed, "test", Path(folder))
        acknowledge_all(
            services.store, services.layout, services.registry, feed, signing_key(services.settings.home), services.now
        )
