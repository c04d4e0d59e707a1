"""The real files: each opens, and yields the rows that its catalogue entry counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from customs_monitor.contracts.formats import (
    CsvFormat,
    ExcelFormat,
    JsonFormat,
    JsonStatFormat,
    SdmxCsvFormat,
    SdmxMlFormat,
)
from customs_monitor.intake import IntakeError, sniff

CSV, EXCEL, JSON = CsvFormat(), ExcelFormat(), JsonFormat()
FILES: list[tuple[str, Any, int, int]] = [
    ("comext/comext_imports_cn8_two_codes_2013_2024.csv", CSV, 1_420, 18),
    ("comext/critical_materials_cn8_mapping_v01.csv", CSV, 66, 7),
    ("comext/easy_comext_export_1995_on.csv", CSV, 390, 11),
    ("comext/easy_comext_export_2016_on_statproc.csv", CSV, 156, 13),
    ("comext/eu_comext_critical_inputs_cn8_2022_2023.csv", CSV, 17_670, 6),
    ("comext/eurostat_comext_total_exports_2010_2019.jsonstat.json", JsonStatFormat(), 45_396, 9),
    ("comext/sdmxcsv_ds045409_ammonia_2023q1.csv", SdmxCsvFormat(), 14, 10),
    ("comtrade/Portugal_top_partners_2003_2023.xlsx", EXCEL, 3_297, 53),
    ("comtrade/comtrade_jp_imports_energy_2022_2024.csv", CSV, 340, 9),
    ("comtrade/comtrade_jp_imports_technology_2022_2024.csv", CSV, 379, 9),
    ("comtrade/comtrade_partner_areas.csv", CSV, 310, 11),
    ("comtrade/comtrade_reporter_areas.csv", CSV, 255, 11),
    ("comtrade/m49_countries.csv", CSV, 303, 7),
    ("fx/eurofxref-hist_to_2023.csv", CSV, 6_402, 42),
    ("fx/eurofxref.csv", CSV, 1, 30),
    ("nomenclature/CN_concordances_1988_2025.xls", EXCEL, 16_962, 3),
    ("nomenclature/cn8_2023_de.csv", CSV, 9_759, 3),
    ("nomenclature/cn8_2023_en.csv", CSV, 9_759, 3),
    ("nomenclature/cn8_2023_fr.csv", CSV, 9_759, 3),
    ("nomenclature/cn_supplementary_units.xlsx", EXCEL, 15_051, 3),
    ("nomenclature/cpa22_hs2022_mapping.tsv", CSV, 5_821, 7),
    ("nomenclature/harmonized-system.csv", CSV, 6_940, 6),
    ("nomenclature/taric10_declarable_codes.xlsx", EXCEL, 25_438, 5),
    ("nomenclature/taric10_nomenclature_bg.xlsx", EXCEL, 25_438, 8),
    ("nomenclature/taric10_nomenclature_de.xlsx", EXCEL, 25_438, 8),
    ("nomenclature/taric10_nomenclature_el.xlsx", EXCEL, 25_438, 8),
    ("nomenclature/taric10_nomenclature_en.xlsx", EXCEL, 25_401, 8),
    ("nomenclature/taric10_nomenclature_fr.xlsx", EXCEL, 25_441, 8),
    ("rasff/RASFF_window_results.xlsx", EXCEL, 902, 14),
    ("rasff/rasff_portal_2020_2023.csv", CSV, 17_528, 8),
    ("rasff/rasff_rss_notifications_all.csv", CSV, 89, 3),
    ("reference/COL-Generic-20250212.json.gz", JsonFormat(records="lists.customsOffices.listEntries.item"), 4_892, 8),
    ("reference/ControlType.json", JSON, 10, 2),
    ("reference/CountryCodesCommunity.json", JSON, 36, 2),
    ("reference/CountryCodesFullList.json", JSON, 265, 2),
    ("reference/CountryCustomsSecurityAgreementArea.json", JSON, 40, 2),
    ("reference/RD_NCTS-P5-20250212.json.gz", JsonFormat(records="lists.*.listEntries.item"), 166_880, 13),
    ("reference/RequestedDocumentType.json", JSON, 107, 2),
    ("reference/TransportModeCode.json", JSON, 8, 2),
    ("reference/controlResult.json", JSON, 9, 2),
    ("reference/eudr_regulation_products.csv", CSV, 533, 16),
    ("reference/officesOfTransit.json", JSON, 319, 2),
    ("safety_gate/safety_gate_alerts_a.csv", CSV, 182, 13),
    ("safety_gate/safety_gate_alerts_b.csv", CSV, 235, 22),
    ("sdmx/ECB_EXR_1_M.USD.EUR.SP00.A.xml", SdmxMlFormat(), 252, 16),
    ("sdmx/ESTAT_CL_FREQ.xml", SdmxMlFormat(message="structure"), 3, 7),
    ("sdmx/ESTAT_GOV_10Q_GGNFA.xml", SdmxMlFormat(message="structure"), 228, 7),
    ("sdmx/ESTAT_apro_mk_cola-structure.xml", SdmxMlFormat(message="structure"), 73, 7),
    ("sdmx/ESTAT_esms-structure.xml", SdmxMlFormat(message="structure"), 2, 7),
]
WITHOUT_ROWS = {"sdmx/ECB_EXR_1_structure.xml": "SDMX_NO_DATA", "sdmx/ESTAT_footer.xml": "SDMX_FOOTER"}
READ_ELSEWHERE = {"ens", "declarations", "taric_xml", "container"}

pytestmark = pytest.mark.shared_data


@pytest.mark.parametrize(("name", "fmt", "rows", "width"), FILES, ids=[file[0] for file in FILES])
def test_a_real_file_yields_its_rows(
    shared_data: Path, read: Callable[..., Any], name: str, fmt: Any, rows: int, width: int
) -> None:
    columns, found, problems = read(shared_data / name, fmt)
    assert problems == []
    assert (len(found), len(columns)) == (rows, width)
    assert sniff(shared_data / name).kind == fmt.type


@pytest.mark.parametrize(("name", "code"), WITHOUT_ROWS.items())
def test_a_real_message_without_rows_says_why(
    shared_data: Path, failure: Callable[..., IntakeError], name: str, code: str
) -> None:
    message = "structure" if code == "SDMX_NO_DATA" else "data"
    assert failure(shared_data / name, SdmxMlFormat(message=message)).code == code


def test_no_real_file_is_left_out(shared_data: Path) -> None:
    known = {file[0] for file in FILES} | WITHOUT_ROWS.keys()
    there = {
        path.relative_to(shared_data).as_posix()
        for path in shared_data.glob("*/**/*")
        if path.is_file() and path.relative_to(shared_data).parts[0] not in READ_ELSEWHERE
    }
    assert there <= known
