"""The Member States as senders: how each writes its files, and who is late, silent or has nothing to report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from customs_monitor.synth.magnitudes import SIZES
from customs_monitor.synth.world import World

Format = Literal["csv", "xlsx", "sdmx-csv-1", "sdmx-csv-2"]

#: Remarks of officers, in letters that UTF-8 and Windows-1252 both have.
_REMARKS = {
    "AT": "Zahlen geprüft",
    "DE": "Zahlen geprüft, Häufung im März",
    "FR": "chiffres vérifiés, opération ciblée",
    "BE": "chiffres vérifiés / cijfers geverifieerd",
    "LU": "chiffres vérifiés",
    "ES": "cifras comprobadas, campaña especial",
    "PT": "números verificados, operação especial",
    "SE": "siffrorna är kontrollerade",
    "FI": "tarkistettu, määrä on oikea",
    "DK": "tallene er kontrolleret, færre kontroller",
}
_REMARK = "checked; the figure is right"


@dataclass(frozen=True)
class Habit:
    """How a sender writes its files; every way is one that the platform accepts.

    Attributes:
        delimiter, encoding, quote_all, line_end: of delimited text.
        shuffled: whether the columns are in an order of the sender's own.
        lower_movement: whether codes of movements are in lower case.
        greek: whether Greece is GR, as ISO has it.
    """

    format: Format = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    quote_all: bool = False
    line_end: str = "\n"
    shuffled: bool = False
    lower_movement: bool = False
    greek: bool = False

    @property
    def suffix(self) -> str:
        """Of the file's name."""
        return ".xlsx" if self.format == "xlsx" else ".csv"


#: Kinds of files, dealt out to the Member States; the rest writes plain CSV.
_HABITS = (
    *[Habit("xlsx")] * 2,
    Habit("xlsx", shuffled=True),
    *[Habit("sdmx-csv-1")] * 2,
    *[Habit("sdmx-csv-2", encoding="utf-8-sig")] * 2,
    *[Habit(delimiter=";", line_end="\r\n", lower_movement=True)] * 3,
    Habit(delimiter=";", encoding="windows-1252", line_end="\r\n"),
    Habit(delimiter=";", encoding="windows-1252", quote_all=True),
    *[Habit(encoding="windows-1252")] * 2,
    *[Habit(encoding="utf-8-sig", line_end="\r\n")] * 3,
    *[Habit(quote_all=True)] * 2,
    *[Habit(shuffled=True)] * 2,
    *[Habit(lower_movement=True)] * 2,
)
#: The Commission's departments write plain CSV, and some of their registers are workbooks.
WORKBOOK_REGISTERS = frozenset({"it_projects", "fora_tools", "cooperation_models"})


def habits(world: World) -> dict[str, Habit]:
    """Deal the habits out to the Member States."""
    members = sorted(SIZES)
    chance = world.random("habits")
    dealt = [*_HABITS, *[Habit()] * (len(members) - len(_HABITS))]
    chance.shuffle(dealt)
    found = dict(zip(members, dealt, strict=True))
    return found | {"EL": replace(found["EL"], greek=True)}


def register_habit(feed: str) -> Habit:
    """Return how a register of the Commission is written."""
    return Habit("xlsx") if feed in WORKBOOK_REGISTERS else Habit()


def remark(chance: Random, sender: str) -> str | None:
    """Draw an officer's remark on a figure; most have none."""
    return _REMARKS.get(sender, _REMARK) if chance.random() < 0.03 else None
