"""The declaration feed's rules judged by Great Expectations on pandas: what the one-pass SQL is measured against."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from customs_monitor.bench.declarations import FEED
from customs_monitor.contracts import Contract, Registry
from customs_monitor.contracts.concepts import Concept
from customs_monitor.validation.casts import type_code
from customs_monitor.validation.expectations import ExpectationFailed

if TYPE_CHECKING:
    import pandas as pd

#: The contract's own rules in pandas, over typed columns; True where a row is right or there is nothing to judge.
_ROW_RULES = {
    "gross_not_below_net": "gross_mass_kg >= net_mass_kg",
    "released_after_acceptance": "release_at >= acceptance_date",
    "duty_not_above_value": "duty_eur <= statistical_value_eur",
    "unit_value_plausible": "statistical_value_eur <= 100000 * net_mass_kg + 10000000",
    "export_has_destination": "destination_country != origin_country",
}


def read_with_pandas(file: Path, registry: Registry) -> Mapping[str, int]:
    """Judge a file of declarations.

    Args:
        file: CSV as `declarations.generate` writes it.
        registry: the bench's registry.

    Returns:
        Unexpected rows by rule, 0 for a rule that none breaks; the rules have the names of the one-pass SQL.

    Raises:
        ExpectationFailed: if an expectation could not be evaluated, which is no verdict.
    """
    import great_expectations as gx
    import pandas as pd

    contract = registry.feeds[FEED]
    text = pd.read_csv(file, dtype=str, keep_default_na=False, na_values=[""])
    frame = text.add_suffix("__text").copy()
    for item in contract.schema_.properties:
        frame[item.name] = _typed(text[item.name], registry.concepts[item.name])
    expectations = list(_expectations(contract, registry, frame))
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    batch = (
        context.data_sources.add_pandas("bench")
        .add_dataframe_asset("declarations")
        .add_batch_definition_whole_dataframe("all")
        .get_batch({"dataframe": frame})
    )
    suite = gx.ExpectationSuite(name="declarations", expectations=expectations)
    counts: dict[str, int] = {}
    for result in batch.validate(suite, result_format="BASIC").results:
        rule = result.expectation_config.meta["rule"]
        if result.exception_info.get("raised_exception") is not False:
            raise ExpectationFailed(f"{rule} could not be evaluated on pandas: {result.exception_info}")
        counts[rule] = int(result.result["unexpected_count"])
    return counts


def _typed(text: pd.Series[str], concept: Concept) -> Any:
    import pandas as pd

    match concept.logicalType:
        case "integer" | "decimal" | "number":
            return pd.to_numeric(text, errors="coerce")
        case "date":
            return pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
        case "timestamp":
            return pd.to_datetime(text, format="%Y-%m-%d %H:%M:%S", errors="coerce")
        case "boolean":
            return text.map({"true": True, "false": False})
        case "period":
            return text.where(text.str.fullmatch(concept.period_pattern or ""))
        case _:
            return text


def _expectations(contract: Contract, registry: Registry, frame: pd.DataFrame) -> Any:
    from great_expectations import expectations as gxe

    for item in contract.schema_.properties:
        name, concept = item.name, registry.concepts[item.name]
        given = f"{name}__text"
        if item.required:
            yield gxe.ExpectColumnValuesToNotBeNull(column=given, meta={"rule": f"{name}.missing_value"})
        if (wrong_type := type_code(concept)) is not None:
            yield gxe.ExpectColumnValuesToNotBeNull(
                column=name,
                row_condition=f"{given}.notnull()",
                condition_parser="pandas",
                meta={"rule": f"{name}.{wrong_type.lower()}"},
            )
        if concept.minimum is not None or concept.maximum is not None:
            yield gxe.ExpectColumnValuesToBeBetween(
                column=name,
                min_value=concept.minimum,
                max_value=concept.maximum,
                meta={"rule": f"{name}.out_of_range"},
            )
        if concept.codelist is not None:
            codes = sorted({code.code for code in registry.codelists[concept.codelist]})
            if concept.aliases is not None:
                frame[given] = frame[given].str.lower().map(registry.aliases(concept.aliases)).fillna(frame[given])
            yield gxe.ExpectColumnValuesToBeInSet(column=given, value_set=codes, meta={"rule": f"{name}.code_unknown"})
        if concept.pattern is not None:
            yield gxe.ExpectColumnValuesToMatchRegex(
                column=given, regex=f"^(?:{concept.pattern})$", meta={"rule": f"{name}.pattern_mismatch"}
            )
        if concept.maxLength is not None:
            yield gxe.ExpectColumnValueLengthsToBeBetween(
                column=given, max_value=concept.maxLength, meta={"rule": f"{name}.text_too_long"}
            )
    yield from _validity(contract, registry, frame)
    yield gxe.ExpectCompoundColumnsToBeUnique(
        column_list=[f"{name}__text" for name in contract.schema_.key], meta={"rule": "key.duplicate_key"}
    )
    for rule in contract.schema_.quality:
        right = f"_{rule.id}"
        frame[right] = _judged(rule.id, frame)
        yield gxe.ExpectColumnValuesToBeInSet(column=right, value_set=[True], meta={"rule": rule.id})


def _validity(contract: Contract, registry: Registry, frame: pd.DataFrame) -> Any:
    """Codes that are known but not valid on the day."""
    import pandas as pd
    from great_expectations import expectations as gxe

    for item in contract.schema_.properties:
        codelist = registry.concepts[item.name].codelist
        if item.validAt is None or codelist is None:
            continue
        right = f"_{item.name}_valid"
        day = frame[item.validAt]
        known = pd.Series(False, index=frame.index)
        valid = pd.Series(False, index=frame.index)
        for code, periods in registry.codelists[codelist].by_code.items():
            rows = frame[f"{item.name}__text"] == code
            if rows.any():
                known |= rows
                for period in periods:
                    first = pd.Timestamp(period.valid_from or date(1678, 1, 1))
                    last = pd.Timestamp(period.valid_to or date(2262, 1, 1))
                    valid |= rows & day.between(first, last)
        frame[right] = valid | ~known | day.isna()
        yield gxe.ExpectColumnValuesToBeInSet(
            column=right, value_set=[True], meta={"rule": f"{item.name}.code_not_valid"}
        )


def _judged(rule: str, frame: pd.DataFrame) -> Any:
    import pandas as pd

    if rule in _ROW_RULES:
        left, _, right = _ROW_RULES[rule].partition(" ")
        names = {left, *(name for name in right.split() if name in frame.columns)}
        right_or_empty: Any = frame.eval(_ROW_RULES[rule])
        return right_or_empty | frame[list(names)].isna().any(axis=1)
    if rule == "quarter_of_acceptance":
        day = pd.DatetimeIndex(frame["acceptance_date"])
        quarter = day.year.astype("Int64").astype(str) + "-Q" + day.quarter.astype("Int64").astype(str)
        return (frame["reference_period"] == quarter) | frame["acceptance_date"].isna()
    if rule == "office_in_member_state":
        office = frame["office_code"].str[:2]
        return (office == frame["member_state__text"]) | ((office == "GR") & (frame["member_state__text"] == "EL"))
    if rule == "control_has_criterion":
        return frame["crc_code"].isna() | frame["control_type"].notna()
    raise ValueError(f"the rule {rule} of the bench's contract has no reading in pandas: write it here")
