"""The catalogue of a release for data portals: DCAT-AP 3.0 as JSON-LD.

Codes are those of the authority tables of the Publications Office of the European Union, as DCAT-AP 3.0 asks for
(section "Controlled vocabularies"). Addresses are relative to the catalogue, so that it is right wherever the release
is put; a portal that copies it elsewhere gives a base.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from customs_monitor.contracts import Registry
from customs_monitor.contracts.periods import first_day, last_day
from customs_monitor.release.checks import Reading
from customs_monitor.release.contents import Contents, FeedEntry, IndicatorEntry, MartEntry
from customs_monitor.release.datasets import Dataset
from customs_monitor.release.formats import FORMATS, OBSERVATION_FORMATS
from customs_monitor.release.formats.csvw import LICENCE
from customs_monitor.release.formats.file_kind import PARQUET, FileKind
from customs_storage.hashing import sha256_of
from customs_storage.manifest import Manifest

CATALOGUE = "catalog.jsonld"
_NAME = "Customs Monitor"
_AUTHORITY = "http://publications.europa.eu/resource/authority"
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types"
_THEMES = {"ECON": "Economy and finance", "GOVE": "Government and public sector"}
_KEYWORDS = ("customs", "risk management", "monitoring", "European Union")
#: How often new figures come, by FREQ.
_FREQUENCIES = {
    "Q": "QUARTERLY",
    "A": "ANNUAL",
    "A2": "BIENNIAL",
    "A3": "TRIENNIAL",
    "A4": "QUADRENNIAL",
    "A5": "QUINQUENNIAL",
}
_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcatap": "http://data.europa.eu/r5r/",
}

_Node = dict[str, Any]


def write_catalogue(
    contents: Contents, registry: Registry, manifest: Manifest, folder: Path, base: str | None = None
) -> None:
    """Write the catalogue of a release.

    Args:
        contents: of the release.
        registry: the concepts, to know which columns are periods.
        manifest: of the release, its files not yet listed.
        folder: the public files of the release, all written but the site.
        base: what the addresses are relative to; None for the place of the catalogue itself.
    """
    document = catalogue_document(contents, registry, manifest, folder)
    if base is not None:
        document["@context"] = {**document["@context"], "@base": base}
    (folder / CATALOGUE).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def catalogue_document(contents: Contents, registry: Registry, manifest: Manifest, folder: Path) -> _Node:
    """Return the catalogue of a release as JSON-LD."""
    issued = _typed(manifest.created_at.isoformat(), "dateTime")
    return {
        "@context": _CONTEXT,
        "@id": CATALOGUE,
        "@type": "dcat:Catalog",
        "dct:title": _text("Customs Monitor: indicators of customs risk management in the European Union"),
        "dct:description": _text(
            "The monitoring indicators of the EU strategy and action plan for customs risk management (SWD(2021) 2), "
            "and further tables from the same deliveries. Not an official site of the European Commission."
        ),
        "dct:identifier": manifest.release_id,
        "dcat:version": manifest.release_id,
        "dct:publisher": _publisher(),
        "dct:language": _concept("language", "ENG", "dct:LinguisticSystem"),
        "dct:license": _licence(),
        "dct:spatial": _european_union(),
        "dct:issued": issued,
        "dct:modified": issued,
        "foaf:homepage": {"@id": "site/index.html", "@type": "foaf:Document"},
        "dcat:themeTaxonomy": {
            "@id": f"{_AUTHORITY}/data-theme",
            "@type": "skos:ConceptScheme",
            "dct:title": _text("Data theme"),
        },
        "dcat:dataset": [
            *(
                _indicator(entry, entry.dataset, contents, issued, folder)
                for entry in contents.published
                if entry.dataset is not None
            ),
            *(_mart(entry, contents, registry, issued, folder) for entry in contents.marts if entry.dataset.public),
        ],
    }


def catalogue_files(document: _Node) -> Iterator[tuple[str, int, str]]:
    """Yield the files that a catalogue lists: path in the release, bytes, SHA-256."""
    for dataset in document["dcat:dataset"]:
        for item in dataset["dcat:distribution"]:
            checksum = item["spdx:checksum"]["spdx:checksumValue"]["@value"]
            yield item["dcat:downloadURL"]["@id"], int(item["dcat:byteSize"]["@value"]), checksum


def catalogue(reading: Reading, registry: Registry) -> Iterator[str]:
    """The catalogue lists every public data file, each as it is."""
    path = reading.public / CATALOGUE
    if not path.is_file():
        yield f"{CATALOGUE} is missing"
        return
    try:
        listed = {name: (size, checksum) for name, size, checksum in catalogue_files(json.loads(path.read_bytes()))}
    except (ValueError, KeyError, TypeError) as error:
        yield f"{CATALOGUE} cannot be read back: {error!r}"
        return
    present = {
        file.relative_to(reading.public).as_posix()
        for dataset in reading.contents.datasets
        for file in (reading.public / dataset.kind / dataset.id).glob("*")
        if not file.name.endswith(".csv-metadata.json")
    }
    for name in sorted(present ^ listed.keys()):
        yield f"{CATALOGUE}: {name} is {'not listed' if name in present else 'listed and not there'}"
    for name in sorted(present & listed.keys()):
        if (size := (reading.public / name).stat().st_size) != listed[name][0]:
            yield f"{CATALOGUE}: {name} has {size} bytes, not {listed[name][0]}"
        elif (checksum := sha256_of(reading.public / name)) != listed[name][1]:
            yield f"{CATALOGUE}: {name} has SHA-256 {checksum}, not {listed[name][1]}"


def _indicator(entry: IndicatorEntry, dataset: Dataset, contents: Contents, issued: _Node, folder: Path) -> _Node:
    assert entry.spec is not None
    rows = pq.read_table(folder / f"{dataset.stem}.parquet", columns=["TIME_PERIOD", "FREQ"])
    frequencies = {_FREQUENCIES.get(code, "IRREG") for code in rows.column("FREQ").unique().to_pylist()}
    node = _dataset(dataset, entry.feeds, entry.synthetic, contents, issued, folder)
    node["dct:title"] = _text(f"{entry.id}: {entry.title}")
    node["dcat:version"] = entry.spec.version
    node["dcat:keyword"] = [_text(word) for word in (*_KEYWORDS, f"{entry.level} indicator")]
    (frequency,) = frequencies if len(frequencies) == 1 else ("IRREG",)
    node["dct:accrualPeriodicity"] = _concept("frequency", frequency, "dct:Frequency")
    node["dct:temporal"] = _temporal(set(rows.column("TIME_PERIOD").unique().to_pylist()))
    node["dcat:landingPage"] = {"@id": f"site/indicators/{entry.id}.html", "@type": "foaf:Document"}
    return node


def _mart(entry: MartEntry, contents: Contents, registry: Registry, issued: _Node, folder: Path) -> _Node:
    dataset = entry.dataset
    node = _dataset(dataset, entry.feeds, entry.synthetic, contents, issued, folder)
    node["dcat:keyword"] = [_text(word) for word in _KEYWORDS]
    node["dcat:landingPage"] = {"@id": f"site/marts/{dataset.id}.html", "@type": "foaf:Document"}
    columns = [
        column.name
        for column in dataset.columns
        if (concept := registry.concepts.get(column.name.lower())) and concept.logicalType == "period"
    ]
    if columns:
        rows = pq.read_table(folder / f"{dataset.stem}.parquet", columns=columns)
        periods = {period for name in columns for period in rows.column(name).unique().to_pylist() if period}
        node["dct:temporal"] = _temporal(periods)
    return node


def _dataset(
    dataset: Dataset, feeds: tuple[str, ...], synthetic: bool, contents: Contents, issued: _Node, folder: Path
) -> _Node:
    told = "Synthetic: made up, says nothing of the real world. " if synthetic else ""
    return {
        "@id": f"{CATALOGUE}#{dataset.id}",
        "@type": "dcat:Dataset",
        "dct:identifier": dataset.id,
        "dct:title": _text(dataset.title),
        "dct:description": _text(told + " ".join(dataset.description.split())),
        "dct:issued": issued,
        "dct:publisher": _publisher(),
        "dcat:contactPoint": _contact(),
        "dcat:theme": [_labelled("data-theme", code, label) for code, label in _THEMES.items()],
        "dct:spatial": _european_union(),
        "dct:language": _concept("language", "ENG", "dct:LinguisticSystem"),
        "dct:accessRights": _concept("access-right", "PUBLIC", "dct:RightsStatement"),
        "dct:provenance": {
            "@type": "dct:ProvenanceStatement",
            "rdfs:label": _text("; ".join(_origin(contents.feeds[feed]) for feed in feeds if feed in contents.feeds)),
        },
        "dcat:distribution": list(_distributions(dataset, folder)),
    }


def _distributions(dataset: Dataset, folder: Path) -> Iterator[_Node]:
    for suffix, kind in _kinds():
        path = f"{dataset.stem}.{suffix}"
        if (folder / path).is_file():
            yield _distribution(dataset, kind, path, folder / path)


def _kinds() -> Iterator[tuple[str, FileKind]]:
    yield "parquet", PARQUET
    yield from ((form.suffix, form.kind) for form in FORMATS)
    yield from ((form.suffix, form.kind) for form in OBSERVATION_FORMATS)


def _distribution(dataset: Dataset, kind: FileKind, path: str, file: Path) -> _Node:
    node: _Node = {
        "@id": f"{CATALOGUE}#{file.name}",
        "@type": "dcat:Distribution",
        "dct:title": _text(kind.title),
        "dct:description": _text(f"{dataset.title} ({kind.title.partition(':')[0]})"),
        "dcat:accessURL": {"@id": path, "@type": "rdfs:Resource"},
        "dcat:downloadURL": {"@id": path, "@type": "rdfs:Resource"},
        "dct:format": _concept("file-type", kind.file_type, "dct:MediaTypeOrExtent"),
        "dcat:mediaType": {"@id": f"{_MEDIA_TYPES}/{kind.media_type}", "@type": "dct:MediaType"},
        "dcat:byteSize": _typed(str(file.stat().st_size), "nonNegativeInteger"),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256", "@type": "spdx:ChecksumAlgorithm"},
            "spdx:checksumValue": _typed(sha256_of(file), "hexBinary"),
        },
        "dct:license": _licence(),
        "dcatap:availability": _labelled("planned-availability", "STABLE", "stable"),
    }
    if kind.schema is not None:
        node["dct:conformsTo"] = {"@id": kind.schema.format(stem=dataset.stem), "@type": "dct:Standard"}
    return node


def _text(words: str) -> _Node:
    return {"@value": words, "@language": "en"}


def _typed(value: str, kind: str) -> _Node:
    return {"@value": value, "@type": f"xsd:{kind}"}


def _concept(table: str, code: str, kind: str) -> _Node:
    return {"@id": f"{_AUTHORITY}/{table}/{code}", "@type": kind}


def _labelled(table: str, code: str, label: str) -> _Node:
    return {**_concept(table, code, "skos:Concept"), "skos:prefLabel": _text(label)}


def _publisher() -> _Node:
    return {"@id": f"{CATALOGUE}#publisher", "@type": "foaf:Agent", "foaf:name": _text(_NAME)}


def _contact() -> _Node:
    """Return whom to ask, by role: persons change."""
    return {
        "@id": f"{CATALOGUE}#contact",
        "@type": ["vcard:Kind", "vcard:Organization"],
        "vcard:fn": f"{_NAME}: publication of the indicators",
        "vcard:hasURL": {"@id": "site/index.html"},
    }


def _licence() -> _Node:
    return {"@id": LICENCE, "@type": "dct:LicenseDocument"}


def _european_union() -> _Node:
    return _concept("country", "EUR", "dct:Location")


def _origin(feed: FeedEntry) -> str:
    return f"{feed.name} ({feed.source_system}; {feed.owner})"


def _temporal(periods: set[str]) -> _Node:
    firsts = [day for period in periods if (day := first_day(period))]
    lasts = [day for period in periods if (day := last_day(period))]
    node: _Node = {"@type": "dct:PeriodOfTime"}
    if firsts and lasts:
        node["dcat:startDate"] = _day(min(firsts))
        node["dcat:endDate"] = _day(max(lasts))
    return node


def _day(day: date) -> _Node:
    return _typed(day.isoformat(), "date")
