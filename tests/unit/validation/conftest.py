"""A small project to judge deliveries by: one contract, made from a few lines."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from customs_monitor.contracts import Contract, Project, Registry
from customs_monitor.validation.judge import Delivery, Judgement, judge
from customs_storage.hashing import sha256_of

RULES = Path(__file__).resolve().parents[3] / "expectations" / "rules.yml"
RECEIVED = datetime(2026, 5, 15, 12, tzinfo=UTC)

#: A line, a column, a value and a code: what a sender needs to find an error.
Found = tuple[int | None, str | None, str | None, str]


@dataclass(frozen=True)
class Judged:
    """A judgement with what it rests on, opened up."""

    judgement: Judgement
    delivery: Delivery
    contract: Contract
    source: Path

    @property
    def issues(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(self.judgement.issues).to_pylist()
        return rows

    @property
    def found(self) -> list[Found]:
        return [(issue["line"], issue["column"], issue["value"], issue["code"]) for issue in self.issues]

    @property
    def accepted(self) -> list[dict[str, Any]]:
        if self.judgement.accepted is None:
            return []
        rows: list[dict[str, Any]] = pq.read_table(self.judgement.accepted).to_pylist()
        return rows

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.accepted]


class Workshop:
    """Makes a project and judges texts by it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._scratch = root / "scratch"
        self._judged = 0

    def registry(
        self,
        concepts: Mapping[str, Mapping[str, Any]],
        *,
        properties: Sequence[Mapping[str, Any]] | None = None,
        quality: Sequence[Mapping[str, Any]] = (),
        layout: Mapping[str, Any] | None = None,
        codelists: Mapping[str, str] | None = None,
        aliases: Mapping[str, str] | None = None,
        corrections: Sequence[Mapping[str, Any]] = (),
        **contract: Any,
    ) -> Registry:
        """Make a project with one contract `made` whose columns are the concepts, unless said otherwise."""
        expectations, lists = self._root / "expectations", self._root / "dbt_project" / "seeds" / "codelists"
        for folder in (expectations / "feeds", expectations / "concepts", expectations / "corrections", lists):
            folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(RULES, expectations / "rules.yml")
        _write(
            expectations / "concepts" / "made.yml",
            {
                "concepts": {
                    name: {"label": name, "definition": f"the {name}"} | item for name, item in concepts.items()
                }
            },
        )
        for name, text in (codelists or {}).items():
            (lists / f"cl_{name}.csv").write_text("code,label,valid_from,valid_to\n" + text, encoding="utf-8")
        for name, text in (aliases or {}).items():
            (lists / f"alias_{name}.csv").write_text("alias,code\n" + text, encoding="utf-8")
        if corrections:
            _write(expectations / "corrections" / "made.yml", {"corrections": list(corrections)})
        names = [item["name"] for item in properties] if properties else list(concepts)
        _write(
            expectations / "feeds" / "made.yml",
            {
                "apiVersion": "v3.1.0",
                "kind": "DataContract",
                "id": "made",
                "name": "Made for a test",
                "version": "1.0.0",
                "status": "active",
                "domain": "made",
                "description": {"purpose": "tests"},
                "sourceSystem": "s",
                "owner": "o",
                "legalBasis": "l",
                "licence": "l",
                "cadence": "monthly",
                "senders": {"codes": ["DE"]},
                "onError": "refuse_rows",
                "since": RECEIVED.date(),
                "schema": {
                    "properties": list(properties) if properties else [{"name": name} for name in names],
                    "quality": list(quality),
                },
                "layouts": [
                    {
                        "id": "only",
                        "title": "t",
                        "claims": {"path": ["made/*"]},
                        "format": {"type": "csv", "delimiter": ","},
                        "sender": {"constant": "DE"},
                        "period": {"constant": "2026-Q1"},
                        "mapping": {name: name for name in names},
                    }
                    | dict(layout or {})
                ],
            }
            | contract,
        )
        return Registry.load(Project(self._root))

    def judge(
        self, registry: Registry, text: str | bytes, *, previous: Path | None = None, name: str = "d.csv", **other: Any
    ) -> Judged:
        """Judge a delivery of this text; `other` replaces attributes of the delivery."""
        self._judged += 1
        folder = self._scratch / str(self._judged)
        folder.mkdir(parents=True)
        source = folder / name
        source.write_bytes(text.encode() if isinstance(text, str) else text)
        contract = registry.feeds["made"]
        delivery = replace(
            Delivery("made", "d1", "DE", "2026-Q1", RECEIVED, name, sha256_of(source)),
            **other,
        )
        judgement = judge(source, delivery, contract, contract.layouts[0], registry, folder / "out", previous)
        return Judged(judgement, delivery, contract, source)


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)
