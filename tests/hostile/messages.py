"""XML and JSON: entities, depth, sizes that are promised, figures without end. Feeds that take them get them."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from hostile.case import Case as _Case
from hostile.case import good as _good

_SDMX = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
_XML = '<?xml version="1.0" encoding="UTF-8"?>'


def _message(body: str, *, head: str = _XML, more: str = "") -> str:
    return (
        f'{head}<m:GenericData xmlns:m="{_SDMX}/message" xmlns:c="{_SDMX}/common" xmlns:g="{_SDMX}/data/generic" {more}>'
        '<m:Header><m:ID>x</m:ID><m:Structure structureID="ECB_EXR1" dimensionAtObservation="TIME_PERIOD"/></m:Header>'
        f"<m:DataSet>{body}</m:DataSet></m:GenericData>"
    )


def _series(value: str = "0.88", period: str = "2023-01", currency: str = "GBP") -> str:
    key = {"FREQ": "M", "CURRENCY": currency, "CURRENCY_DENOM": "EUR", "EXR_TYPE": "SP00", "EXR_SUFFIX": "A"}
    values = "".join(f'<g:Value id="{name}" value="{text}"/>' for name, text in key.items())
    return (
        f"<g:Series><g:SeriesKey>{values}</g:SeriesKey><g:Obs>"
        f'<g:ObsDimension value="{period}"/><g:ObsValue value="{value}"/></g:Obs></g:Series>'
    )


_LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)) + "]>"
)


def _declared(document_type: str, body: str = "") -> bytes:
    return _message(body or _series(), head=f"{_XML}{document_type}").encode()


def _elements_by_the_thousand(path: Path) -> None:
    with path.open("w") as file:
        before, after = _message("<!-- here -->").split("<!-- here -->")
        file.write(before)
        file.write("<g:Series>" * 1 + "<g:Obs/>" * 200_000 + "</g:Series>")
        file.write(after)


_GOOD = _message(_series())
_OFFICES = {"messageInformation": {"snapshotDate": "2026-01-01"}, "lists": {"customsOffices": {"listEntries": []}}}


def _offices(entry: str) -> bytes:
    """Return a list of customs offices with one entry as JSON text."""
    return json.dumps(_OFFICES).replace("[]", f"[{entry}]").encode()


def _cube(value: str = "[1, 2]", size: str = "[1, 2]", time: str = '{"2025": 0, "2026": 1}') -> bytes:
    return (
        '{"version": "2.0", "class": "dataset", "label": "x", "source": "x", "id": ["geo", "time"], '
        f'"size": {size}, "value": {value}, "dimension": {{"geo": {{"category": {{"index": {{"AT": 0}}}}}}, '
        f'"time": {{"category": {{"index": {time}}}}}}}, "extension": {{"id": "MADE"}}}}'
    ).encode()


xml = partial(_Case, feed="exchange_rates", file="rates.xml")
offices = partial(_Case, feed="customs_offices", file="offices.json")
cube = partial(_Case, feed="statistical_series", file="series.json")

CASES = (
    _good("sdmx", _GOOD.encode(), feed="exchange_rates", file="rates.xml"),
    _good("sdmx_utf16", _GOOD.replace("UTF-8", "UTF-16").encode("utf-16"), feed="exchange_rates", file="rates.xml"),
    xml(
        "sdmx_xxe", "XML_FORBIDDEN", _declared('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', _series("&e;"))
    ),
    xml("sdmx_xxe_remote", "XML_FORBIDDEN", _declared('<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd">')),
    xml("sdmx_xxe_public", "XML_FORBIDDEN", _declared('<!DOCTYPE x PUBLIC "-//X//" "http://192.0.2.1/x.dtd">')),
    xml(
        "sdmx_parameter_entity",
        "XML_FORBIDDEN",
        _declared('<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'),
    ),
    xml("sdmx_laughs", "XML_FORBIDDEN", _declared(_LAUGHS, _series("&a11;"))),
    xml(
        "sdmx_quadratic",
        "XML_FORBIDDEN",
        _declared(f'<!DOCTYPE x [<!ENTITY e "{"x" * 50_000}">]>', _series("&e;" * 1000)),
    ),
    xml("sdmx_type_far_down", "FORMAT_MISMATCH", _declared(f"<!--{'x' * 70_000}--><!DOCTYPE x>")),
    xml(
        "sdmx_type_in_utf16",
        "XML_FORBIDDEN",
        _message(_series(), head='<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY e "x">]>').encode(
            "utf-16"
        ),
    ),
    xml("sdmx_entity_unknown", "XML_INVALID", _message(_series("&e;")).encode()),
    xml(
        "sdmx_include",
        "",
        _message(_series() + '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>').encode(),
        verdict="accepted",
    ),
    xml(
        "sdmx_stylesheet",
        "",
        _GOOD.replace(_XML, f'{_XML}<?xml-stylesheet href="http://192.0.2.1/x.xsl"?>').encode(),
        verdict="accepted",
    ),
    xml(
        "sdmx_schema_location",
        "",
        _message(
            _series(),
            more='xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="x http://192.0.2.1/x.xsd"',
        ).encode(),
        verdict="accepted",
    ),
    xml("sdmx_deep", "XML_INVALID", _message("<g:x>" * 100_000 + "</g:x>" * 100_000).encode()),
    xml(
        "sdmx_attributes_by_the_hundred_thousand",
        "",
        _message("<g:x " + " ".join(f'a{n}="1"' for n in range(100_000)) + "/>" + _series()).encode(),
        verdict="accepted",
    ),
    xml("sdmx_attribute_of_20_megabytes", "XML_INVALID", _message(_series("9" * 20_000_000)).encode()),
    xml("sdmx_elements_by_the_thousand", "HEADER_EMPTY", _elements_by_the_thousand),
    xml(
        "sdmx_columns_by_the_thousand",
        "TOO_MANY_COLUMNS",
        _message("".join(_series().replace('id="FREQ"', f'id="F{n}"') for n in range(2_100))).encode(),
    ),
    xml("sdmx_cut", "XML_INVALID", _GOOD[:-40].encode()),
    xml("sdmx_two_roots", "XML_INVALID", (_GOOD + "<a/>").encode()),
    xml("sdmx_text_behind", "XML_INVALID", (_GOOD + "more").encode()),
    xml("sdmx_text_before", "HEADER_ONLY LAYOUT_UNKNOWN", ("x" + _GOOD).encode()),
    xml("sdmx_nul", "XML_INVALID", _GOOD.replace("0.88", "0\0.88").encode()),
    xml("sdmx_control_letter", "XML_INVALID", _GOOD.replace("0.88", "0&#1;88").encode()),
    xml("sdmx_encoding_lies", "XML_INVALID", _GOOD.replace(">x<", ">\u00e9<").encode("latin-1")),
    xml("sdmx_encoding_unknown", "FORMAT_MISMATCH", _GOOD.replace("UTF-8", "X-NONE").encode()),
    xml("sdmx_without_data", "SDMX_NO_DATA", _message("").encode()),
    xml("sdmx_other_message", "FORMAT_MISMATCH", f'{_XML}<m:Structure xmlns:m="{_SDMX}/message"/>'.encode()),
    xml("sdmx_other_xml", "FORMAT_MISMATCH", f"{_XML}<a/>".encode()),
    xml("sdmx_web_page", "FORMAT_MISMATCH", b"<!DOCTYPE html><html></html>"),
    xml("sdmx_figure_1e999", "TYPE_DECIMAL", _message(_series("1e999")).encode()),
    xml("sdmx_figure_nan", "MISSING_VALUE", _message(_series("NaN")).encode()),
    xml("sdmx_figure_400_digits", "TYPE_DECIMAL", _message(_series("9" * 400)).encode()),
    xml("sdmx_figure_negative", "OUT_OF_RANGE", _message(_series("-1")).encode()),
    xml("sdmx_period_far", "PERIOD_FUTURE", _message(_series(period="9999-12")).encode()),
    xml("sdmx_period_none", "TYPE_PERIOD", _message(_series(period="2023-13")).encode()),
    xml("sdmx_formula", "CODE_UNKNOWN", _message(_series(currency="=cmd|' /C calc'!A0")).encode()),
    # JSON.
    offices("json_deep_lists", "JSON_TOO_DEEP", b"[" * 100_000 + b"]" * 100_000),
    offices("json_deep_objects", "JSON_TOO_DEEP", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    offices("json_deep_in_an_entry", "JSON_TOO_DEEP", _offices('{"id": ' + "[" * 50_000 + "]" * 50_000 + "}")),
    offices("json_cut", "JSON_INVALID", _offices('{"id": "AT000001"}')[:-10]),
    offices("json_text_behind", "JSON_INVALID", _offices('{"id": "AT000001"}') + b"x"),
    offices("json_two_documents", "JSON_INVALID", _offices('{"id": "AT000001"}') * 2),
    offices("json_without_records", "JSON_NO_RECORDS", _offices("")),
    offices("json_other_shape", "JSON_NO_RECORDS", b'{"a": 1}'),
    offices("json_a_number", "JSON_NO_RECORDS", b"[1]"),
    offices("json_nan", "JSON_INVALID", _offices('{"id": NaN}')),
    offices("json_figure_1e999", "LAYOUT_UNKNOWN OFFICE_HAS_A_ROLE PATTERN_MISMATCH", _offices('{"id": 1e999}')),
    offices("json_figure_of_100000_digits", "NUMBER_TOO_LONG", _offices('{"id": ' + "9" * 100_000 + "}")),
    offices("json_exponent_of_20_digits", "JSON_INVALID", _offices('{"id": 1e99999999999999999999}')),
    offices("json_nul", "LAYOUT_UNKNOWN OFFICE_HAS_A_ROLE PATTERN_MISMATCH", _offices('{"id": "AT\\u0000"}')),
    offices("json_nul_byte", "JSON_INVALID", _offices('{"id": "AT\0"}')),
    offices(
        "json_lone_surrogate", "LAYOUT_UNKNOWN OFFICE_HAS_A_ROLE PATTERN_MISMATCH", _offices('{"id": "AT\\ud800"}')
    ),
    offices("json_latin_bytes", "JSON_INVALID", _offices('{"id": "AT"}').replace(b"AT", b"\xe9")),
    offices("json_key_twice", "LAYOUT_UNKNOWN OFFICE_HAS_A_ROLE", _offices('{"id": "AT000001", "id": "AT000002"}')),
    offices(
        "json_keys_by_the_thousand",
        "TOO_MANY_COLUMNS",
        _offices("{" + ",".join(f'"k{n}": 1' for n in range(2_100)) + "}"),
    ),
    offices("json_key_of_a_megabyte", "LAYOUT_UNKNOWN OFFICE_HAS_A_ROLE", _offices('{"' + "k" * 1_000_000 + '": 1}')),
    offices(
        "json_prototype", "LAYOUT_UNKNOWN OFFICE_HAS_A_ROLE", _offices('{"__proto__": {"x": 1}, "id": "AT000001"}')
    ),
    cube("cube_size_promises", "JSONSTAT_INVALID", _cube(size="[1000000, 1000000]")),
    cube("cube_size_negative", "JSONSTAT_INVALID", _cube(size="[-1, -2]")),
    cube("cube_size_no_number", "JSONSTAT_INVALID", _cube(size='["a", "b"]')),
    cube("cube_size_wrong", "JSONSTAT_INVALID", _cube(size="[1, 3]")),
    cube("cube_size_of_another_number", "JSONSTAT_INVALID", _cube(size="[2]")),
    cube("cube_value_at_10_to_the_30", "JSONSTAT_INVALID", _cube(value='{"1000000000000000000000000000000": 1}')),
    cube("cube_value_at_minus_1", "JSONSTAT_INVALID", _cube(value='{"-1": 1}')),
    cube("cube_value_no_place", "JSONSTAT_INVALID", _cube(value='{"a": 1}')),
    cube(
        "cube_value_is_text",
        "TYPE_DECIMAL VALUE_IS_THERE",
        _cube(value='["=1+1", 2]'),
        verdict="accepted_with_warnings",
    ),
    cube(
        "cube_value_1e999", "TYPE_DECIMAL VALUE_IS_THERE", _cube(value="[1e999, 2]"), verdict="accepted_with_warnings"
    ),
    cube("cube_value_empty", "JSONSTAT_INVALID", _cube(value="[]")),
    cube("cube_value_nested", "TYPE_DECIMAL VALUE_IS_THERE", _cube(value="[[1], [2]]")),
    cube("cube_index_far", "JSONSTAT_INVALID", _cube(time='{"2025": 0, "2026": 4000000000}')),
    cube("cube_index_twice", "JSONSTAT_INVALID", _cube(time='{"2025": 0, "2026": 0}')),
    cube("cube_index_is_text", "JSONSTAT_INVALID", _cube(time='{"2025": "a", "2026": "b"}')),
    cube("cube_deep", "JSON_INVALID", _cube(value="[" * 100_000 + "]" * 100_000)),
    cube("cube_cut", "JSON_INVALID", _cube()[:-100]),
)
