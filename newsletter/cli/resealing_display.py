"""How sealing everything again is shown: a bar on a terminal, a plain line now and then in a log."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import Final, Self

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from newsletter.cli.printing import console
from newsletter.cli.stopping import stop_on_signals
from newsletter.subscribers.installation import rings
from newsletter.subscribers.resealing import count_old_rows
from newsletter.subscribers.rotating import Rotation, RotationEnd, reseal_everything

SECONDS_IN_A_LOG: Final = 10.0


def reseal(*, who: str, write_down: Callable[[str, str, str], None]) -> None:
    """Seal everything again, and say how it ended; exit 1 when it is not done."""
    total = count_old_rows(max(rings().look_again().seal))
    with stop_on_signals() as stop, _Counting(total) as counting:
        done = reseal_everything(rings(), stop=stop, tell=counting.add)
    if done.end is RotationEnd.DONE:
        write_down("reseal", f"sealed with key {done.version}: {done.resealed} rows", who)
    _say(done)
    if done.end is not RotationEnd.DONE:
        raise typer.Exit(1)


def _say(done: Rotation) -> None:
    rate = f"{done.resealed / max(done.seconds, 0.001):,.0f} a second"
    console.print(
        f"{done.resealed:,} rows are sealed again with key {done.version} ({done.seconds:.0f} s, {rate}).", markup=False
    )
    if done.damaged:
        console.print(
            f"{done.damaged:,} values do not open, with any key: they were changed or moved, and were left as they are.",
            style="yellow",
            markup=False,
        )
    if done.without_key:
        console.print(
            f"{done.without_key:,} values need a key that the ring does not have; `newsletter keys list` says which.",
            style="yellow",
            markup=False,
        )
    if done.end is RotationEnd.STOPPED:
        console.print("Stopped. Run `newsletter keys rotate` again: it goes on where it was.", markup=False)
    elif done.end is RotationEnd.OTHERS_SEAL_WITH_AN_OLD_KEY:
        console.print(
            "Values sealed with an older key keep coming: some process still has the old key ring. Start every `newsletter "
            "serve`, `web` and `scheduler` again, then run `newsletter keys rotate` once more.",
            style="bold yellow",
            markup=False,
        )


class _Counting:
    """Shows how many rows were looked at; a context manager."""

    def __init__(self, total: int) -> None:
        self._total, self._looked_at, self._said_at = total, 0, monotonic()
        self._bar: Progress | None = None
        if console.is_terminal:
            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("rows"), TimeRemainingColumn())
            self._bar = Progress(*columns, console=console, transient=True)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task("", total=self._total)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()

    def add(self, rows: int) -> None:
        """Count rows; say so in a log from time to time."""
        self._looked_at += rows
        if self._bar is not None:
            self._bar.advance(self._task, rows)
        elif monotonic() - self._said_at >= SECONDS_IN_A_LOG:
            self._said_at = monotonic()
            console.print(f"{self._looked_at:,} of {self._total:,} rows", markup=False)
