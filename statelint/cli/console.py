"""Standard streams: colours, widths, progress, and pipes that close early."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import TextIO

    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

COLOURS = ("auto", "always", "never")
PIPED_WIDTH = 100
"""Columns where nobody says how many there are."""

_PATIENCE = 0.7
"""Seconds of work before a progress bar appears."""


def color_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--color``."""
    return click.option(
        "--color",
        type=click.Choice(COLOURS),
        default="auto",
        help="Colour the output; auto: on a terminal, and as NO_COLOR and FORCE_COLOR say.",
    )(function)


def coloured(choice: str, stream: TextIO) -> bool:
    """Decide whether ``stream`` gets colours: by ``--color``, NO_COLOR, FORCE_COLOR, and whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def linked(stream: TextIO) -> bool:
    """Decide whether ``stream`` understands hyperlinks."""
    return stream.isatty() and os.environ.get("TERM") not in ("dumb", "linux", None)


def light() -> bool:
    """Tell whether the terminal says, in COLORFGBG, that its background is light."""
    return os.environ.get("COLORFGBG", "").rpartition(";")[2] in {"7", "15"}


def width() -> int:
    """Return the columns of the terminal, or what COLUMNS says."""
    return max(40, shutil.get_terminal_size((PIPED_WIDTH, 24)).columns)


def emit(text: str) -> None:
    """Write ``text`` to standard output. A reader that has gone away (``| head``) is no error."""
    try:
        click.echo(text, nl=False, color=True)
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more at its end: let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(message: str) -> None:
    """Write a line that is no result to standard error."""
    click.echo(flowed(message, sys.stderr), err=True, color=True)


def flowed(message: str, stream: TextIO) -> str:
    """Break what is too wide for the terminal ``stream`` at spaces; elsewhere lines stay whole."""
    if not stream.isatty():
        return message
    from statelint.report.text import cells, wrap  # noqa: PLC0415 - not for the command's help

    room = width()
    return "\n".join(
        part for line in message.split("\n") for part in (wrap(line, room) if cells(line) > room else [line])
    )


class Progress:
    """A progress bar on standard error for work that takes a while, if that is a terminal.

    Called with the number of files done and the number of all.
    """

    def __init__(self, *, wanted: bool) -> None:
        """Show nothing at all unless ``wanted``."""
        self._wanted = wanted and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self.total = 0
        """How many files there are to read; known once one is read."""
        self._start: float | None = None
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None

    def __call__(self, done: int, total: int) -> None:
        """Note that ``done`` of ``total`` files are read."""
        self.total = total
        if self._start is None:
            self._start = time.monotonic()
        if not self._wanted or time.monotonic() - self._start < _PATIENCE:
            return
        if self._bar is None:
            self._bar, self._task = _bar(total)
        if self._task is not None:
            self._bar.update(self._task, completed=done, total=total)

    def __enter__(self) -> Progress:
        """Get ready; the clock starts with the first call."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()


def _bar(total: int) -> tuple[RichProgress, TaskID]:
    from rich.console import Console  # noqa: PLC0415 - only long work pays for rich
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    bar = Progress(
        TextColumn("Reading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files"),
        console=Console(stderr=True),
        transient=True,
    )
    bar.start()
    return bar, bar.add_task("", total=total)
