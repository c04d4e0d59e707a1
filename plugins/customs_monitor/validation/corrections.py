"""Known errors of a source, corrected: `expectations/corrections/<feed>.yml`.

A correction is applied to the mapped texts, before they are typed, and every corrected cell is listed. It has a guard:
where it should apply and matches nothing, that is reported, since the source may have been mended.
"""

from __future__ import annotations

import fnmatch
from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from customs_monitor.contracts import Contract, Layout, Project
from customs_monitor.contracts.documents import DocumentError, read_yaml
from customs_monitor.contracts.model import Identifier
from customs_monitor.validation.columns import before, corrected
from customs_monitor.validation.quoting import identifier, literal


class Correction(BaseModel):
    """One known error of a source.

    Attributes:
        reason: what is wrong at the source, and how the right value is known.
        since: the day the correction was decided.
        source: where the error is documented or was found.
        layouts: the layouts it is for; all when empty.
        file: a glob pattern of the file names it is for; all when absent.
        delivery_sha256: the one delivery it is for.
        match: SQL condition over the mapped texts, by property.
        set: the right text by property; null empties it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Identifier
    reason: str
    since: date
    source: str
    layouts: tuple[Identifier, ...] = ()
    file: str | None = None
    delivery_sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    match: str
    set: dict[Identifier, str | None] = Field(min_length=1)

    def applies_to(self, layout: Layout, file_name: str, sha256: str) -> bool:
        """Tell whether the correction is for a delivery."""
        return (
            (not self.layouts or layout.id in self.layouts)
            and (self.file is None or fnmatch.fnmatchcase(file_name.casefold(), self.file.casefold()))
            and self.delivery_sha256 in (None, sha256)
        )


class _CorrectionFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    corrections: tuple[Correction, ...]


def load_corrections(project: Project, contract: Contract) -> tuple[Correction, ...]:
    """Load the corrections of a feed; none if it has no file.

    Raises:
        DocumentError: if the file does not fit the model or the contract.
    """
    path = project.expectations / "corrections" / f"{contract.id}.yml"
    if not path.is_file():
        return ()
    found = read_yaml(path, _CorrectionFile).corrections
    names = {item.name for item in contract.schema_.properties}
    layouts = {layout.id for layout in contract.layouts}
    ids = [correction.id for correction in found]
    problems = [f"corrections/{path.name}: {name}: is given twice" for name in sorted(set(ids)) if ids.count(name) > 1]
    for correction in found:
        problems += [
            f"corrections/{path.name}: {correction.id}: {what} {name}, which the contract does not have"
            for what, unknown in (
                ("sets", correction.set.keys() - names),
                ("names the layout", set(correction.layouts) - layouts),
            )
            for name in sorted(unknown)
        ]
    if problems:
        raise DocumentError(problems)
    return found


def apply_corrections(mapped: str, corrections: tuple[Correction, ...]) -> str:
    """Return the SQL of the mapped rows with corrected texts; the texts before stay beside them.

    Where two corrections match the same cell, the later one in the file decides.
    """
    if not corrections:
        return mapped
    matches = ", ".join(
        f"coalesce(TRY({correction.match}), false) AS {corrected(number)}"
        for number, correction in enumerate(corrections)
    )
    changed = sorted({name for correction in corrections for name in correction.set})
    replaced = []
    for name in changed:
        branches = " ".join(
            f"WHEN {corrected(number)} THEN {literal(correction.set[name])}"
            for number, correction in reversed(list(enumerate(corrections)))
            if name in correction.set
        )
        replaced.append(f"CASE {branches} ELSE {identifier(name)} END AS {identifier(name)}")
    kept = ", ".join(f"{identifier(name)} AS {before(name)}" for name in changed)
    return f"SELECT * REPLACE ({', '.join(replaced)}), {kept} FROM (SELECT *, {matches} FROM ({mapped}))"
