"""Text to typed values: strict, so that no text is read as something its sender did not write.

A figure has digits, an optional sign and one decimal mark; no thousands separators, blanks, units or exponents
(exponents are read where the concept is a floating `number`). More decimals than the concept has are rounded half away
from zero. Dates are ISO 8601 calendar dates of the years 1000 to 9999 or what the mapping's formats say. A text that
does not fit gives NULL, which the rules report.
"""

from __future__ import annotations

from decimal import Decimal

from customs_monitor.contracts import Concept, Mapping
from customs_monitor.validation.patterns import matches
from customs_monitor.validation.quoting import literal

#: Decimals that a figure keeps before it is multiplied with a factor.
_FACTOR_SCALE = 12
#: Digits of the widest decimal that DuckDB keeps in 64 bits.
_NARROW = 18

_DATE = "[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
_TIME = "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
_OFFSET = "Z|[+-][0-9]{2}(:[0-9]{2})?"
#: How nearly all times are written: looked for first, since it costs less.
_USUAL_TIME = f"{_DATE}[T ][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}"

_STRPTIME_WORDS = {
    "%Y": "YYYY",
    "%y": "YY",
    "%m": "MM",
    "%-m": "M",
    "%d": "DD",
    "%-d": "D",
    "%B": "month name",
    "%b": "month (three letters)",
    "%H": "hh",
    "%M": "mm",
    "%S": "ss",
    "%f": "ffffff",
    "%p": "AM/PM",
    "%I": "hh",
    "%z": "+hhmm",
}
_PERIOD_WORDS = {"A": "YYYY", "Q": "YYYY-Qn", "M": "YYYY-MM", "D": "YYYY-MM-DD", "cycle": "YYYY-YYYY"}


def typed(concept: Concept, mapping: Mapping | None, text: str) -> str:
    """Return the SQL of the typed value.

    Args:
        concept: what the value is.
        mapping: how this layout writes it; None where it does not fill the property.
        text: SQL of the mapped text.
    """
    match concept.logicalType:
        case "integer":
            return _integer(text, mapping)
        case "decimal":
            return _decimal(text, mapping, concept)
        case "number":
            return _number(text, mapping)
        case "date":
            return _date(text, mapping)
        case "timestamp":
            return _timestamp(text, mapping)
        case "boolean":
            lower = f"lower({text})"
            return f"CASE WHEN {lower} IN ('true', '1') THEN true WHEN {lower} IN ('false', '0') THEN false END"
        case "period":
            return _period(text, concept)
        case _:
            return text


def is_text(concept: Concept) -> bool:
    """Tell whether the value of a concept is its text, whatever it says."""
    return typed(concept, None, "text") == "text"


def type_code(concept: Concept) -> str | None:
    """Return the code of the rule that a text of the wrong type breaks; None where every text is right."""
    return {
        "integer": "TYPE_INTEGER",
        "decimal": "TYPE_DECIMAL",
        "number": "TYPE_DECIMAL",
        "date": "TYPE_DATE",
        "timestamp": "TYPE_TIMESTAMP",
        "boolean": "TYPE_BOOLEAN",
        "period": "TYPE_PERIOD",
    }.get(concept.logicalType)


def expected_form(concept: Concept, mapping: Mapping | None) -> str:
    """Tell the sender how the value is to be written."""
    formats = mapping.dateFormats if mapping else ()
    match concept.logicalType:
        case "decimal" | "number":
            comma = mapping is not None and mapping.decimalComma
            return (
                "a figure with a decimal comma, like 1234,5" if comma else "a figure with a decimal point, like 1234.5"
            )
        case "date" if not formats:
            return "YYYY-MM-DD"
        case "timestamp" if not formats:
            return "YYYY-MM-DDThh:mm:ss"
        case "date" | "timestamp":
            return " or ".join(_in_words(item) for item in formats)
        case "period":
            return " or ".join(_PERIOD_WORDS[frequency] for frequency in concept.frequencies)
        case "integer":
            return "a whole number, like 1234"
        case "boolean":
            return "true or false"
        case _:
            return "text"


def number_literal(value: float) -> str:
    """Return a bound or factor as an exact SQL decimal."""
    return format(Decimal(repr(value)).normalize(), "f")


def bound(concept: Concept, value: float) -> str:
    """Return a bound in the type of the concept, if it can be; comparing two types would convert every row."""
    exact = Decimal(repr(value))
    literal_text = format(exact.normalize(), "f")
    decimals = max(0, -int(exact.normalize().as_tuple().exponent))
    if concept.logicalType == "number":
        return f"CAST({literal_text} AS DOUBLE)"
    if concept.logicalType == "integer":
        return literal_text
    fits = decimals <= concept.scale and abs(exact) < Decimal(10) ** (concept.precision - concept.scale)
    return f"CAST({literal_text} AS {concept.duckdb_type})" if fits else literal_text


def _in_words(strptime: str) -> str:
    for code in sorted(_STRPTIME_WORDS, key=len, reverse=True):
        strptime = strptime.replace(code, _STRPTIME_WORDS[code])
    return strptime


