"""Pages from templates: what every page of a release shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from customs_monitor.release.contents import Contents
from customs_monitor.release.datasets import Dataset
from customs_monitor.release.site import wording
from customs_monitor.release.site.drawing import Chart
from customs_storage.hashing import sha256_of
from customs_storage.manifest import Manifest

SITE = "site"
_HERE = Path(__file__).parent
#: What the files of a table are, by the end of their names, in the order of the page; others are listed after them.
_DOWNLOADS = {
    "xlsx": "Excel workbook, with notes and units",
    "csv": "CSV, for spreadsheets and programs",
    "parquet": "Parquet, for large analyses",
    "sdmx.csv": "SDMX-CSV, for statistical systems",
    "jsonstat.json": "JSON-stat, for web applications",
    "csv-metadata.json": "CSVW, what the columns of the CSV mean",
}


@dataclass(frozen=True)
class Download:
    """A file of a table, with its address from a page one folder down."""

    href: str
    name: str
    what: str
    size: str
    sha256: str


class Pages:
    """Writes the pages of one release."""

    def __init__(self, manifest: Manifest, contents: Contents, folder: Path, *, criteria: bool, reports: bool) -> None:
        self._folder = folder
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "figure": wording.figure,
            "cell": wording.cell,
            "day": wording.day,
            "listed": wording.listed,
            "svg": _svg,
        }
        self._environment.globals["counted"] = wording.counted
        menu = [
            ("index.html", "Overview"),
            ("indicators.html", "Indicators"),
            ("countries.html", "Member States"),
            *([("criteria.html", "Risk criteria")] if criteria else []),
            *([("reports.html", "Progress reports")] if reports else []),
            ("tables.html", "Further tables"),
            ("changes.html", "What changed"),
            ("quality.html", "Data quality"),
            ("method.html", "Method"),
        ]
        self._shared: Mapping[str, Any] = {
            "release": manifest,
            "contents": contents,
            "legend": wording.LEGEND,
            "menu": menu,
            "synthetic": any(delivery.synthetic for delivery in manifest.deliveries),
        }
        self.written: list[str] = []

    def write(self, path: str, template: str, **values: Any) -> None:
        """Write a page from a template."""
        target = self._folder / SITE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        root = "../" * path.count("/")
        page = self._environment.get_template(f"{template}.html.j2")
        target.write_text(page.render(**self._shared, **values, root=root, here=path), encoding="utf-8")
        self.written.append(path)

    def save(self, charts: Iterable[Chart]) -> list[Chart]:
        """Write charts as files, for those who want to use them elsewhere, and return them."""
        saved = list(charts)
        for chart in saved:
            path = self._folder / SITE / "charts" / f"{chart.name}.svg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{chart.svg}\n', encoding="utf-8")
        return saved

    def downloads(self, dataset: Dataset) -> list[Download]:
        """Return the files of a table that the release has, the best known formats first."""
        folder, name = (self._folder / dataset.stem).parent, dataset.id
        found = {path.name.removeprefix(f"{name}."): path for path in folder.glob(f"{name}.*")}
        ordered = [*(suffix for suffix in _DOWNLOADS if suffix in found), *sorted(set(found) - set(_DOWNLOADS))]
        return [
            Download(
                href=f"../../{dataset.kind}/{name}/{found[suffix].name}",
                name=found[suffix].name,
                what=_DOWNLOADS.get(suffix, f"{suffix.rpartition('.')[2].upper()} file"),
                size=wording.size(found[suffix].stat().st_size),
                sha256=sha256_of(found[suffix]),
            )
            for suffix in ordered
        ]


def _svg(chart: Chart) -> Markup:
    # Built by an XML library, which has escaped all texts in it.
    return Markup(chart.svg)  # noqa: S704
