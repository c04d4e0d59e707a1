"""The specification of every indicator, read from the YAML beside its model."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from customs_monitor.collection.preview import TouchedIndicator
from customs_monitor.contracts import Project
from customs_monitor.contracts.documents import DocumentError, read_yaml

IndicatorId = Annotated[str, Field(pattern=r"^o\d+-\d+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Assumption(_Strict):
    """Where the official definition is not public: what we take it to be, and since when."""

    since: date
    text: str


class Validity(_Strict):
    """The periods the definition is for; open where it says nothing."""

    from_: str | None = Field(default=None, alias="from")
    to: str | None = None


class Racer(_Strict):
    """A self-assessment of the indicator, one honest line per criterion.

    Relevant, accepted, credible, easy to monitor and robust (SWD(2021) 2, glossary).
    """

    relevant: str
    accepted: str
    credible: str
    easy: str
    robust: str


class Chart(_Strict):
    """How the indicator is best drawn.

    Attributes:
        kind: `bars` one bar per value of `x`; `stacked` bars split by measure; `line` over time.
        measures: what is drawn.
        x: the column along the axis.
    """

    kind: Literal["bars", "stacked", "line"]
    measures: tuple[str, ...] = Field(min_length=1)
    x: str


class IndicatorSpec(_Strict):
    """What an indicator is, as `config.meta` of its model says it.

    Attributes:
        id: as in the framework (SWD(2021) 2, section 4.2.2).
        title: the official title, word for word.
        unit: the official unit in words.
        dimensions, measures: SDMX ids, in the order of the columns and of reading.
        frequency: SDMX frequency, or `cycle` for the strategy's reporting cycle (A2, A3 by its length).
        audience: who may see the figures.
        restricted_to: where they are restricted, for whom they are: ends the sentence “for ...” on the page.
        coverage_threshold: share of the expected senders below which the figure is flagged; nothing is removed.
        version: of the definition, not of the data.
        successor: the indicator that takes its place after the end of its validity.
        intervention: its box in the intervention logic: what it stands for between the actions and their effects.
    """

    id: IndicatorId
    title: str
    level: Literal["output", "result", "outcome"]
    purpose: str
    definition: str
    formula: str
    unit: str
    dimensions: tuple[str, ...]
    measures: tuple[str, ...] = Field(min_length=1)
    frequency: Literal["A", "Q", "cycle"]
    stock_flow: Literal["stock", "flow", "score"]
    source_feeds: tuple[str, ...] = Field(min_length=1)
    audience: Literal["public", "restricted"]
    restricted_to: str = ""
    coverage_threshold: float = Field(ge=0, le=1)
    assumptions: tuple[Assumption, ...]
    interpretation: str
    limits: str
    # Releases made before these were asked for are still read; the models of today must have them (tests/repo).
    intervention: str = ""
    racer: Racer | None = None
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    validity: Validity
    successor: IndicatorId | None
    chart: Chart

    @model_validator(mode="after")
    def _restricted_to_somebody(self) -> Self:
        if (self.audience == "restricted") != bool(self.restricted_to.strip()):
            raise ValueError("restricted_to says for whom the figures are if the audience is restricted, and only then")
        return self

    @property
    def table(self) -> str:
        """The name of the model and table (Spark allows no hyphen)."""
        return self.id.replace("-", "_")


class _Config(BaseModel):
    meta: IndicatorSpec


class _Model(BaseModel):
    name: str
    config: _Config


class _ModelFile(BaseModel):
    """The part of a dbt properties file that is ours; the rest of its vocabulary is checked by dbt."""

    models: tuple[_Model]


def load_specs(project: Project | None = None) -> dict[str, IndicatorSpec]:
    """Load the specification of every indicator that has a model, by id in the order of the framework.

    Raises:
        DocumentError: all problems of all files, with file, line and key; also where a file, its model and its id do
            not agree, or the SQL is missing.
    """
    folder = (project or Project.locate()).dbt / "models" / "indicators"
    problems: list[str] = []
    specs: list[IndicatorSpec] = []
    for path in sorted(folder.glob("*/*.yml")):
        try:
            model = read_yaml(path, _ModelFile).models[0]
        except DocumentError as error:
            problems += error.problems
            continue
        problems += _misnamed(path, model)
        specs.append(model.config.meta)
    known = {path.stem for path in folder.glob("*/*.yml")}
    problems += [
        f"{path.parent.name}/{path.name}:1: has no {path.stem}.yml beside it"
        for path in sorted(folder.glob("*/*.sql"))
        if path.stem not in known
    ]
    if problems:
        raise DocumentError(problems)
    return {spec.id: spec for spec in sorted(specs, key=lambda spec: _rank(spec.id))}


def indicators_by_feed(specs: Iterable[IndicatorSpec]) -> dict[str, list[TouchedIndicator]]:
    """Return the indicators that rest on each feed, as their sources say, in the order of the framework."""
    found: dict[str, list[TouchedIndicator]] = {}
    for spec in specs:
        for feed in spec.source_feeds:
            found.setdefault(feed, []).append(TouchedIndicator(id=spec.id, title=spec.title))
    return found


def _misnamed(path: Path, model: _Model) -> list[str]:
    spec, place = model.config.meta, f"{path.parent.name}/{path.name}:1"
    problems = []
    if not model.name == spec.table == path.stem:
        problems.append(f"{place}: the file, the model {model.name} and meta.id {spec.id} must have one name")
    if not path.with_suffix(".sql").is_file():
        problems.append(f"{place}: has no {path.stem}.sql beside it")
    return problems


def _rank(indicator: str) -> tuple[int, int]:
    group, number = indicator.removeprefix("o").split("-")
    # o12 o3 o4 o567: the objectives in their order, which is that of their first digit.
    return int(group[0]), int(number)
