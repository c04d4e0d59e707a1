"""SDMX-CSV and SDMX-ML in their versions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from customs_monitor.contracts.formats import SdmxCsvFormat, SdmxMlFormat
from customs_monitor.intake import IntakeError

Write = Callable[..., Path]
Read = Callable[..., Any]
Failure = Callable[..., IntakeError]

MESSAGE = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
DATA, STRUCTURE = SdmxMlFormat(), SdmxMlFormat(message="structure")


def as_dicts(reading: Any) -> list[dict[str, str]]:
    """Pair names and values, without line numbers and empty values."""
    columns, rows, _ = reading
    return [{n: v for n, v in zip(columns, row[1:], strict=True) if v is not None} for row in rows]


# SDMX-CSV


def test_sdmx_csv_2_keeps_its_structure_columns(write: Write, read: Read) -> None:
    text = "STRUCTURE,STRUCTURE_ID,ACTION,freq,TIME_PERIOD,OBS_VALUE\r\ndataflow,ESTAT:DS(1.0),I,M,2023-01,1.5\r\n"
    columns, rows, _ = read(write(text), SdmxCsvFormat())
    assert columns == ("STRUCTURE", "STRUCTURE_ID", "ACTION", "freq", "TIME_PERIOD", "OBS_VALUE")
    assert rows == [(2, "dataflow", "ESTAT:DS(1.0)", "I", "M", "2023-01", "1.5")]


def test_observations_to_be_deleted_are_no_data(write: Write, read: Read) -> None:
    head = "STRUCTURE,STRUCTURE_ID,ACTION,freq,TIME_PERIOD,OBS_VALUE\n"
    text = head + "".join(
        f"dataflow,X(1.0),{action},M,2023-01,1\n" for action in ("I", "D", "", "R", "d", "Q", "A", "M")
    )
    _, rows, problems = read(write(text), SdmxCsvFormat())
    assert [row[0] for row in rows] == [2, 4, 5, 8, 9]
    assert problems == [("SDMX_ACTION_DELETE", 3), ("SDMX_ACTION_DELETE", 6), ("SDMX_ACTION_UNKNOWN", 7)]


def test_a_column_action_of_version_1_is_the_sender_s_own(write: Write, read: Read) -> None:
    _, rows, problems = read(write("DATAFLOW,ACTION,OBS_VALUE\nESTAT:DS(1.0),D,1\n"), SdmxCsvFormat())
    assert (len(rows), problems) == (1, [])


def test_nothing_but_deletions_are_all_told(write: Write, read: Read) -> None:
    text = "STRUCTURE,STRUCTURE_ID,ACTION: Action,OBS_VALUE\n" + "dataflow,X(1.0),D: Delete,1\n" * 3
    _, rows, problems = read(write(text), SdmxCsvFormat())
    assert rows == []
    assert problems == [("SDMX_ACTION_DELETE", line) for line in (2, 3, 4)]


def test_labels_are_reduced_to_codes(write: Write, read: Read) -> None:
    text = (
        "DATAFLOW,FREQ: Frequency,REF_AREA: Area,TIME_PERIOD: Time,OBS_VALUE: Value,NOTE\n"
        '"ESTAT:DS-045409(1.0): EU trade","M: Monthly","EL: Greece: mainland",2023-01,1.5,"see: note"\n'
    )
    columns, rows, _ = read(write(text), SdmxCsvFormat())
    assert columns == ("DATAFLOW", "FREQ", "REF_AREA", "TIME_PERIOD", "OBS_VALUE", "NOTE")
    assert rows == [(2, "ESTAT:DS-045409(1.0)", "M", "EL", "2023-01", "1.5", "see: note")]


def test_columns_of_labels_are_not_read_even_with_the_name_of_their_component(write: Write, read: Read) -> None:
    text = (
        "STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,freq,Frequency,reporter,REPORTER,TIME_PERIOD,TIME_PERIOD,OBS_VALUE,Value\n"
        'dataflow,ESTAT:DS-045409(1.0),"Trade, by product",M,Monthly,EL,Greece,2023-01,,1.5,\n'
    )
    columns, rows, _ = read(write(text), SdmxCsvFormat())
    assert columns == ("STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "freq", "reporter", "TIME_PERIOD", "OBS_VALUE")
    assert rows == [(2, "dataflow", "ESTAT:DS-045409(1.0)", "Trade, by product", "M", "EL", "2023-01", "1.5")]


def test_without_labels_a_colon_stays_text(write: Write, read: Read) -> None:
    text = "DATAFLOW,FREQ,TITLE,OBS_VALUE\nESTAT:A(1.0),M,Trade: total,1\n"
    assert read(write(text), SdmxCsvFormat())[1] == [(2, "ESTAT:A(1.0)", "M", "Trade: total", "1")]


def test_sub_field_separators_are_no_part_of_a_name(write: Write, read: Read) -> None:
    text = "STRUCTURE[;],STRUCTURE_ID,TITLE[],OBS_VALUE\ndataflow,A:B(1.0),x;y,1\n"
    assert read(write(text), SdmxCsvFormat())[0] == ("STRUCTURE", "STRUCTURE_ID", "TITLE", "OBS_VALUE")


def test_plain_csv_is_no_sdmx_csv(write: Write, failure: Failure) -> None:
    assert failure(write("freq,OBS_VALUE\nM,1\n"), SdmxCsvFormat()).code == "SDMX_CSV_HEADER"


# SDMX-ML data

GENERIC_21 = f"""<?xml version="1.0"?>
<m:GenericData xmlns:m="{MESSAGE}" xmlns:g="generic">
<m:Header><m:Structure structureID="S" dimensionAtObservation="TIME_PERIOD"/></m:Header>
<m:DataSet>
<g:Attributes><g:Value id="SOURCE" value="ECB"/></g:Attributes>
<g:Group type="Sibling"><g:GroupKey><g:Value id="CURRENCY" value="USD"/></g:GroupKey>
<g:Attributes><g:Value id="TITLE" value="dollar"/></g:Attributes></g:Group>
<g:Series>
<g:SeriesKey><g:Value id="FREQ" value="M"/><g:Value id="CURRENCY" value="USD"/></g:SeriesKey>
<g:Attributes><g:Value id="DECIMALS" value="4"/></g:Attributes>
<g:Obs>
<g:ObsDimension value="2024-01"/><g:ObsValue value="1.10"/>
<g:Attributes><g:Value id="OBS_STATUS" value="A"/></g:Attributes></g:Obs>
<g:Obs><g:ObsDimension value="2024-02"/><g:ObsValue value="1.20"/></g:Obs>
</g:Series>
<g:Series>
<g:SeriesKey><g:Value id="FREQ" value="M"/><g:Value id="CURRENCY" value="JPY"/></g:SeriesKey>
<g:Obs><g:ObsDimension value="2024-01"/></g:Obs>
</g:Series>
</m:DataSet></m:GenericData>"""


def test_generic_data(write: Write, read: Read) -> None:
    reading = read(write(GENERIC_21), DATA)
    assert [row[0] for row in reading[1]] == [11, 14, 18]
    dollar = {"FREQ": "M", "CURRENCY": "USD", "SOURCE": "ECB", "TITLE": "dollar", "DECIMALS": "4"}
    assert as_dicts(reading) == [
        dollar | {"TIME_PERIOD": "2024-01", "OBS_VALUE": "1.10", "OBS_STATUS": "A"},
        dollar | {"TIME_PERIOD": "2024-02", "OBS_VALUE": "1.20"},
        {"FREQ": "M", "CURRENCY": "JPY", "SOURCE": "ECB", "TIME_PERIOD": "2024-01"},
    ]


def test_generic_data_without_series(write: Write, read: Read) -> None:
    text = f"""<m:GenericData xmlns:m="{MESSAGE}" xmlns:g="g"><m:DataSet>
    <g:Obs><g:ObsKey><g:Value id="FREQ" value="A"/><g:Value id="TIME_PERIOD" value="2024"/></g:ObsKey>
    <g:ObsValue value="7"/></g:Obs></m:DataSet></m:GenericData>"""
    assert as_dicts(read(write(text), DATA)) == [{"FREQ": "A", "TIME_PERIOD": "2024", "OBS_VALUE": "7"}]


def test_generic_data_2_0(write: Write, read: Read) -> None:
    text = """<GenericData xmlns="http://www.SDMX.org/resources/SDMXML/schemas/v2_0/message" xmlns:g="g"><DataSet>
    <g:Series><g:SeriesKey><g:Value concept="FREQ" value="A"/></g:SeriesKey>
    <g:Obs><g:Time>2024</g:Time><g:ObsValue value="7"/></g:Obs></g:Series></DataSet></GenericData>"""
    assert as_dicts(read(write(text), DATA)) == [{"FREQ": "A", "TIME_PERIOD": "2024", "OBS_VALUE": "7"}]


@pytest.mark.parametrize("root", ["StructureSpecificData", "StructureSpecificTimeSeriesData", "CompactData"])
def test_structure_specific_data(write: Write, read: Read, root: str) -> None:
    text = f"""<m:{root} xmlns:m="{MESSAGE}" xmlns:d="dsd" xmlns:s="ss" xmlns:x="xsi"><m:DataSet s:action="Replace">
    <d:Group x:type="d:Sibling" CURRENCY="USD" TITLE="dollar"/>
    <d:Series FREQ="M" CURRENCY="USD"><d:Obs TIME_PERIOD="2024-01" OBS_VALUE="1.1" OBS_STATUS="A"/>
    <d:Obs TIME_PERIOD="2024-02" OBS_VALUE="1.2"/></d:Series>
    <d:Series FREQ="M" CURRENCY="JPY"><d:Obs TIME_PERIOD="2024-01" OBS_VALUE="160"/></d:Series>
    </m:DataSet></m:{root}>"""
    dollar = {"FREQ": "M", "CURRENCY": "USD", "TITLE": "dollar"}
    assert as_dicts(read(write(text), DATA)) == [
        dollar | {"TIME_PERIOD": "2024-01", "OBS_VALUE": "1.1", "OBS_STATUS": "A"},
        dollar | {"TIME_PERIOD": "2024-02", "OBS_VALUE": "1.2"},
        {"FREQ": "M", "CURRENCY": "JPY", "TIME_PERIOD": "2024-01", "OBS_VALUE": "160"},
    ]


def test_structure_specific_3_0_with_several_values_of_an_attribute(write: Write, read: Read) -> None:
    text = """<m:StructureSpecificData xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v3_0/message"><m:DataSet>
    <Atts SOURCE="ESTAT"/><Series FREQ="A"><Comp id="TITLE"><Value>one</Value><Value>two</Value></Comp>
    <Obs TIME_PERIOD="2024" OBS_VALUE="7"/></Series></m:DataSet></m:StructureSpecificData>"""
    assert as_dicts(read(write(text), DATA)) == [
        {"FREQ": "A", "TITLE": "one; two", "SOURCE": "ESTAT", "TIME_PERIOD": "2024", "OBS_VALUE": "7"}
    ]


FOOTER = '<f:Footer xmlns:f="f"><f:Message code="{}" severity="{}"><Text>{}</Text></f:Message></f:Footer>'


def test_the_servers_come_back_later_is_an_error_with_its_words(write: Write, failure: Failure) -> None:
    footer = FOOTER.format(413, "Infomation", "written to http://example.eu/file")
    error = failure(write(f'<m:GenericData xmlns:m="{MESSAGE}">{footer}</m:GenericData>'), DATA)
    assert error.code == "SDMX_FOOTER"
    assert "413" in error.message
    assert "http://example.eu/file" in error.message


def test_a_footer_beside_data_is_a_problem_or_an_error_by_its_severity(
    write: Write, read: Read, failure: Failure
) -> None:
    remark = GENERIC_21.replace("</m:GenericData>", FOOTER.format(110, "Warning", "cut off") + "</m:GenericData>")
    _, rows, problems = read(write(remark), DATA)
    assert len(rows) == 3
    assert [code for code, _ in problems] == ["SDMX_FOOTER"]
    assert failure(write(remark.replace("Warning", "Error")), DATA).code == "SDMX_FOOTER"


def test_an_error_message(write: Write, failure: Failure) -> None:
    text = f'<m:Error xmlns:m="{MESSAGE}"><m:ErrorMessage code="100"><Text>No results</Text></m:ErrorMessage></m:Error>'
    error = failure(write(text), DATA)
    assert (error.code, "No results" in error.message) == ("SDMX_FOOTER", True)


# SDMX-ML structures


def test_code_lists_of_three_versions(write: Write, read: Read) -> None:
    text = f"""<m:Structure xmlns:m="{MESSAGE}" xmlns:s="s" xmlns:c="c"><m:Structures><s:Codelists>
    <s:Codelist id="CL_A" agencyID="ESTAT" version="1.0"><c:Name xml:lang="en">list</c:Name>
    <s:Code id="1"><c:Name xml:lang="en">one</c:Name><c:Name xml:lang="fr">un</c:Name></s:Code>
    <s:Code id="11"><c:Name xml:lang="en">eleven</c:Name><s:Parent><Ref id="1"/></s:Parent></s:Code>
    <s:Code id="12"><s:Parent>1</s:Parent></s:Code></s:Codelist>
    <s:CodeList id="CL_B" agencyID="ESTAT" version="2.0">
    <s:Code value="X" parentCode="Y"><s:Description xml:lang="en">old</s:Description></s:Code></s:CodeList>
    </s:Codelists></m:Structures></m:Structure>"""
    columns, rows, _ = read(write(text), STRUCTURE)
    assert columns == ("agency", "codelist", "version", "code", "parent", "language", "name")
    assert [row[1:] for row in rows] == [
        ("ESTAT", "CL_A", "1.0", "1", None, "en", "one"),
        ("ESTAT", "CL_A", "1.0", "1", None, "fr", "un"),
        ("ESTAT", "CL_A", "1.0", "11", "1", "en", "eleven"),
        ("ESTAT", "CL_A", "1.0", "12", "1", None, None),
        ("ESTAT", "CL_B", "2.0", "X", "Y", "en", "old"),
    ]


def test_a_structure_message_without_code_lists_says_what_it_holds(write: Write, failure: Failure) -> None:
    text = f'<m:Structure xmlns:m="{MESSAGE}"><DataStructure id="A"/></m:Structure>'
    error = failure(write(text), STRUCTURE)
    assert error.code == "SDMX_NO_DATA"
    assert "1 DataStructure" in error.message


# Hostile XML

BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {n} "&{p};&{p};&{p};&{p};">' for p, n in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b"a,b\n1,2\n", "FORMAT_MISMATCH"),
        (b"PK\x03\x04", "FORMAT_MISMATCH"),
        (b"<other/>", "FORMAT_MISMATCH"),
        (GENERIC_21[: len(GENERIC_21) // 2].encode(), "XML_INVALID"),
        (b"<GenericData/>", "SDMX_NO_DATA"),
        ((BOMB + "<GenericData>&i;</GenericData>").encode(), "XML_FORBIDDEN"),
        ((BOMB + "<GenericData>&i;</GenericData>").encode("utf-16"), "XML_FORBIDDEN"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><GenericData/>', "XML_FORBIDDEN"),
        (b"<!--" + b" " * 100_000 + b"--><!DOCTYPE a []><GenericData/>", "XML_FORBIDDEN"),
        (b"<GenericData>" + b"<a>" * 1000, "XML_INVALID"),
    ],
)
def test_hostile_and_broken_xml(write: Write, failure: Failure, content: bytes, code: str) -> None:
    assert failure(write(content), DATA).code == code


def test_a_long_message_keeps_its_line_numbers(write: Write, read: Read) -> None:
    rows = "\n".join(f'<Obs FREQ="A" OBS_VALUE="{number}"/>' for number in range(70_000))
    _, read_rows, _ = read(write(f"<CompactData><DataSet>\n{rows}\n</DataSet></CompactData>"), DATA)
    assert read_rows[60_000] == (60_002, "A", "60000")
    assert read_rows[-1][1:] == ("A", "69999")
    assert read_rows[-1][0] in (70_001, 70_002)  # libxml2 is exact up to line 65,535
