"""What a run looks like in a terminal: progress lines and the summary at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from customs_monitor.collection.summary import FeedTotals

_LOG_WIDTH = 160
#: Seconds without a line after which the run says what it is at.
_QUIET = 15.0


def standard_console() -> Console:
    """Return standard output; where that is no terminal, nothing is lost to an assumed width of 80 columns."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _LOG_WIDTH
    return console


class RunConsole:
    """Progress lines with the seconds since the start, then a summary.

    Args:
        console: where to print; standard output by default.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or standard_console()
        self._start = self._last_line = time.monotonic()
        self._at = "starting"

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    def say(self, text: str) -> None:
        """Print a progress line."""
        self._last_line = time.monotonic()
        self.console.print(f"[dim]{self.seconds:6.1f} s[/dim]  ", end="")
        self.console.print(text, markup=False, soft_wrap=True)

    def doing(self, text: str) -> None:
        """Note what is at work now; it is told where that takes long."""
        self._at = text

    def tell_if_quiet(self) -> None:
        """Say what is at work, if nothing has been said for a while."""
        if time.monotonic() - self._last_line >= _QUIET:
            self.say(f"still at work: {self._at}")

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Say now and then what is at work, as long as the block runs."""
        ended = threading.Event()

        def tell() -> None:
            while not ended.wait(1.0):
                self.tell_if_quiet()

        thread = threading.Thread(target=tell, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def feeds(self, totals: Sequence[FeedTotals]) -> None:
        """Print the table of feeds."""
        table = Table(title="Feeds", title_justify="left", box=None, pad_edge=False)
        table.add_column("feed")
        for name in ("files", "new", "accepted", "with warnings", "refused"):
            table.add_column(name, justify="right")
        for name in ("rows read", "rows accepted", "rows refused", "warnings"):
            table.add_column(name, justify="right")
        for item in totals:
            table.add_row(
                item.feed,
                f"{item.files:,}",
                f"{item.new:,}",
                *(f"{count:,}" for count in item.verdicts.values()),
                f"{item.rows_read:,}",
                f"{item.rows_accepted:,}",
                f"{item.rows_refused:,}",
                f"{item.warnings:,}",
            )
        table.add_section()
        table.add_row(
            "all",
            f"{sum(item.files for item in totals):,}",
            f"{sum(item.new for item in totals):,}",
            *(
                f"{sum(item.verdicts[verdict] for item in totals):,}"
                for verdict in ("accepted", "accepted_with_warnings", "refused")
            ),
            f"{sum(item.rows_read for item in totals):,}",
            f"{sum(item.rows_accepted for item in totals):,}",
            f"{sum(item.rows_refused for item in totals):,}",
            f"{sum(item.warnings for item in totals):,}",
        )
        self.console.print()
        self.console.print(table)

    def unclaimed(self, lines: Sequence[str]) -> None:
        """Print the files that no contract claims."""
        if not lines:
            return
        self.console.print(f"\nNot claimed by any contract ({len(lines)} files, left where they are):", markup=False)
        for line in lines:
            self.console.print(f"  {line}", markup=False, soft_wrap=True)

    def stages(self, seconds: Mapping[str, float]) -> None:
        """Print the wall time by stage."""
        parts = ", ".join(f"{stage} {value:.1f}" for stage, value in seconds.items())
        self.console.print(f"\nSeconds: {self.seconds:.1f} ({parts})", markup=False)

    def line(self, text: str = "") -> None:
        """Print a plain line."""
        self.console.print(text, markup=False, soft_wrap=True)
