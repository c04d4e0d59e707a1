"""What the portal does after it has answered: check, send, judge, acknowledge.

What is to be done is read from the store alone, so any process of the portal does it, and goes on where another died: a
check whose claim has run out, an upload that was confirmed and is no delivery yet, a delivery without a verdict, a
sending without its acknowledgement. Routes ask for one upload at once; `sweep` finds the rest.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import count

from customs_monitor.checking.pool import CheckPool
from customs_monitor.checking.results import CheckFailed
from customs_monitor.collection.acknowledgement import acknowledge_all
from customs_monitor.collection.judging import waiting
from customs_monitor.collection.sending import NotSendable, confirm, confirmed_unsent, send
from customs_monitor.collection.signing import SigningKey
from customs_monitor.collection.upload_check import claim_check, verdict_of, waiting_for_check
from customs_monitor.collection.upload_expiry import remove_expired as remove_expired_uploads
from customs_monitor.collection.uploads import Upload, uploads_of_all
from customs_monitor.portal.checks import ARCHIVE, check
from customs_monitor.portal.dependencies import Services
from customs_monitor.portal.expiry import remove_expired
from customs_monitor.portal.judging_process import judge_feed
from customs_monitor.portal.webhook_calls import tell_all
from customs_storage import StoreError

_LOG = logging.getLogger(__name__)
#: Seconds between two looks at what others have left.
_PAUSE = 20.0
#: Looks between two rounds of removing what has expired: about an hour.
_ROUND = 180


class Jobs:
    """The work of one portal process behind its answers.

    Args:
        services: the portal's.
        pool: judges uploads.
        key: signs acknowledgements.
        judge: judges the waiting deliveries of a feed; by default in a process of its own.
    """

    def __init__(
        self, services: Services, pool: CheckPool, key: SigningKey, judge: Callable[[str], object] | None = None
    ) -> None:
        self._services, self._pool, self._key = services, pool, key
        self._judge_feed = judge or self._in_process
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self._checks: ThreadPoolExecutor | None = None
        self._judges: ProcessPoolExecutor | None = None
        self._wanted, self._ended = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._telling = threading.Lock()

    def start(self) -> None:
        """Begin to work in the background, first on what others have left."""
        self._pool.start()
        self._checks = ThreadPoolExecutor(self._services.settings.workers, "check")
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; what is not done stays in the store for the next."""
        self._ended.set()
        self._wanted.set()
        self._pool.close()
        if self._checks is not None:
            self._checks.shutdown(wait=True, cancel_futures=True)
        if self._thread is not None:
            self._thread.join()
        if self._judges is not None:
            self._judges.shutdown(wait=True, cancel_futures=True)

    def wake(self, upload: Upload | None = None) -> None:
        """Say that there is something to do: an upload to check, or, without one, whatever the store tells."""
        if upload is None or self._checks is None:
            self._wanted.set()
        else:
            self._checks.submit(self._guarded, partial(self._check, upload))

    def sweep(self) -> None:
        """Do all that there is to do, and return when it is done."""
        services = self._services
        for upload in waiting_for_check(services.store, services.layout):
            if self._checks is None:
                self._guarded(partial(self._check, upload))
            else:
                self._checks.submit(self._guarded, partial(self._check, upload))
        for status in uploads_of_all(services.store, services.layout):
            if status.state == "checked" and status.upload.intent == "send":
                self._guarded(partial(self._confirm, status.upload))
        for upload, decision in confirmed_unsent(services.store, services.layout):
            self._guarded(partial(self._send, upload, decision.user))
        self._guarded(self._tell)
        for feed in services.collections:
            self._guarded(partial(self._judge, feed))

    def tidy(self) -> None:
        """Remove what has expired: uploads that nobody sent, sessions, tries to sign in."""
        services = self._services
        uploads = remove_expired_uploads(services.store, services.layout, services.now)
        others = remove_expired(services.store, services.layout, services.now)
        if uploads or others:
            _LOG.info("removed %d expired uploads, and %d objects of sessions and sign-ins", uploads, others)

    def _run(self) -> None:
        for number in count():
            if self._ended.is_set():
                return
            self._guarded(self.sweep)
            if number % _ROUND == 0:
                self._guarded(self.tidy)
            self._wanted.wait(_PAUSE)
            self._wanted.clear()

    def _guarded(self, job: Callable[[], object]) -> None:
        """One job that fails shall not keep others from theirs; the next sweep tries it again."""
        try:
            job()
        except (StoreError, CheckFailed) as error:
            _LOG.warning("a job of the portal failed and will be tried again: %s", error)
        except Exception:
            _LOG.exception("a job of the portal failed and will be tried again")

    def _check(self, upload: Upload) -> None:
        services = self._services
        if self._ended.is_set():
            return
        if claim_check(services.store, services.layout, upload, self._worker, services.now) is None:
            return
        _, members = check(services, self._pool, upload)
        for member in members:
            self._check(member)
        if upload.intent == "send":
            self._confirm(upload)
            self._wanted.set()
        self._guarded(self._tell)

    def _tell(self) -> None:
        """Tell verdicts to the addresses that senders have registered; one thread of this process at a time."""
        with self._telling:
            tell_all(self._services, self._key)

    def _confirm(self, upload: Upload) -> None:
        """Confirm what was given with the intent to send it; of an archive its members are, one by one."""
        services = self._services
        verdict = verdict_of(services.store, services.layout, upload)
        if verdict is not None and verdict.layout != ARCHIVE:
            confirm(services.store, services.layout, upload, upload.user, services.now)

    def _send(self, upload: Upload, user: str) -> None:
        services = self._services
        verdict = verdict_of(services.store, services.layout, upload)
        if verdict is None or verdict.layout == ARCHIVE:
            return  # its check has not ended; an archive is no delivery
        try:
            send(services.store, services.layout, services.registry, upload, user, services.scratch, services.now)
        except NotSendable as error:
            _LOG.info("upload %s is not sent: %s", upload.upload_id, error)

    def _judge(self, feed: str) -> None:
        services = self._services
        if waiting(services.store, services.layout, feed):
            self._judge_feed(feed)
        acknowledge_all(services.store, services.layout, services.registry, feed, self._key, services.now)

    def _in_process(self, feed: str) -> None:
        if self._judges is None:
            # Not forked: this process has threads.
            self._judges = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        try:
            job = self._judges.submit(
                judge_feed, self._services.store.url, str(self._services.registry.project.root), feed
            )
            job.result()
        except BrokenProcessPool:
            self._judges = None
            raise
