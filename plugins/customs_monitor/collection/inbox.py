"""Inboxes: folders and S3 prefixes in which senders leave `<folder>/<file>`."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from customs_monitor.collection.claims import Claim, Unclaimed, claim, may_claim
from customs_monitor.contracts import Registry
from customs_monitor.intake import IntakeError, Sniffed, sniff
from customs_storage import InvalidLocation, ObjectStore, open_store

log = logging.getLogger(__name__)

#: Names that are no deliveries: hidden files and uploads that are not finished.
_IGNORED_SUFFIXES = (".part", ".tmp", ".filepart", "~")
#: A file of this name in an inbox, or in a folder of it, marks all that lies in it: `{"synthetic": true}`.
PROVENANCE = "provenance.json"


class InboxError(ValueError):
    """An inbox cannot be read."""


@dataclass(frozen=True)
class InboxFile:
    """One file of an inbox, with a local copy of its bytes for the time of the run.

    Attributes:
        synthetic: whether the inbox or the folder that the file lies in says that it is made up.
    """

    inbox: Inbox
    name: str
    path: Path
    synthetic: bool = False

    @property
    def origin(self) -> str:
        """Where the file lies, as a person would name it."""
        return f"{self.inbox.url.rstrip('/')}/{self.name}"


@dataclass(frozen=True)
class Found:
    """What the inboxes hold: the files of each feed in order, and those no contract claims, with the reason."""

    claimed: dict[str, list[tuple[InboxFile, Claim]]]
    unclaimed: list[tuple[InboxFile, Unclaimed]]


@dataclass(frozen=True)
class Inbox:
    """A folder or an S3 prefix.

    Attributes:
        synthetic: whether all that lies in it is made up.
        synthetic_folders: those of its folders in which all is.
    """

    url: str
    store: ObjectStore
    synthetic: bool
    synthetic_folders: frozenset[str] = frozenset()

    @classmethod
    def open(cls, url: str) -> Inbox:
        """Open an inbox by folder, `file://` or `s3://` URL.

        Raises:
            InboxError: if a folder does not exist, or a provenance file in it says nothing readable.
            StoreError: if the server does not answer.
        """
        try:
            store = open_store(url)
        except InvalidLocation as error:
            raise InboxError(
                f"{url} is no inbox: give a folder or s3://bucket/prefix that holds <feed>/<file>"
            ) from error
        address = urlsplit(store.url)
        if address.scheme == "file" and not Path(unquote(address.path)).is_dir():
            raise InboxError(f"the inbox {unquote(address.path)} is no folder: give a folder that holds <feed>/<file>")
        folders = frozenset(folder for folder in store.folders("") if _is_synthetic(store, f"{folder}/"))
        return cls(store.url, store, _is_synthetic(store), folders)

    @property
    def place(self) -> str:
        """Where it is, as a person would write it."""
        return unquote(urlsplit(self.url).path) if self.scheme == "file" else self.url

    @property
    def scheme(self) -> str:
        """`file` or `s3`: the kinds of source that a contract names."""
        return self.url.partition("://")[0]

    def files(self, scratch: Path, wanted: Callable[[str], bool] = lambda _: True) -> Iterator[InboxFile]:
        """Yield the files in the order of their names.

        Args:
            scratch: a folder for copies of remote files.
            wanted: tells by `<folder>/<file>` which files to fetch; all by default.
        """
        for info in self.store.list():
            parts = info.key.split("/")
            if any(part.startswith(".") for part in parts) or info.key.endswith(_IGNORED_SUFFIXES):
                continue
            folder, name = parts[0], parts[-1]
            if (name == PROVENANCE and len(parts) <= 2) or not wanted(info.key):
                continue
            path = self.store.local_path(info.key)
            if path is None:
                path = self.store.download(info.key, Path(tempfile.mkdtemp(dir=scratch)) / name)
            yield InboxFile(self, info.key, path, self.synthetic or folder in self.synthetic_folders)


def _is_synthetic(store: ObjectStore, folder: str = "") -> bool:
    key = f"{folder}{PROVENANCE}"
    if store.head(key) is None:
        return False
    try:
        synthetic = json.loads(store.get(key))["synthetic"]
    except (ValueError, KeyError, TypeError):
        synthetic = None
    if not isinstance(synthetic, bool):
        raise InboxError(f'{store.url}/{key} must be {{"synthetic": true}} or false')
    return synthetic


def look_through(inboxes: Sequence[Inbox], registry: Registry, scratch: Path, only: str | None = None) -> Found:
    """Look at every file of the inboxes and decide whose it is.

    Args:
        inboxes: in the order in which their files are to be received.
        registry: the contracts.
        scratch: a folder for copies of remote files.
        only: look at the files that this feed may have, and at no others.
    """
    wanted = {} if only is None else {"wanted": lambda name: may_claim(name, registry.feeds[only], registry)}
    claimed: dict[str, list[tuple[InboxFile, Claim]]] = {}
    unclaimed: list[tuple[InboxFile, Unclaimed]] = []
    for inbox in inboxes:
        for file in inbox.files(scratch, **wanted):
            look: Sniffed | IntakeError
            try:
                look = sniff(file.path)
            except IntakeError as error:
                look = error
            except OSError as error:
                # Taken back by its sender since it was listed, or not ours to read: the others go on.
                unclaimed.append((file, Unclaimed(f"it cannot be opened: {error.strerror}")))
                continue
            except Exception as error:
                # A fault of the platform, of which no other file of any inbox shall suffer.
                log.exception("looking at %s failed", file.name)
                told = f"looking at it failed, a fault of the platform ({type(error).__name__}: {error})"
                unclaimed.append((file, Unclaimed(f"{told}: report it with the file; it stays in the inbox")))
                continue
            decision = claim(file.name, look, registry)
            if isinstance(decision, Unclaimed):
                unclaimed.append((file, decision))
            elif inbox.scheme not in registry.feeds[decision.feed].sources:
                unclaimed.append(
                    (file, Unclaimed(f"the contract of {decision.feed} takes no deliveries from {inbox.scheme}://"))
                )
            elif only in (None, decision.feed):
                claimed.setdefault(decision.feed, []).append((file, decision))
    return Found(claimed, unclaimed)
