"""The structures of a release: valid SDMX-ML 3.0 that an SDMX program can rely on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import etree
from pysdmx.io import read_sdmx
from pysdmx.io.xml.header import read as read_header

from customs_monitor.release.checks import Reading
from customs_monitor.release.formats.sdmx_ids import STRUCTURES
from customs_monitor.release.structure import write_structures
from customs_monitor.release.structure_check import structures

_PREPARED = datetime(2026, 10, 1, 6, tzinfo=UTC)


@pytest.fixture
def path(contents, registry, release):
    write_structures(contents, registry, release, "20261001T060000Z-9f86d081", _PREPARED)
    return release / STRUCTURES


@pytest.fixture
def found(path):
    """What pysdmx reads, having checked it against the standard's schema."""
    return {item.short_urn: item for item in read_sdmx(path, validate=True).structures}


@pytest.fixture
def problems(contents, registry, release, tmp_path):
    return lambda: list(structures(Reading(contents, release, tmp_path / "restricted"), registry))


def test_it_reads_like_this(path, golden):
    document = etree.parse(path)
    for codelist in document.findall(".//{*}Codelist"):
        # One list shows what all look like; a new code in another changes nothing here.
        if codelist.get("id") != "CL_CRMF_ELEMENT":
            codelist.getparent().remove(codelist)
    golden("structure.xml", etree.tostring(document, encoding="unicode") + "\n")


def test_the_header_has_the_time_of_the_release(path):
    header = read_header(path.read_text(encoding="utf-8"), validate=True)
    assert (header.id, header.prepared, header.sender.id) == ("20261001T060000Z-9f86d081", _PREPARED, "CUSTOMS_MONITOR")


def test_an_indicator_has_a_data_structure_with_dimensions_measure_and_attributes(found):
    structure = found["DataStructure=CUSTOMS_MONITOR:O4_3(1.0)"]
    assert [part.id for part in structure.components.dimensions] == [
        "INDICATOR",
        "FREQ",
        "REF_AREA",
        "CRMF_ELEMENT",
        "MEASURE",
        "TIME_PERIOD",
    ]
    assert [part.id for part in structure.components.measures] == ["OBS_VALUE"]
    attached = {part.id: part.attachment_level for part in structure.components.attributes}
    assert attached == {
        "UNIT_MEASURE": "MEASURE",
        "OBS_STATUS": "O",
        "CONF_STATUS": "O",
        "N_SENDERS": "O",
        "N_EXPECTED": "O",
    }
    assert structure.components["CRMF_ELEMENT"].local_codes.id == "CL_CRMF_ELEMENT"


def test_a_list_has_its_codes_and_the_total_that_the_table_adds(found):
    elements = {code.id: code.name for code in found["Codelist=CUSTOMS_MONITOR:CL_CRMF_ELEMENT(1.0)"]}
    assert elements.keys() == {"_T", "CRC", "PCA", "CRMS"}
    assert elements["_T"] == "Total"


def test_a_long_list_has_the_codes_that_occur(found):
    areas = found["Codelist=CUSTOMS_MONITOR:CL_AREA(1.0)"]
    assert areas.is_partial
    assert {code.id for code in areas} == {"AT", "BE", "EL", "EU27_2020"}


def test_the_constraint_says_what_occurs_and_periods_as_in_the_data(found):
    (constraint,) = [item for urn, item in found.items() if urn.startswith("AvailabilityConstraint")]
    occurring = {key.id: [value.value for value in key.values] for key in constraint.cube_region.key_values}
    assert occurring["TIME_PERIOD"] == ["2018-01-01/P3Y", "2021-01-01/P2Y"]
    assert occurring["MEASURE"] == ["MEAN", "SHARE_3_4", "COUNT_4"]
    assert occurring["CRMF_ELEMENT"] == ["_T", "CRC"]


class TestGate:
    def test_structures_that_describe_the_tables_pass(self, path, problems):
        assert problems() == []

    def test_a_release_without_them_is_caught(self, problems):
        assert problems() == [f"{STRUCTURES} is missing"]

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ('<str:Code id="CRC">', '<str:Code id="CRX">', "CRMF_ELEMENT: CRC is not in CL_CRMF_ELEMENT"),
            ("<str:Value>SHARE_3_4<", "<str:Value>SHARE<", "MEASURE: SHARE, SHARE_3_4 either occurs or is said to"),
            (
                '<str:Attribute usage="mandatory" id="N_EXPECTED">',
                '<str:Attribute usage="mandatory" id="N_OTHER">',
                "N_O",
            ),
            ("<str:Dataflow id=", "<str:Datenfluss id=", "cannot be read back"),
        ],
    )
    def test_what_they_say_wrongly_is_named(self, path, problems, old, new, message):
        text = path.read_text(encoding="utf-8").replace("\t", "")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        assert message in "\n".join(problems())
