"""A synthetic EU on disk: inboxes, what they lead to, and what is wrong in them."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from customs_monitor.contracts import Registry
from customs_monitor.synth.defects import Defect, Draft, Planter
from customs_monitor.synth.files import Columns
from customs_monitor.synth.magnitudes import AUTHORISATIONS, SIZES
from customs_monitor.synth.nil import nil_return
from customs_monitor.synth.plan import Delivery, planned, rows_of
from customs_monitor.synth.revisions import revised
from customs_monitor.synth.senders import habits, register_habit
from customs_monitor.synth.truth import Account, Ledger, write_tables
from customs_monitor.synth.world import Row, SynthError, World, quarters_between

#: The inboxes by wave.
_FOLDERS = {1: "inbox", 2: "wave2"}
_DEFECTS = "defects.csv"


@dataclass(frozen=True)
class Made:
    """What was synthesised.

    Attributes:
        deliveries: number of files.
        rows: of all of them together.
        defects: all that was planted.
    """

    deliveries: int
    rows: int
    defects: tuple[Defect, ...]


def synthesise(
    registry: Registry,
    out: Path,
    seed: int,
    first: str,
    last: str,
    rows: int | None = None,
    defects: float = 0.0,
    members: Collection[str] | None = None,
) -> Made:
    """Write `inbox/`, `wave2/` and `truth/`; the same arguments give the same bytes.

    Args:
        registry: the contracts, for columns, codes and who is expected.
        out: a folder that is empty or not there.
        seed: of all that is drawn.
        first: the first quarter.
        last: the last quarter; the years and reporting cycles that the quarters touch are delivered, too.
        rows: entries of the AEO register, to which risk profiles and forms keep their proportion.
        defects: share of the deliveries that are bad at first.
        members: the Member States that ever report, all by default; the others are expected all the same.

    Raises:
        SynthError: if the arguments make no sense.
    """
    world = World(
        seed,
        quarters_between(first, last),
        AUTHORISATIONS if rows is None else rows,
        frozenset(SIZES if members is None else members),
        registry,
    )
    if world.authorisations < 1:
        raise SynthError(f"{rows} rows are too few: give 1 or more")
    if not world.members:
        raise SynthError("nobody would report: name one Member State or more")
    if not 0 <= defects <= 1:
        raise SynthError(f"{defects} is no share: give a number from 0 to 1")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SynthError(f"{out} is not empty: name a new folder, so that nothing of another run is left in it")
    for folder in _FOLDERS.values():
        (out / folder).mkdir(parents=True)
        (out / folder / "provenance.json").write_text(json.dumps({"synthetic": True}) + "\n", encoding="utf-8")

    maker = _Maker(world, out)
    plan = planned(world, defects)
    for delivery in plan:
        maker.make(delivery, warned=defects > 0)
    for wave in _FOLDERS:
        write_tables(out / "truth" / f"wave{wave}", maker.ledger.observations(wave))
    _write_defects(out / "truth" / _DEFECTS, maker.defects)
    return Made(len(plan), maker.rows, tuple(maker.defects))


class _Maker:
    """Makes one delivery after the other, and keeps account of what they lead to."""

    def __init__(self, world: World, out: Path) -> None:
        self.world = world
        self.ledger = Ledger()
        self.defects: list[Defect] = []
        self.rows = 0
        self._out = out
        self._habits = habits(world)
        self._planter = Planter(world)

    def make(self, delivery: Delivery, *, warned: bool) -> None:
        """Write a delivery; what is accepted of it goes into the account."""
        feed = delivery.feed
        habit = self._habits.get(delivery.sender) or register_habit(feed)
        columns = Columns.of(self.world.registry, feed, habit, self.world.random("columns", feed, delivery.sender))
        name = f"{_FOLDERS[delivery.wave]}/{feed}/{delivery.stem}{habit.suffix}"
        path = self._out / name
        path.parent.mkdir(exist_ok=True)
        draft = Draft(delivery, name, path, columns, habit)
        rows = self._rows(delivery)
        if delivery.kind == "bad":
            self.defects += self._planter.spoil(draft, list(rows))
            return
        account = self.ledger.delivery(feed, delivery.period, delivery.sender, delivery.wave)
        if not warned or delivery.kind == "nil":
            draft.write(self._counted(rows, account))
            return
        rows = self._planter.warned(draft, rows, self.defects)
        draft.write(self._planter.repeated(draft, self._counted(rows, account), self.defects))

    def _rows(self, delivery: Delivery) -> Iterator[Row]:
        if delivery.kind == "nil":
            return iter([nil_return(delivery.feed, delivery.period, delivery.sender)])
        rows = rows_of(self.world, delivery)
        if not delivery.revision:
            return rows
        chance = self.world.random("revision", delivery.feed, delivery.period, delivery.sender)
        return revised(delivery.feed, rows, chance)

    def _counted(self, rows: Iterable[Row], account: Account) -> Iterator[Row]:
        for row in rows:
            self.rows += 1
            account.add(row)
            yield row


def _write_defects(path: Path, defects: Iterable[Defect]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "line", "column", "rule", "value"])
        for item in defects:
            writer.writerow([item.file, "" if item.line is None else item.line, item.column, item.rule, item.value])
