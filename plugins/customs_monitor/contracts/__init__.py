"""Feed contracts, concepts, codelists and rules: what a delivery must look like, declared once."""

from customs_monitor.contracts.codelists import Code, Codelist, Codelists
from customs_monitor.contracts.concepts import Concept
from customs_monitor.contracts.documents import DocumentError
from customs_monitor.contracts.model import Contract, Layout, Mapping, Property, Quality
from customs_monitor.contracts.project import Project, ProjectNotFound
from customs_monitor.contracts.registry import Registry
from customs_monitor.contracts.rules import Rule

__all__ = [
    "Code",
    "Codelist",
    "Codelists",
    "Concept",
    "Contract",
    "DocumentError",
    "Layout",
    "Mapping",
    "Project",
    "ProjectNotFound",
    "Property",
    "Quality",
    "Registry",
    "Rule",
]
