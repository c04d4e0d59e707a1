"""The concept registry: every column of the platform, with its one meaning, type and unit.

A contract or an indicator names a concept and adds nothing to its meaning. The idea is that of an SDMX concept
scheme (SDMX 3.0, section 2, "Concept Scheme").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from customs_monitor.contracts.documents import DocumentError, read_yaml

if TYPE_CHECKING:
    import pyarrow as pa

LogicalType = Literal["string", "code", "integer", "decimal", "number", "date", "timestamp", "boolean", "period"]

#: Patterns of the reporting periods, by SDMX frequency code (SDMX 3.0, section 6, "Time and Time Formatting").
PERIOD_PATTERNS: Mapping[str, str] = {
    "A": r"\d{4}",
    "Q": r"\d{4}-Q[1-4]",
    "M": r"\d{4}-(0[1-9]|1[0-2])",
    "D": r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])",
    "cycle": r"\d{4}-(19|20)\d{2}",
}
PeriodFrequency = Literal["A", "Q", "M", "D", "cycle"]


class Concept(BaseModel):
    """One concept; the same name means the same thing in the same unit everywhere.

    Attributes:
        logicalType: the type, as the Open Data Contract Standard 3 calls it, with `code` and `period` added.
        unit: the unit of measure (EUR, kg, ...) for quantities.
        codelist: for `code`, the list `cl_<codelist>.csv` the value is in.
        aliases: a list of accepted other spellings, `cl_<aliases>.csv` with columns alias and code.
        frequencies: for `period`, the SDMX frequencies it may have.
        minimum, maximum: inclusive bounds of a quantity.
        pattern: regular expression that the whole text meets.
        examples: texts that meet the pattern; senders are shown these, not the expression.
        upper: upper-case the text before it is judged (codes typed in any case).
        sdmx: the id of the SDMX cross-domain concept it is, where there is one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str
    definition: str
    logicalType: LogicalType
    unit: str | None = None
    codelist: str | None = None
    aliases: str | None = None
    frequencies: tuple[PeriodFrequency, ...] = ()
    precision: int = Field(default=20, ge=1, le=38)
    scale: int = Field(default=3, ge=0, le=18)
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    examples: tuple[str, ...] = ()
    maxLength: int | None = Field(default=None, ge=1)
    upper: bool = False
    sdmx: str | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> Concept:
        if self.codelist and self.logicalType != "code":
            raise ValueError("a codelist belongs to a concept of logicalType code")
        if self.logicalType == "period" and not self.frequencies:
            raise ValueError("a period names its frequencies: A, Q, M, D or cycle")
        if (self.minimum is not None or self.maximum is not None) and not self.is_quantity:
            raise ValueError("minimum and maximum belong to integer, decimal and number")
        unlike = [text for text in self.examples if self.pattern is None or not re.fullmatch(self.pattern, text)]
        if unlike:
            raise ValueError(f"examples show what meets the pattern; these do not: {', '.join(unlike)}")
        return self

    @property
    def is_quantity(self) -> bool:
        """Whether the value is a figure that can be added or compared."""
        return self.logicalType in ("integer", "decimal", "number")

    @property
    def arrow_type(self) -> pa.DataType:
        """The Arrow type of the column in accepted Parquet."""
        import pyarrow as pa  # DAG files load contracts and must not pay for Arrow

        match self.logicalType:
            case "integer":
                return pa.int64()
            case "decimal":
                return pa.decimal128(self.precision, self.scale)
            case "number":
                return pa.float64()
            case "date":
                return pa.date32()
            case "timestamp":
                return pa.timestamp("us")
            case "boolean":
                return pa.bool_()
            case _:
                return pa.string()

    @property
    def duckdb_type(self) -> str:
        """The DuckDB type of the column."""
        match self.logicalType:
            case "integer":
                return "BIGINT"
            case "decimal":
                return f"DECIMAL({self.precision},{self.scale})"
            case "number":
                return "DOUBLE"
            case "date":
                return "DATE"
            case "timestamp":
                return "TIMESTAMP"
            case "boolean":
                return "BOOLEAN"
            case _:
                return "VARCHAR"

    @property
    def period_pattern(self) -> str | None:
        """The regular expression a period matches whole, None for other types."""
        if not self.frequencies:
            return None
        return "|".join(f"({PERIOD_PATTERNS[frequency]})" for frequency in self.frequencies)


class _ConceptFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    concepts: dict[str, Concept]


def load_concepts(folder: Path) -> dict[str, Concept]:
    """Load every `<domain>.yml` of the folder.

    Raises:
        DocumentError: if a file is wrong, or two files define the same concept.
    """
    concepts: dict[str, Concept] = {}
    origin: dict[str, str] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.yml")):
        try:
            found = read_yaml(path, _ConceptFile).concepts
        except DocumentError as error:
            problems += error.problems
            continue
        for name, concept in found.items():
            if name in concepts:
                problems.append(f"{path.name}: {name}: is defined in {origin[name]} already; a concept has one home")
            concepts[name], origin[name] = concept, path.name
    if problems:
        raise DocumentError(problems)
    return concepts
