"""Codelists with validity dates: `cl_<name>.csv`, the one file that serves dbt and Python.

A list may also be the union of others (`unions.yml` in the same folder): its codes are theirs, and each code keeps its
one line in one file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from customs_monitor.contracts.documents import DocumentError, read_yaml

_PREFIX = "cl_"
_ALIAS_PREFIX = "alias_"


@dataclass(frozen=True)
class Code:
    """One code in one validity period; `valid_from` and `valid_to` are inclusive, None is open."""

    code: str
    label: str
    valid_from: date | None = None
    valid_to: date | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)

    def is_valid(self, on: date) -> bool:
        """Tell whether the code is valid on the day."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)

    def overlaps(self, other: Code) -> bool:
        """Tell whether there is a day on which both are valid."""
        return (other.valid_to is None or self.valid_from is None or self.valid_from <= other.valid_to) and (
            self.valid_to is None or other.valid_from is None or other.valid_from <= self.valid_to
        )


@dataclass(frozen=True)
class Codelist:
    """A list of codes; a code may come back with another validity period or label."""

    name: str
    path: Path
    codes: tuple[Code, ...]

    @cached_property
    def by_code(self) -> Mapping[str, tuple[Code, ...]]:
        """The validity periods of each code."""
        grouped: dict[str, tuple[Code, ...]] = {}
        for code in self.codes:
            grouped[code.code] = (*grouped.get(code.code, ()), code)
        return grouped

    def valid_codes(self, on: date) -> tuple[str, ...]:
        """Return the codes valid on the day, in the order of the file."""
        return tuple(code.code for code in self.codes if code.is_valid(on))

    def label(self, code: str, on: date | None = None) -> str | None:
        """Return the label of the code (of the last period, or of the one valid on the day), None if unknown."""
        found = [item for item in self.by_code.get(code, ()) if on is None or item.is_valid(on)]
        return found[-1].label if found else None

    def __contains__(self, code: object) -> bool:
        return code in self.by_code

    def __iter__(self) -> Iterator[Code]:
        return iter(self.codes)


def _day(text: str, place: str, problems: list[str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems.append(f"{place}: {text!r} is no date; write YYYY-MM-DD or leave it empty")
        return None


def load_codelist(path: Path) -> Codelist:
    """Load one codelist.

    Args:
        path: CSV with the columns code, label, valid_from, valid_to and any others, which become attributes.

    Raises:
        DocumentError: all problems at once, with their lines.
    """
    problems: list[str] = []
    codes: list[Code] = []
    periods: dict[str, list[Code]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        missing = {"code", "label", "valid_from", "valid_to"} - set(reader.fieldnames or ())
        if missing:
            raise DocumentError([f"{path.name}:1: the columns {', '.join(sorted(missing))} are missing"])
        for row in reader:
            place = f"{path.name}:{reader.line_num}"
            attributes = {
                key: value for key, value in row.items() if key not in ("code", "label", "valid_from", "valid_to")
            }
            if None in attributes or None in attributes.values():
                problems.append(f"{place}: the line does not have the header's number of fields")
                continue
            code = Code(
                code=row["code"],
                label=row["label"],
                valid_from=_day(row["valid_from"], place, problems),
                valid_to=_day(row["valid_to"], place, problems),
                attributes=attributes,
            )
            if not code.code:
                problems.append(f"{place}: the code is empty")
            if code.valid_from and code.valid_to and code.valid_to < code.valid_from:
                problems.append(f"{place}: {code.code} ends before it starts")
            if any(code.overlaps(other) for other in periods.setdefault(code.code, [])):
                problems.append(f"{place}: {code.code} is valid twice at the same time")
            periods[code.code].append(code)
            codes.append(code)
    if problems:
        raise DocumentError(problems)
    return Codelist(path.stem.removeprefix(_PREFIX), path, tuple(codes))


class _Unions(BaseModel):
    model_config = ConfigDict(extra="forbid")

    unions: dict[str, tuple[str, ...]]


def _load_unions(folder: Path, names: Mapping[str, Path]) -> dict[str, tuple[str, ...]]:
    path = folder / "unions.yml"
    if not path.is_file():
        return {}
    unions = read_yaml(path, _Unions).unions
    problems = [
        f"unions.yml: {union}: there is no cl_{name}.csv"
        for union in unions
        for name in unions[union]
        if name not in names
    ]
    problems += [f"unions.yml: {union}: is a file of its own, too" for union in unions if union in names]
    if problems:
        raise DocumentError(problems)
    return unions


class Codelists(Mapping[str, Codelist]):
    """The codelists of a folder, each read when it is first asked for (some have a hundred thousand codes)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths = {path.stem.removeprefix(_PREFIX): path for path in sorted(folder.glob(f"{_PREFIX}*.csv"))}
        self._unions = _load_unions(folder, self._paths)
        self._loaded: dict[str, Codelist] = {}
        self._aliases: dict[str, Mapping[str, str]] = {}

    def __getitem__(self, name: str) -> Codelist:
        if name not in self._loaded:
            self._loaded[name] = self._union(name) if name in self._unions else load_codelist(self._paths[name])
        return self._loaded[name]

    def _union(self, name: str) -> Codelist:
        parts = [self[part] for part in self._unions[name]]
        twice = {code for part in parts for code in part.by_code if sum(code in other for other in parts) > 1}
        if twice:
            raise DocumentError([f"unions.yml: {name}: {', '.join(sorted(twice))} is in more than one of its lists"])
        return Codelist(name, self._folder / "unions.yml", tuple(code for part in parts for code in part))

    def __contains__(self, name: object) -> bool:
        return name in self._paths or name in self._unions

    def __iter__(self) -> Iterator[str]:
        return iter((*self._paths, *self._unions))

    def __len__(self) -> int:
        return len(self._paths) + len(self._unions)

    def paths(self, name: str) -> tuple[Path, ...]:
        """Return the files of a list: one, or those of the lists it unites."""
        return tuple(self._paths[part] for part in self._unions.get(name, (name,)))

    def alias_paths(self, name: str) -> tuple[Path, ...]:
        """Return the files `alias_<name>.csv` of a list of aliases that exist; a union has those of its lists."""
        found = (self._folder / f"{_ALIAS_PREFIX}{part}.csv" for part in self._unions.get(name, (name,)))
        return tuple(path for path in found if path.is_file())

    def aliases(self, name: str) -> Mapping[str, str]:
        """Return a list of aliases, `alias_<name>.csv` with the columns alias and code: from lower case to codes."""
        if name not in self._aliases:
            found: dict[str, str] = {}
            for path in self.alias_paths(name):
                with path.open(encoding="utf-8", newline="") as lines:
                    found |= {row["alias"].lower(): row["code"] for row in csv.DictReader(lines)}
            self._aliases[name] = found
        return self._aliases[name]
