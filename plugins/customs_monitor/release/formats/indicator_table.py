"""What a format may say of an indicator's table: its specification, its sources and the meaning of its codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from customs_monitor.contracts import Registry
from customs_monitor.release.contents import Contents, FeedEntry, IndicatorEntry
from customs_monitor.release.datasets import Column, Dataset
from customs_monitor.release.site.wording import Labels
from customs_monitor.release.specs import IndicatorSpec

#: Columns of an observation whose values are codes, beside the dimensions.
_CODED = ("FREQ", "REF_AREA", "MEASURE", "UNIT_MEASURE", "OBS_STATUS", "CONF_STATUS", "INDICATOR")
#: Lists of columns whose concept is called otherwise.
_LISTS = {"REF_AREA": "area", "COUNTERPART_AREA": "area"}


@dataclass(frozen=True)
class IndicatorTable:
    """The table of one indicator with all that is known of it.

    Attributes:
        spec, dataset: those of `entry`, which has both.
        feeds: the feeds its figures come from.
    """

    entry: IndicatorEntry
    spec: IndicatorSpec
    dataset: Dataset
    feeds: tuple[FeedEntry, ...]
    registry: Registry

    @classmethod
    def of(cls, entry: IndicatorEntry, contents: Contents, registry: Registry) -> IndicatorTable | None:
        """Return the table of an indicator, None if it has none yet."""
        if entry.spec is None or entry.dataset is None:
            return None
        feeds = tuple(contents.feeds[feed] for feed in entry.feeds if feed in contents.feeds)
        return cls(entry, entry.spec, entry.dataset, feeds, registry)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The columns that tell its rows apart, in their order."""
        return self.dataset.key

    def column(self, name: str) -> Column:
        """Return a column by its name."""
        return next(column for column in self.dataset.columns if column.name == name)

    def is_coded(self, name: str) -> bool:
        """Tell whether the values of a column are codes."""
        return name in _CODED or name in self.spec.dimensions

    def codelist(self, name: str) -> str | None:
        """Return the name of the list that the codes of a column are in, None if there is none."""
        declared = _LISTS.get(name) or self.column(name).codelist or name.lower()
        return declared if self.is_coded(name) and declared in self.registry.codelists else None

    def label(self, name: str, code: str) -> str:
        """Return what a code of a column means, the code itself where no list says so."""
        return Labels(self.registry).of(self.codelist(name), code)

    def in_order(self, name: str, codes: set[str]) -> list[str]:
        """Return codes of a column in the order of its list, the total first; periods by time."""
        labels, codelist = Labels(self.registry), self.codelist(name)
        return sorted(codes, key=lambda code: labels.rank(codelist, code))


def indicator_tables(contents: Contents, registry: Registry) -> Iterator[IndicatorTable]:
    """Yield the tables of all indicators that everybody may see."""
    for entry in contents.indicators:
        table = IndicatorTable.of(entry, contents, registry)
        if table is not None and table.dataset.public:
            yield table
