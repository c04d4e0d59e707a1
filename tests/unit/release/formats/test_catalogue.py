"""The catalogue: DCAT-AP 3.0, checked with SHACL, and in step with the files."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyshacl
import pytest
from rdflib import RDF, Graph, URIRef

from customs_monitor.release.catalogue import CATALOGUE, catalogue, write_catalogue
from customs_monitor.release.checks import Reading
from customs_storage.manifest import Manifest

_DCAT = "http://www.w3.org/ns/dcat#"
_SHAPES = Path(__file__).parent / "dcat_ap_3.ttl"


@pytest.fixture
def manifest():
    return Manifest(
        release_id="20261001T060000Z-9f86d081",
        created_at=datetime(2026, 10, 1, 6, tzinfo=UTC),
        code_version="0.1.0",
        input_fingerprint="0" * 64,
        contract_fingerprints={},
        lock_fingerprint="0" * 64,
        files=(),
        deliveries=(),
        gate=(),
    )


@pytest.fixture
def path(contents, registry, manifest, release):
    write_catalogue(contents, registry, manifest, release)
    return release / CATALOGUE


@pytest.fixture
def problems(contents, registry, release, tmp_path):
    return lambda: list(catalogue(Reading(contents, release, tmp_path / "restricted"), registry))


def _graph(path: Path, base: str = "https://example.org/releases/r1/catalog.jsonld") -> Graph:
    return Graph().parse(path, format="json-ld", publicID=base)


def test_it_conforms_to_dcat_ap(path):
    conforms, _, report = pyshacl.validate(_graph(path), shacl_graph=Graph().parse(_SHAPES), inference="none")
    assert conforms, report


def test_the_shapes_refuse_a_catalogue_that_lacks_something(path):
    document = json.loads(path.read_bytes())
    del document["dct:publisher"]
    del document["dcat:dataset"][0]["dcat:distribution"][0]["dcat:accessURL"]
    path.write_text(json.dumps(document), encoding="utf-8")
    conforms, _, report = pyshacl.validate(_graph(path), shacl_graph=Graph().parse(_SHAPES), inference="none")
    assert not conforms
    assert "Results (2)" in report


def test_it_reads_like_this(path, golden):
    document = json.loads(path.read_bytes())
    # The first dataset with one of its files says what all look like; sizes go with the libraries' versions.
    (first, *_), document["dcat:dataset"] = document["dcat:dataset"], []
    first["dcat:distribution"] = [item for item in first["dcat:distribution"] if item["@id"].endswith("sdmx.csv")]
    document["dcat:dataset"] = [first]
    golden("catalog.jsonld", json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def test_addresses_are_relative_to_the_catalogue_or_to_a_base(contents, registry, manifest, release, path):
    wanted = "indicators/o4-3/o4-3.xlsx"
    found = {str(address) for address in _graph(path).objects(None, URIRef(_DCAT + "downloadURL"))}
    assert f"https://example.org/releases/r1/{wanted}" in found
    write_catalogue(contents, registry, manifest, release, base="https://data.example.org/latest/")
    found = {str(address) for address in _graph(path).objects(None, URIRef(_DCAT + "downloadURL"))}
    assert f"https://data.example.org/latest/{wanted}" in found


def test_every_file_of_every_public_table_is_a_distribution(path):
    graph = _graph(path)
    assert len(set(graph.subjects(RDF.type, URIRef(_DCAT + "Dataset")))) == 2
    assert len(set(graph.subjects(RDF.type, URIRef(_DCAT + "Distribution")))) == 5 + 2


def test_synthetic_data_are_called_so(path):
    survey = json.loads(path.read_bytes())["dcat:dataset"][1]
    assert survey["dct:description"]["@value"].startswith("Synthetic: made up")


class TestGate:
    def test_a_catalogue_in_step_with_the_files_passes(self, path, problems):
        assert problems() == []

    def test_a_release_without_one_is_caught(self, problems):
        assert problems() == [f"{CATALOGUE} is missing"]

    def test_a_file_that_changed_came_or_went_is_named(self, path, release, problems):
        csv = release / "indicators/o4-3/o4-3.csv"
        csv.write_bytes(csv.read_bytes().replace(b"2.75", b"2.76"))
        (release / "marts/survey/survey.csv").unlink()
        (release / "marts/survey/survey.xlsx").touch()
        found = problems()
        assert found[:2] == [
            f"{CATALOGUE}: marts/survey/survey.csv is listed and not there",
            f"{CATALOGUE}: marts/survey/survey.xlsx is not listed",
        ]
        assert found[2].startswith(f"{CATALOGUE}: indicators/o4-3/o4-3.csv has SHA-256 ")

    def test_a_broken_one_is_named(self, path, problems):
        path.write_text("{}", encoding="utf-8")
        (found,) = problems()
        assert "cannot be read back" in found
