"""One store and one inbox, and runs of collection over them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from customs_monitor.collection.inbox import Inbox, look_through
from customs_monitor.collection.judging import judge_waiting
from customs_monitor.collection.landing import land_files
from customs_monitor.collection.records import JudgingOutcome, LandingOutcome
from customs_monitor.contracts import Registry
from customs_storage import ObjectStore
from customs_storage.layout import Layout

RATES = "Date,USD,JPY,\n2023-12-29,1.105,156.33,\n2023-12-28,1.1114,157.07,\n"
SURVEY = "cycle,question_id,item,category,respondents,respondents_total,source\n" + "".join(
    f"2018-2020,o4-3,_Z,{category},{respondents},26,2.4.3.7\n"
    for category, respondents in (("1", 0), ("2", 0), ("3", 14), ("4", 11), ("NO_REPLY", 1))
)


@dataclass
class Collection:
    """One store and one inbox, and a run over them."""

    store: ObjectStore
    layout: Layout
    registry: Registry
    inbox: Path
    scratch: Path
    runs: int = 0

    def deliver(self, name: str, content: str | bytes) -> Path:
        """Put a file into the inbox."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return path

    def run(self, feed: str) -> tuple[LandingOutcome, JudgingOutcome]:
        """Land and judge what is in the inbox for the feed."""
        self.runs += 1
        scratch = self.scratch / str(self.runs)
        scratch.mkdir()
        run_id = f"run-{self.runs}"
        found = look_through([Inbox.open(str(self.inbox))], self.registry, scratch, only=feed)
        landed = land_files(self.store, self.layout, self.registry, feed, found.claimed.get(feed, []), run_id)
        return landed, judge_waiting(self.store, self.layout, self.registry, feed, run_id, scratch)

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        """Return the objects of the store below a prefix, with their bytes."""
        return {info.key: self.store.get(info.key) for info in self.store.list(prefix)}
