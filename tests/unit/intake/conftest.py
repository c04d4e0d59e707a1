"""Short ways to write a file and to read it back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from customs_monitor.contracts.formats import CsvFormat
from customs_monitor.intake import DEFAULT_LIMITS, IntakeError, Limits, open_table

Reading = tuple[tuple[str, ...], list[tuple[Any, ...]], list[tuple[str, int]]]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(content: bytes | str, name: str = "delivery.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def read() -> Callable[..., Reading]:
    """Read a whole file: its columns, its rows (line number first), and the code and line of its problems."""

    def read(path: Path, fmt: Any = None, limits: Limits = DEFAULT_LIMITS) -> Reading:
        table = open_table(path, fmt or CsvFormat(), limits)
        rows = [tuple(row.values()) for batch in table.batches() for row in batch.to_pylist()]
        return table.columns, rows, [(problem.code, problem.line) for problem in table.problems]

    return read


@pytest.fixture
def failure(read: Callable[..., Reading]) -> Callable[..., IntakeError]:
    """Read a file that cannot be read, and return why."""

    def failure(path: Path, fmt: Any = None, limits: Limits = DEFAULT_LIMITS) -> IntakeError:
        with pytest.raises(IntakeError) as caught:
            read(path, fmt, limits)
        assert caught.value.message
        assert caught.value.cure
        return caught.value

    return failure
