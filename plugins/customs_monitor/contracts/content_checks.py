"""Checks of content beyond one file (ESS validation levels 2 to 5): what a figure is compared with, how far off asks.

They ask for an explanation and never refuse: what is unusual may be right.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OtherFigure(_Strict):
    """A figure of another feed, of the same sender (and period, where the feed has it).

    Attributes:
        feed: the other feed.
        value: SQL aggregate over its accepted rows.
        where: SQL condition on its rows.
        sender: the column of its rows that names the Member State, where its senders are not the Member States
            (`declarant` of trade data); None where the delivery's sender is meant.
    """

    feed: _Name
    value: str
    where: str | None = None
    sender: _Name | None = None


class ContentCheck(_Strict):
    """A comparison of a delivery's figures with what else is known.

    Attributes:
        id: stable id of the check; explanations name it.
        against: `own_history`: the sender's own earlier periods (level 2). `other_senders`: the same period of the
            others (level 3); only for figures that do not grow with the size of a Member State. `other_collection`:
            another collection of the sender for the period (level 4). `mirror`: the sender's part of the Union's sum,
            beside its part in another feed (level 4).
        value: SQL aggregate over the accepted rows, like `sum(controls)`.
        per: SQL aggregate to divide it by; the figure is a share then.
        where: SQL condition on the rows.
        groupBy: columns; a figure for each combination of their codes, and none for the total.
        other: the other figure, for `other_collection` and `mirror`.
        factor: how many times as large as the other figure (`other_collection`), or how far apart as a ratio either
            way (`mirror`), is still usual.
        scale: `log` for amounts, whose changes are proportions; `linear` for shares and scores.
        fewest: fewer earlier periods, or other senders, than this are no measure.
        spread: robust deviations (1.4826 times the median absolute deviation) from the median that are still usual;
            3.5 is the usual bound (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993).
        leeway: the least robust deviation, so that a series without any change does not make every change unusual: a
            proportion on the log scale (0.15: 15 %), points on the linear one.
        least: amounts below it on both sides, or shares of less than it, are not asked about.
        severity: never an error.
        level: ESS validation level.
        column: the column shown with the question.
        message, cure: texts; `{group}`, `{value}`, `{lower}`, `{upper}`, `{usual}` and `{compared}` are filled in.
    """

    id: _Name
    against: Literal["own_history", "other_senders", "other_collection", "mirror"]
    value: str
    per: str | None = None
    where: str | None = None
    groupBy: tuple[_Name, ...] = ()
    other: OtherFigure | None = None
    factor: float = Field(default=1.0, gt=0)
    scale: Literal["log", "linear"] = "log"
    fewest: int = Field(default=4, ge=1)
    spread: float = Field(default=3.5, gt=0)
    leeway: float = Field(default=0.15, gt=0)
    least: float = Field(default=20, ge=0)
    severity: Literal["warning", "information"]
    level: Annotated[int, Field(ge=2, le=5)]
    column: _Name
    message: str
    cure: str

    @model_validator(mode="after")
    def _has_what_it_compares_with(self) -> ContentCheck:
        if (self.other is None) != (self.against in ("own_history", "other_senders")):
            raise ValueError("other belongs to other_collection and mirror, and these need it")
        if self.against == "other_senders" and self.per is None and self.scale == "log":
            raise ValueError(
                "only figures that do not grow with the size of a sender compare with other_senders: give per"
            )
        if self.against == "mirror" and (self.groupBy or self.per):
            raise ValueError("mirror compares parts of a sum: neither groupBy nor per")
        if self.against == "other_collection" and self.groupBy:
            raise ValueError("other_collection compares one figure: no groupBy")
        return self
