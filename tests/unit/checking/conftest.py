"""One pool for the tests of a worker: a zygote takes seconds to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from customs_monitor.checking import CheckPool


@pytest.fixture(scope="session")
def pool() -> Iterator[CheckPool]:
    with CheckPool(workers=2) as started:
        yield started
