"""Data Docs: the records of Great Expectations as a static site, rendered by its own renderer.

Its pages fetch styles, scripts and images from seven hosts. Here the content is its own and the frame around it is
ours: no script, one stylesheet inline, nothing fetched.
"""

from __future__ import annotations

import html
import itertools
import json
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from customs_monitor.validation.expectations import BatchVerdict
from customs_monitor.validation.gx_context import import_quietly
from customs_storage.canonical import canonical_json

_TEMPLATES = Path(__file__).with_name("data_docs_templates")


@dataclass(frozen=True)
class _Page:
    run_id: str
    feed: str
    href: str
    verdict: str
    met: int
    not_met: int


def record_of(verdict: BatchVerdict, run_id: str) -> bytes:
    """Return the record of a verdict: who judged what in which run, and Great Expectations' own result.

    Args:
        verdict: the verdict on a feed's batch.
        run_id: the run that judged.

    Returns:
        Canonical JSON. The same batch gives the same bytes in the same run; no value of the data is in it.
    """
    return canonical_json(
        {
            "run_id": run_id,
            "feed": verdict.feed,
            "success": verdict.success,
            "rules": [
                {
                    "rule": item.rule,
                    "code": item.code,
                    "severity": item.severity,
                    "level": item.level,
                    "success": item.success,
                    "unexpected_count": item.unexpected_count,
                    "element_count": item.element_count,
                }
                for item in verdict.results
            ],
            "result": dict(verdict.record),
        }
    )


def build_data_docs(records: Iterable[bytes], target: Path) -> Path:
    """Write a site with a page per record.

    Args:
        records: records as `record_of` gives them, of any runs and feeds.
        target: the folder of the site; pages of the same run and feed are written again, others stay.

    Returns:
        The first page, which lists the given records, the last run first.

    Raises:
        ValueError: if a record is none.
    """
    import_quietly()
    view = _view()
    pages: list[_Page] = []
    for text in records:
        record = _read(text)
        href = _free(f"{_file_name(record['run_id'])}/{_file_name(record['feed'])}", {page.href for page in pages})
        page = target / href
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(_render(view, record), encoding="utf-8")
        rules = record["rules"]
        not_met = sum(not rule["success"] for rule in rules)
        worst = {rule["severity"] for rule in rules if not rule["success"]}
        verdict = "errors" if "error" in worst else "warnings" if "warning" in worst else "good"
        pages.append(_Page(record["run_id"], record["feed"], href, verdict, len(rules) - not_met, not_met))
    pages.sort(key=lambda page: page.feed)
    pages.sort(key=lambda page: page.run_id, reverse=True)
    index = target / "index.html"
    target.mkdir(parents=True, exist_ok=True)
    index.write_text(view.env.get_template("data_docs_index.j2").render(pages=pages), encoding="utf-8")
    return index


def _read(text: bytes) -> Mapping[str, Any]:
    record: Mapping[str, Any] = json.loads(text)
    if missing := {"run_id", "feed", "rules", "result"} - record.keys():
        raise ValueError(f"no record of expectations: {', '.join(sorted(missing))} is missing")
    return record


def _free(stem: str, taken: Set[str]) -> str:
    """Return a page that no other record has: a run that was tried again has judged more than one batch of a feed."""
    names = (
        f"{stem}{suffix}.html" for suffix in itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    )
    return next(name for name in names if name not in taken)


def _file_name(name: str) -> str:
    """Return a name for a folder or page: run ids of Airflow hold colons and plus signs, which links need escaped."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", name).lstrip(".") or "-"


def _view() -> Any:
    from great_expectations.render.view import DefaultJinjaPageView
    from jinja2 import ChoiceLoader, FileSystemLoader

    view = DefaultJinjaPageView()
    view.env.loader = ChoiceLoader([FileSystemLoader(_TEMPLATES), view.env.loader])
    return view


def _render(view: Any, record: Mapping[str, Any]) -> str:
    from great_expectations.core.expectation_validation_result import expectationSuiteValidationResultSchema
    from great_expectations.render.renderer import ValidationResultsPageRenderer

    # Ids of elements are random there; counted, the same record gives the same page.
    numbers = itertools.count(1)
    view.env.filters["generate_html_element_uuid"] = lambda prefix=None: f"{prefix or ''}{next(numbers)}"
    result = {**record["result"], "results": [_with_rule(item) for item in record["result"]["results"]]}
    document = ValidationResultsPageRenderer().render(expectationSuiteValidationResultSchema.load(result))
    # The first section has a header, which our frame replaces, the statistics, and particulars that link elsewhere.
    document.sections[0].content_blocks = document.sections[0].content_blocks[1:2]
    version = record["result"]["meta"]["great_expectations_version"]
    return str(view.render(document, feed=record["feed"], run_id=record["run_id"], version=version))


def _with_rule(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result whose description also names the rule, as the reports of deliveries do."""
    expectation = item["expectation_config"]
    meta = expectation["meta"]
    # The text goes into the page as it is.
    text = html.escape(f"{expectation['description']} ({meta['severity']}, rule {meta['rule']})")
    return {**item, "expectation_config": {**expectation, "description": text}}
