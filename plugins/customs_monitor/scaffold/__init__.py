"""Scaffolds of a feed and of an indicator: files that load and lint, and whose tests fail until they are filled in."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from customs_monitor.contracts import Project, Registry

_TEMPLATES = Environment(
    loader=PackageLoader("customs_monitor.scaffold", "templates"),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    trim_blocks=True,
    # The files made are templates of dbt themselves; its braces are left alone.
    variable_start_string="<<",
    variable_end_string=">>",
    block_start_string="<%",
    block_end_string="%>",
    autoescape=False,  # noqa: S701 - YAML and SQL are made, no HTML
)
_FEED_ID = re.compile(r"[a-z][a-z0-9_]{2,59}")


class ScaffoldError(ValueError):
    """The scaffold cannot be made: the name is wrong or taken."""


def new_feed(project: Project, feed: str) -> list[Path]:
    """Write the contract, the staging model and two golden cases of a new feed.

    Args:
        project: where to.
        feed: the id, in lower case with underscores.

    Returns:
        The files written.

    Raises:
        ScaffoldError: if the id is no id, or one of the files is there already.
    """
    if not _FEED_ID.fullmatch(feed):
        raise ScaffoldError(f"{feed!r} is no id of a feed: use lower case, digits and underscores, like safety_gate")
    cases = project.root / "tests" / "golden" / "feeds" / feed
    return _write(
        {
            project.feeds / f"{feed}.yml": "contract.yml",
            project.dbt / "models" / "staging" / f"stg_{feed}.sql": "staging.sql",
            cases / "good" / "case.yml": "case_good.yml",
            cases / "good" / "delivery.csv": "delivery.csv",
            cases / "bad" / "case.yml": "case_bad.yml",
            cases / "bad" / "delivery.csv": "delivery.csv",
        },
        feed=feed,
    )


def new_indicator(project: Project, registry: Registry, indicator: str) -> list[Path]:
    """Write the model and the specification of an indicator of the catalogue.

    Args:
        project: where to.
        registry: its contracts and codelists.
        indicator: the id as in the catalogue, like `o4-7`.

    Returns:
        The files written.

    Raises:
        ScaffoldError: if the catalogue lacks the id, or one of the files is there already.
    """
    codes = registry.codelists["indicator"].by_code
    if indicator not in codes:
        raise ScaffoldError(
            f"{indicator!r} is no indicator: take an id of {registry.codelist_home}/cl_indicator.csv, like o4-7, "
            "or add it there first"
        )
    entry = codes[indicator][-1]
    model = indicator.replace("-", "_")
    folder = project.dbt / "models" / "indicators" / model.split("_")[0]
    return _write(
        {folder / f"{model}.sql": "indicator.sql", folder / f"{model}.yml": "indicator.yml"},
        indicator=indicator,
        model=model,
        title=entry.label,
        unit=entry.attributes.get("unit", ""),
        dimensions=entry.attributes.get("dimensions", "").split(),
        measures=entry.attributes.get("measures", "").split(),
        frequency=entry.attributes.get("freq", ""),
        level=entry.attributes.get("level", ""),
        stock_flow=entry.attributes.get("stock_flow", ""),
        today=date.today().isoformat(),  # noqa: DTZ011 - the author's own day
    )


def _write(files: dict[Path, str], **values: object) -> list[Path]:
    if taken := [path for path in files if path.exists()]:
        raise ScaffoldError("there already: " + ", ".join(str(path) for path in taken))
    for path, template in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_TEMPLATES.get_template(template).render(values), encoding="utf-8")
    return list(files)
