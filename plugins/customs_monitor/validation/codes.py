"""Codelists and aliases inside the session, as types to cast to and tables to join."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from customs_monitor.contracts import Registry
from customs_monitor.validation.quoting import identifier, literal

#: The number of a text that is no code of its list.
UNKNOWN_CODE = -1

#: A list of at most so many codes is searched from its beginning: up to here, twice as fast as by a hash table.
_SEARCHED = 12

_FIRST_DAY, _LAST_DAY = date(1, 1, 1), date(9999, 12, 31)


class Codes:
    """Makes a list known to the session when it is first asked for."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, registry: Registry) -> None:
        self._connection = connection
        self._registry = registry
        self._made: set[str] = set()

    def enumeration(self, codelist: str) -> str | None:
        """Return the name of a type that has the codes of the list as its values; None for a list without codes.

        Casting to an enumeration is a look-up in a hash table that needs no join.
        """
        codes = list(dict.fromkeys(code.code for code in self._registry.codelists[codelist]))
        if not codes:
            return None
        name = identifier(f"codes of {codelist}")
        if self._is_new(name):
            source = pa.table({"code": pa.array(codes, pa.string())})
            self._connection.register("new_codes", source)
            self._connection.execute(f"CREATE TYPE {name} AS ENUM (SELECT code FROM new_codes)")
            self._connection.unregister("new_codes")
        return name

    def is_code(self, codelist: str, text: str) -> str:
        """Return the SQL condition that a text is a code of the list.

        Args:
            codelist: the list.
            text: SQL text that is not NULL.
        """
        codes = list(self._registry.codelists[codelist].by_code)
        if len(codes) <= _SEARCHED:
            return f"list_contains([{', '.join(literal(code) for code in codes)}]::VARCHAR[], {text})"
        return f"TRY_CAST({text} AS {self.enumeration(codelist)}) IS NOT NULL"

    def is_dated(self, codelist: str) -> bool:
        """Tell whether any code of the list begins or ends."""
        return any(code.valid_from or code.valid_to for code in self._registry.codelists[codelist])

    def periods(self, codelist: str) -> int:
        """Return the most validity periods that a code of the list has."""
        return max((len(found) for found in self._registry.codelists[codelist].by_code.values()), default=1)

    def valid(self, codelist: str, period: int, number: str) -> tuple[str, str]:
        """Return the SQL of the first and last day of a validity period of a code.

        A look-up in a list and no join: whatever is joined, DuckDB's threads hand rows on in any order.

        Args:
            codelist: the list.
            period: from 1; a code with fewer periods, and what is no code, has one that ends before it begins.
            number: SQL of the number of the code (`number`).
        """
        first, last = (f"{name} {period} of {codelist}" for name in ("first days", "last days"))
        if self._is_new(first):
            by_code = self._registry.codelists[codelist].by_code
            within = [found[period - 1] if period <= len(found) else None for found in ((), *by_code.values())]
            for name, days in (
                (first, [_LAST_DAY if code is None else code.valid_from or _FIRST_DAY for code in within]),
                (last, [_FIRST_DAY if code is None else code.valid_to or _LAST_DAY for code in within]),
            ):
                listed = ", ".join(f"'{day.isoformat()}'" for day in days)
                self._connection.execute(f"SET VARIABLE {identifier(name)} = [{listed}]::DATE[]")
        place = f"{number} + {1 - UNKNOWN_CODE}"
        return (
            f"list_extract(getvariable({literal(first)}), {place})",
            f"list_extract(getvariable({literal(last)}), {place})",
        )

    def number(self, codelist: str, text: str) -> str:
        """Return the SQL of the number of a code in `validity`.

        Args:
            codelist: the list.
            text: SQL text.
        """
        type_name = self.enumeration(codelist)
        if type_name is None:
            return str(UNKNOWN_CODE)
        return f"coalesce(enum_code(TRY_CAST({text} AS {type_name}))::INTEGER, {UNKNOWN_CODE})"

    def alias_code(self, name: str, text: str) -> str:
        """Return the SQL of the code that an alias stands for, NULL where the text is none.

        The aliases are the values of an enumeration, whose number is the place of the code: a join would hand the rows
        on in another order than the file's.

        Args:
            name: the list of aliases.
            text: SQL text; matched trimmed and without regard to case.
        """
        found = self._registry.aliases(name)
        if not found:
            return "NULL::VARCHAR"
        enumeration, codes = identifier(f"aliases of {name}"), f"codes of aliases of {name}"
        if self._is_new(enumeration):
            new = {"alias": list(found), "code": list(found.values()), "place": range(len(found))}
            self._connection.register("new_aliases", pa.table(new))
            self._connection.execute(
                f"CREATE TYPE {enumeration} AS ENUM (SELECT alias FROM new_aliases);"
                f"SET VARIABLE {identifier(codes)} = (SELECT list(code ORDER BY place) FROM new_aliases)"
            )
            self._connection.unregister("new_aliases")
        place = f"enum_code(TRY_CAST(lower(trim({text})) AS {enumeration})) + 1"
        return f"list_extract(getvariable({literal(codes)}), {place})"

    def _is_new(self, name: str) -> bool:
        new = name not in self._made
        self._made.add(name)
        return new
