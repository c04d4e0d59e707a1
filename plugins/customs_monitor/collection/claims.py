"""Which contract a file of an inbox belongs to, by its path and a look at its header."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from customs_monitor.contracts import Contract, Layout, Registry
from customs_monitor.intake import IntakeError, Sniffed, sniff

#: Kinds of file that no reader is there for.
_FOREIGN_KINDS = {"edifact": "UN/EDIFACT messages", "xml": "XML messages other than SDMX-ML", "binary": "binary files"}


@dataclass(frozen=True)
class Claim:
    """A file belongs to a feed.

    Attributes:
        layout: the layout it has or, where it fits none, the one it is nearest to, against which it is judged.
        fits: whether path, header and kind are those of the layout.
        looks_like: feeds of which it has the header although it does not lie where theirs do.
    """

    feed: str
    layout: str
    fits: bool
    looks_like: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unclaimed:
    """No contract claims the file, or more than one does; `reason` says which and what to do."""

    reason: str
    contested: bool = False


def claim(name: str, look: Sniffed | IntakeError, registry: Registry) -> Claim | Unclaimed:
    """Decide which feed a file belongs to.

    A folder named after a feed belongs to that feed. Elsewhere the layouts decide whose path pattern and header fit;
    if none does, the one feed whose path pattern fits has the file, so that its sender is told what is wrong.

    Args:
        name: `<folder>/<file>` within the inbox.
        look: what `sniff` saw, or why it saw nothing.
        registry: the contracts.
    """
    folder, slash, _ = name.partition("/")
    if not slash:
        return Unclaimed("it lies in no folder: put it in the folder of its feed")
    owner = registry.feeds.get(folder)
    fitting = [
        (contract, layout)
        for contract in registry.feeds.values()
        for layout in contract.layouts
        if _path_fits(name, layout) and header_fits(look, layout)
    ]
    if owner is not None:
        return _claimed_by(owner, look, registry)
    feeds = sorted({contract.id for contract, _ in fitting})
    if len(feeds) > 1:
        return Unclaimed(
            f"it is claimed by {' and '.join(feeds)}: put it in a folder with the name of one of them", contested=True
        )
    if feeds:
        return Claim(feeds[0], _most_specific(layout for _, layout in fitting).id, fits=True)
    by_path = [
        contract for contract in registry.feeds.values() if any(_path_fits(name, layout) for layout in contract.layouts)
    ]
    if len(by_path) == 1:
        return _claimed_by(by_path[0], look, registry)
    if by_path:
        names = " or ".join(sorted(contract.id for contract in by_path))
        return Unclaimed(f"its path is that of {names}, {_why_neither(look)}; see customs-monitor check --feed")
    return Unclaimed(f"no contract names the folder {folder}{_kind_in_words(look)}")


def may_claim(name: str, contract: Contract, registry: Registry) -> bool:
    """Tell by its path alone whether a file can be a feed's, so that nobody opens it for the other feeds."""
    folder, slash, _ = name.partition("/")
    if folder in registry.feeds:
        return bool(slash) and folder == contract.id
    return any(_path_fits(name, layout) for layout in contract.layouts)


def best_layout(look: Sniffed | IntakeError, contract: Contract) -> tuple[Layout, bool]:
    """Return the layout of a feed that a file has, and True; or the one it is nearest to, and False."""
    fitting = [layout for layout in contract.layouts if header_fits(look, layout)]
    return (_most_specific(fitting), True) if fitting else (_nearest(look, contract), False)


def layout_of(path: Path, contract: Contract, registry: Registry) -> tuple[Layout, bool, tuple[str, ...]]:
    """Look at a file that is for a feed.

    Args:
        path: the file.
        contract: of the feed.
        registry: the contracts.

    Returns:
        The layout it has, and True, or the one it is nearest to, and False; then also the feeds whose header it has.
    """
    look: Sniffed | IntakeError
    try:
        look = sniff(path)
    except IntakeError as error:
        look = error
    layout, fits = best_layout(look, contract)
    return layout, fits, () if fits else looks_like(look, registry)


def header_fits(look: Sniffed | IntakeError, layout: Layout) -> bool:
    """Tell whether a file has the kind, the header names and the other details that a layout claims."""
    if isinstance(look, IntakeError) or look.kind != layout.format.type:
        return False
    header = {name.casefold() for name in look.header}
    claims = layout.claims
    return (
        all(claims.has(header, name) for name in claims.header)
        and not any(claims.has(header, name) for name in claims.without)
        and all(_detail_fits(look.detail.get(key, ""), pattern) for key, pattern in claims.detail.items())
    )


def _nearest(look: Sniffed | IntakeError, contract: Contract) -> Layout:
    """Return the layout of a feed that shares most header names with the file; the first where none shares any."""
    if isinstance(look, IntakeError):
        return contract.layouts[0]
    header = {name.casefold() for name in look.header}

    # What is no table yet, or no text that can be read to its end, was nearly always meant as one.
    kind = "csv" if look.kind in ("text", "unreadable") else look.kind

    def likeness(layout: Layout) -> tuple[bool, int]:
        return kind == layout.format.type, sum(layout.claims.has(header, name) for name in layout.claims.header)

    return max(contract.layouts, key=likeness)


def _why_neither(look: Sniffed | IntakeError) -> str:
    """Say what keeps a file from being any feed's of its folder."""
    if isinstance(look, IntakeError):
        return f"and it cannot be read: {look.message.rstrip('.')}"
    if look.kind == "binary":
        return f"and it is {look.detail['format']}: unpack it, or save it in a format that they take"
    if "message" in look.detail and "code" in look.detail:
        return f"and it cannot be read: {look.detail['message'].rstrip('.')}"
    return "its header that of neither"


def _kind_in_words(look: Sniffed | IntakeError) -> str:
    if isinstance(look, IntakeError) or look.kind not in _FOREIGN_KINDS:
        return ""
    return f", and none reads {_FOREIGN_KINDS[look.kind]} yet"


def _claimed_by(contract: Contract, look: Sniffed | IntakeError, registry: Registry) -> Claim:
    layout, fits = best_layout(look, contract)
    return Claim(contract.id, layout.id, fits, () if fits else looks_like(look, registry))


def _path_fits(name: str, layout: Layout) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in layout.claims.path)


def _detail_fits(found: str, pattern: str) -> bool:
    wanted, pattern = not pattern.startswith("!"), pattern.removeprefix("!")
    return any(fnmatchcase(found, part) for part in pattern.split("|")) is wanted


def _most_specific(layouts: Iterable[Layout]) -> Layout:
    return max(layouts, key=lambda layout: len(layout.claims.header) + len(layout.claims.detail))


def looks_like(look: Sniffed | IntakeError, registry: Registry) -> tuple[str, ...]:
    """Return the feeds of which a file has the header, wherever it lies."""
    return tuple(
        contract.id
        for contract in registry.feeds.values()
        if any(layout.claims.header and header_fits(look, layout) for layout in contract.layouts)
    )