def _plain(text: str, mapping: Mapping | None, characters: str) -> tuple[str, str]:
    """Return the condition that only these characters occur, and the text with a decimal point.

    Searching for another character is the cheapest strict check there is; the cast then judges the order. The first
    character of the set may be a hyphen, which stands for itself there.
    """
    if mapping is not None and mapping.decimalComma:
        return f"NOT {text} GLOB '*[!{characters.replace('.', ',')}]*'", f"replace({text}, ',', '.')"
    return f"NOT {text} GLOB '*[!{characters}]*'", text


def _scaled(text: str, factor: float) -> str:
    exact = Decimal(repr(factor))
    _, digits, exponent = exact.as_tuple()
    scale = max(0, -int(exponent))
    width = max(len(digits) + max(0, int(exponent)), scale + 1)
    return (
        f"TRY(TRY_CAST({text} AS DECIMAL(38,{_FACTOR_SCALE})) * CAST({format(exact, 'f')} AS DECIMAL({width},{scale})))"
    )


def _factor(mapping: Mapping | None) -> float | None:
    return mapping.factor if mapping is not None else None


def _integer(text: str, mapping: Mapping | None) -> str:
    factor = _factor(mapping)
    if factor is None:
        strict, plain = _plain(text, None, "-+0-9")
        return f"CASE WHEN {strict} THEN TRY_CAST({plain} AS BIGINT) END"
    strict, plain = _plain(text, mapping, "-+.0-9")
    product = _scaled(plain, factor)
    return f"CASE WHEN {strict} AND {product} = trunc({product}) THEN TRY_CAST({product} AS BIGINT) END"


def _decimal(text: str, mapping: Mapping | None, concept: Concept) -> str:
    strict, plain = _plain(text, mapping, "-+.0-9")
    factor = _factor(mapping)
    value = plain if factor is None else _scaled(plain, factor)
    cast = f"TRY_CAST({value} AS {concept.duckdb_type})"
    if factor is None and concept.precision > _NARROW >= concept.scale:
        # Reading a text as a decimal of 128 bits takes 100 times longer than as one of 64, which nearly all fit.
        cast = f"coalesce(TRY_CAST({value} AS DECIMAL({_NARROW},{concept.scale}))::{concept.duckdb_type}, {cast})"
    return f"CASE WHEN {strict} THEN {cast} END"


def _number(text: str, mapping: Mapping | None) -> str:
    strict, plain = _plain(text, mapping, "-+.0-9eE")
    factor = _factor(mapping)
    value = f"TRY_CAST({plain} AS DOUBLE)" + (f" * CAST({number_literal(factor)} AS DOUBLE)" if factor else "")
    return f"CASE WHEN {strict} AND isfinite({value}) THEN {value} END"


def _by_format(text: str, formats: tuple[str, ...]) -> str:
    parsed = f"try_strptime({text}, [{', '.join(literal(item) for item in formats)}])"
    # %Y also reads the year 24; nobody reports on the first century.
    return f"CASE WHEN year({parsed}) BETWEEN 1000 AND 9999 THEN {parsed} END"


def _date(text: str, mapping: Mapping | None) -> str:
    if mapping is not None and mapping.dateFormats:
        return f"CAST({_by_format(text, mapping.dateFormats)} AS DATE)"
    return f"CASE WHEN {matches(text, _DATE)} THEN TRY_CAST({text} AS DATE) END"


def _timestamp(text: str, mapping: Mapping | None) -> str:
    if mapping is not None and mapping.dateFormats:
        return f"CAST({_by_format(text, mapping.dateFormats)} AS TIMESTAMP)"
    # A time with an offset becomes UTC, in which the session runs; one without is kept as it is written, which is read
    # seven times faster without the calendar of time zones.
    return (
        f"CASE WHEN {matches(text, _USUAL_TIME)} OR {matches(text, f'{_DATE}([T ]{_TIME})?')} "
        f"THEN TRY_CAST({text} AS TIMESTAMP) "
        f"WHEN {matches(text, f'{_DATE}[T ]{_TIME}({_OFFSET})')} "
        f"THEN CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP) END"
    )


def _period(text: str, concept: Concept) -> str:
    # As for dates: nobody reports on the first millennium, and the year 0 is none.
    conditions = [matches(text, concept.period_pattern or ""), f"{text} >= '1000'"]
    if "D" in concept.frequencies:
        conditions.append(f"(length({text}) <> 10 OR TRY_CAST({text} AS DATE) IS NOT NULL)")
    if "cycle" in concept.frequencies:
        conditions.append(f"(length({text}) <> 9 OR right({text}, 4) > left({text}, 4))")
    return f"CASE WHEN {' AND '.join(conditions)} THEN {text} END"


def last_day_of_period(text: str) -> str:
    """Return the SQL of the last day of a period that was found to be one."""
    return (
        f"CASE length({text}) "
        f"WHEN 4 THEN TRY_CAST({text} || '-12-31' AS DATE) "
        f"WHEN 9 THEN TRY_CAST(right({text}, 4) || '-12-31' AS DATE) "
        f"WHEN 10 THEN TRY_CAST({text} AS DATE) "
        f"WHEN 7 THEN last_day(CASE WHEN {text}[6] = 'Q' "
        f"THEN make_date(TRY_CAST(left({text}, 4) AS INTEGER), 3 * TRY_CAST({text}[7] AS INTEGER), 1) "
        f"ELSE TRY_CAST({text} || '-01' AS DATE) END) END"
    )
