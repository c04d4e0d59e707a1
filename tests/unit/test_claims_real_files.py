"""Every real file is claimed by exactly one contract, or belongs to a kind that a later issue takes up."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from customs_monitor.collection.claims import Claim, Unclaimed, claim
from customs_monitor.contracts import Registry
from customs_monitor.intake import sniff

pytestmark = pytest.mark.shared_data

#: XML and EDIFACT messages; no feed reads them yet.
_LATER = frozenset({"container", "declarations", "ens", "taric_xml"})

_FEEDS: Mapping[str, str] = {
    "comext/comext_imports_cn8_two_codes_2013_2024.csv": "comext_trade",
    "comext/critical_materials_cn8_mapping_v01.csv": "nomenclature/critical_materials",
    "comext/easy_comext_export_1995_on.csv": "comext_trade",
    "comext/easy_comext_export_2016_on_statproc.csv": "comext_trade",
    "comext/eu_comext_critical_inputs_cn8_2022_2023.csv": "comext_trade",
    "comext/eurostat_comext_total_exports_2010_2019.jsonstat.json": "comext_trade",
    "comext/sdmxcsv_ds045409_ammonia_2023q1.csv": "comext_trade",
    "comtrade/Portugal_top_partners_2003_2023.xlsx": "comtrade_mirror",
    "comtrade/comtrade_jp_imports_energy_2022_2024.csv": "comtrade_mirror",
    "comtrade/comtrade_jp_imports_technology_2022_2024.csv": "comtrade_mirror",
    "comtrade/comtrade_partner_areas.csv": "reference_codes/comtrade_partners",
    "comtrade/comtrade_reporter_areas.csv": "reference_codes/comtrade_reporters",
    "comtrade/m49_countries.csv": "reference_codes/m49",
    "fx/eurofxref-hist_to_2023.csv": "exchange_rates",
    "fx/eurofxref.csv": "exchange_rates",
    "nomenclature/CN_concordances_1988_2025.xls": "nomenclature/concordances",
    "nomenclature/cn8_2023_de.csv": "nomenclature/cn_texts",
    "nomenclature/cn8_2023_en.csv": "nomenclature/cn_texts",
    "nomenclature/cn8_2023_fr.csv": "nomenclature/cn_texts",
    "nomenclature/cn_supplementary_units.xlsx": "nomenclature/supplementary_units",
    "nomenclature/cpa22_hs2022_mapping.tsv": "nomenclature/cpa_correspondence",
    "nomenclature/harmonized-system.csv": "nomenclature/harmonized_system",
    "nomenclature/taric10_declarable_codes.xlsx": "nomenclature/taric_declarable",
    "nomenclature/taric10_nomenclature_bg.xlsx": "nomenclature/taric_lines",
    "nomenclature/taric10_nomenclature_de.xlsx": "nomenclature/taric_lines",
    "nomenclature/taric10_nomenclature_el.xlsx": "nomenclature/taric_lines",
    "nomenclature/taric10_nomenclature_en.xlsx": "nomenclature/taric_lines",
    "nomenclature/taric10_nomenclature_fr.xlsx": "nomenclature/taric_lines",
    "rasff/RASFF_window_results.xlsx": "rasff/window",
    "rasff/rasff_portal_2020_2023.csv": "rasff/portal",
    "rasff/rasff_rss_notifications_all.csv": "rasff/rss",
    "reference/COL-Generic-20250212.json.gz": "customs_offices/col_snapshot",
    "reference/ControlType.json": "reference_codes/single_list",
    "reference/CountryCodesCommunity.json": "reference_codes/single_list",
    "reference/CountryCodesFullList.json": "reference_codes/single_list",
    "reference/CountryCustomsSecurityAgreementArea.json": "reference_codes/single_list",
    "reference/RD_NCTS-P5-20250212.json.gz": "reference_codes/csrd2_snapshot",
    "reference/RequestedDocumentType.json": "reference_codes/single_list",
    "reference/TransportModeCode.json": "reference_codes/single_list",
    "reference/controlResult.json": "reference_codes/single_list",
    "reference/eudr_regulation_products.csv": "nomenclature/eudr_products",
    "reference/officesOfTransit.json": "customs_offices/offices_of_transit",
    "safety_gate/safety_gate_alerts_a.csv": "safety_gate/alerts_with_measures",
    "safety_gate/safety_gate_alerts_b.csv": "safety_gate/alerts_with_barcodes",
    "sdmx/ECB_EXR_1_M.USD.EUR.SP00.A.xml": "exchange_rates",
    "sdmx/ECB_EXR_1_structure.xml": "reference_codes/sdmx_codelists",
    "sdmx/ESTAT_CL_FREQ.xml": "reference_codes/sdmx_codelists",
    "sdmx/ESTAT_GOV_10Q_GGNFA.xml": "reference_codes/sdmx_codelists",
    "sdmx/ESTAT_apro_mk_cola-structure.xml": "reference_codes/sdmx_codelists",
    "sdmx/ESTAT_esms-structure.xml": "reference_codes/sdmx_codelists",
    "sdmx/ESTAT_footer.xml": "statistical_series",
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


def _decided(shared_data: Path, name: str, registry: Registry) -> Claim | Unclaimed:
    return claim(name, sniff(shared_data / name), registry)


@pytest.mark.parametrize(("name", "expected"), sorted(_FEEDS.items()))
def test_the_file_belongs_to_one_feed(shared_data: Path, registry: Registry, name: str, expected: str) -> None:
    decided = _decided(shared_data, name, registry)
    assert isinstance(decided, Claim), decided
    feed, _, layout = expected.partition("/")
    assert decided.feed == feed
    assert decided.fits
    if layout:
        assert decided.layout == layout


def test_no_file_is_left_out(shared_data: Path, registry: Registry) -> None:
    found = {
        path.relative_to(shared_data).as_posix()
        for path in shared_data.rglob("*")
        if path.is_file() and path.name != "README.md"
    }
    unclaimed = {name for name in found - _FEEDS.keys() if isinstance(_decided(shared_data, name, registry), Unclaimed)}
    assert found == unclaimed | _FEEDS.keys()
    assert {name.split("/")[0] for name in unclaimed} == _LATER
