"""All contracts of a project with what they refer to, checked together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from customs_monitor.contracts.codelists import Codelists
from customs_monitor.contracts.concepts import Concept, load_concepts
from customs_monitor.contracts.documents import DocumentError, read_yaml
from customs_monitor.contracts.model import Contract
from customs_monitor.contracts.periods import last_day
from customs_monitor.contracts.project import Project
from customs_monitor.contracts.rules import Rule, load_rules
from customs_monitor.contracts.validity import expand

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Registry:
    """Contracts, concepts, codelists and rules of one project."""

    project: Project
    feeds: Mapping[str, Contract]
    concepts: Mapping[str, Concept]
    codelists: Codelists

    @classmethod
    def load(cls, project: Project | None = None) -> Registry:
        """Load and cross-check everything.

        Raises:
            DocumentError: all problems of all files at once, each with file, line and key.
        """
        project = project or Project.locate()
        problems: list[str] = []
        concepts: dict[str, Concept] = {}
        try:
            concepts = load_concepts(project.expectations / "concepts")
        except DocumentError as error:
            problems += error.problems
        feeds: dict[str, Contract] = {}
        for path in sorted(project.feeds.glob("*.yml")):
            try:
                contract = read_yaml(path, Contract)
            except DocumentError as error:
                problems += error.problems
                continue
            if contract.id != path.stem:
                problems.append(f"feeds/{path.name}:1: id: is {contract.id}; it must be the name of the file")
            feeds[contract.id] = contract
        codelists = Codelists(project.codelists)
        for feed, contract in feeds.items():
            try:
                feeds[feed] = _with_validity(contract, codelists)
            except DocumentError as error:
                problems += error.problems
        registry = cls(project, feeds, concepts, codelists)
        if not problems:
            problems = registry._loose_ends()
        if problems:
            raise DocumentError(problems)
        return registry

    def _loose_ends(self) -> list[str]:
        """Return the references of contracts and concepts that lead nowhere."""
        problems = [
            f"concepts: {name}: codelist: there is no cl_{concept.codelist}.csv in {self.codelist_home}"
            for name, concept in self.concepts.items()
            if concept.codelist and concept.codelist not in self.codelists
        ]
        aliases = {(f"concepts: {name}", concept.aliases) for name, concept in self.concepts.items()}
        for feed, contract in self.feeds.items():
            place = f"feeds/{feed}.yml"
            problems += [
                f"{place}: schema.properties: {item.name}: is no concept; add it to expectations/concepts/"
                for item in contract.schema_.properties
                if item.name not in self.concepts
            ]
            if contract.senders.codelist and contract.senders.codelist not in self.codelists:
                problems.append(f"{place}: senders.codelist: there is no cl_{contract.senders.codelist}.csv")
            problems += [
                f"{place}: schema.contentChecks.{check.id}.other.feed: there is no feed {check.other.feed}"
                for check in contract.schema_.contentChecks
                if check.other is not None and check.other.feed not in self.feeds
            ]
            aliases |= {
                (f"{place}: layouts.{layout.id}.mapping.{name}", mapping.aliases)
                for layout in contract.layouts
                for name, mapping in layout.mapping.items()
            }
        problems += [
            f"{place}: aliases: there is no alias_{name}.csv in {self.codelist_home}"
            for place, name in sorted(aliases, key=str)
            if name and not self.codelists.alias_paths(name)
        ]
        return problems

    @property
    def collections(self) -> Mapping[str, Contract]:
        """The contracts of what Member States are asked for, by feed."""
        return {feed: contract for feed, contract in self.feeds.items() if contract.is_collection}

    @property
    def codelist_home(self) -> str:
        """The folder of the codelists, as a person would look for it."""
        return self.project.codelists.relative_to(self.project.root).as_posix()

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """The rules every contract has, by code."""
        return load_rules(self.project.expectations / "rules.yml")

    def aliases(self, name: str) -> Mapping[str, str]:
        """Return a list of aliases, in lower case to match without regard to case, and the codes they stand for."""
        return self.codelists.aliases(name)

    def arrow_schema(self, feed: str) -> pa.Schema:
        """Return the Arrow schema of the accepted rows of a feed.

        After the contract's columns come those of lineage: `_delivery_id` and `_line_number`, the physical line (the
        sheet row, the number of the record) in the file as received.
        """
        import pyarrow as pa  # DAG files load contracts and must not pay for Arrow

        contract = self.feeds[feed]
        return pa.schema(
            [
                pa.field(item.name, self.concepts[item.name].arrow_type, not item.required)
                for item in contract.schema_.properties
            ]
            + [pa.field("_delivery_id", pa.string(), False), pa.field("_line_number", pa.int64(), False)]
        )

    def expected_senders(self, feed: str, period: str) -> tuple[str, ...]:
        """Return who is expected to deliver the feed for the period.

        Where the contract names a codelist, these are its codes valid on the period's last day (the EU's
        composition by date, say).
        """
        senders = self.feeds[feed].senders
        if senders.codelist is None:
            return senders.codes
        return self.codelists[senders.codelist].valid_codes(last_day(period) or date.max)


def _with_validity(contract: Contract, codelists: Codelists) -> Contract:
    """Return the contract with what its rules ask of codelists written out."""
    quality = tuple(
        rule.model_copy(
            update={
                part: expand(text, codelists, f"feeds/{contract.id}.yml: schema.quality.{rule.id}.{part}")
                for part, text in (("check", rule.check), ("when", rule.when))
                if text is not None
            }
        )
        for rule in contract.schema_.quality
    )
    checks = tuple(
        check.model_copy(
            update={
                "other": check.other.model_copy(
                    update={
                        "where": expand(
                            check.other.where,
                            codelists,
                            f"feeds/{contract.id}.yml: schema.contentChecks.{check.id}.other.where",
                        )
                    }
                )
            }
        )
        if check.other is not None and check.other.where is not None
        else check
        for check in contract.schema_.contentChecks
    )
    schema = contract.schema_.model_copy(update={"quality": quality, "contentChecks": checks})
    return contract.model_copy(update={"schema_": schema})
