from __future__ import annotations

import pytest
import sqlalchemy

pytestmark = pytest.mark.rig


def test_the_database_is_empty_and_writable(postgres_url: str) -> None:
    engine = sqlalchemy.create_engine(postgres_url)
    with engine.begin() as connection:
        tables = sqlalchemy.inspect(connection).get_table_names()
        assert tables == []
        connection.execute(sqlalchemy.text("CREATE TEMPORARY TABLE t AS SELECT 1 AS x"))
        assert connection.execute(sqlalchemy.text("SELECT x FROM t")).scalar_one() == 1
    engine.dispose()
