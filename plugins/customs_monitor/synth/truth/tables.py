"""The expected tables as CSV, in the columns of the published ones."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from .observations import Observation, Value

#: The 44 indicators with their dimensions, SWD(2021) 2, section 4.2.2.
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "o12-1": ("SYSTEM", "WORK_TYPE", "PURPOSE"),
    "o12-2": (),
    "o12-3": ("SYSTEM", "ASPECT", "ACTOR"),
    "o12-4": ("ACT_TYPE",),
    "o12-5": ("OPERATOR_ROLE", "RELEASE"),
    "o12-6": ("FORUM_TOOL_KIND", "FORUM_TOOL_STATUS"),
    "o12-7": ("SYSTEM",),
    "o12-8": ("FORUM_TOOL",),
    "o3-1": ("RISK_TYPE",),
    "o3-2": ("POLICY_AREA", "WORK_TYPE"),
    "o3-3": ("RISK_TYPE",),
    "o3-4": ("DEPARTMENT",),
    "o3-5": ("CONTROL_TYPE", "DECLARATION_TYPE", "DECLARATION_SUBTYPE"),
    "o3-6": ("CONTROL_TYPE", "DECLARATION_TYPE", "DECLARATION_SUBTYPE"),
    "o4-1": ("BORDER_TYPE",),
    "o4-2": ("CRC_POLICY_AREA",),
    "o4-3": ("CRMF_ELEMENT",),
    "o4-4": ("ASPECT", "ACTOR"),
    "o4-5": ("RIF_CATEGORY",),
    "o4-6": ("RIF_CATEGORY",),
    "o4-7": ("CRC_CODE", "MOVEMENT", "HIGH_INTEREST_COUNTRY"),
    "o4-8": (),
    "o4-9": (),
    "o567-1": ("AUTHORITY_AREA", "AGREEMENT_LEVEL"),
    "o567-2": ("ACTION_KIND",),
    "o567-3": ("AEO_TYPE",),
    "o567-4": (),
    "o567-5": (),
    "o567-6": ("COUNTERPART_AREA", "AGREEMENT_STATUS"),
    "o567-7": ("COUNTERPART_AREA", "TRANSPORT_MODE"),
    "o567-8": ("MODEL_KIND", "COUNTERPART_AREA"),
    "o567-9": (),
    "o567-10": ("RISK_AREA",),
    **{f"o567-{number}": () for number in range(11, 20)},
    "o567-20": ("CONTROL_TYPE", "DECLARATION_TYPE"),
    "o567-21": (),
}


def write_tables(folder: Path, observations: Iterable[Observation]) -> None:
    """Write `<indicator>.csv` for each of the 44, those without observations with their header alone."""
    folder.mkdir(parents=True, exist_ok=True)
    by_indicator: dict[str, list[Observation]] = {name: [] for name in DIMENSIONS}
    for observation in observations:
        by_indicator[observation.indicator].append(observation)
    for name, found in by_indicator.items():
        found.sort(key=lambda item: (item.area, item.period, item.key, item.measure))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(
                [
                    "INDICATOR", "FREQ", "REF_AREA", "TIME_PERIOD", *DIMENSIONS[name], "MEASURE", "UNIT_MEASURE",
                    "OBS_VALUE", "OBS_STATUS", "CONF_STATUS", "N_SENDERS", "N_EXPECTED",
                ]
            )  # fmt: skip
            writer.writerows(
                [
                    item.indicator, item.freq, item.area, item.period, *item.key, item.measure, item.unit,
                    _written(item.value), item.status, item.confidentiality, item.n_senders, item.n_expected,
                ]
                for item in found
            )  # fmt: skip


def _written(value: Value | None) -> str:
    if value is None:
        return ""
    return repr(float(value)) if isinstance(value, Fraction) else str(value)
