"""Stores that several processes share."""

from __future__ import annotations

from dataclasses import dataclass, field

from customs_storage import ObjectStore, open_store


@dataclass(frozen=True)
class Stores:
    """Where fresh stores can be had by name, and the variables by which a child process reaches them."""

    root: str
    environment: dict[str, str] = field(default_factory=dict)

    def url(self, name: str) -> str:
        return f"{self.root}/{name}"

    def open(self, name: str) -> ObjectStore:
        return open_store(self.url(name))

    def copy(self, name: str, to: str) -> None:
        """Make a store that has the objects of another."""
        source, target = self.open(name), self.open(to)
        for info in source.list():
            target.put(info.key, source.get(info.key))
