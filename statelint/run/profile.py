"""Where the time of a run goes."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN = 0.0005
"""Rules that take less than this many seconds are not worth a line."""


class Profile:
    """Seconds by stage, in order of the stages' first beginnings; a stage inside another counts for itself alone."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inner = [0.0]

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time that the ``with`` block takes to the stage ``name``."""
        self.seconds.setdefault(name, 0.0)
        self._inner.append(0.0)
        started = time.perf_counter()
        try:
            yield
        finally:
            taken = time.perf_counter() - started
            self.seconds[name] += taken - self._inner.pop()
            self._inner[-1] += taken

    def lines(self) -> list[str]:
        """Return a table of the stages."""
        total = sum(self.seconds.values())
        shown = {name: taken for name, taken in self.seconds.items() if taken >= _SHOWN}
        width = max(map(len, shown), default=0)
        rows = [f"{name:<{width}}  {taken * 1000:>8,.0f} ms  {taken / total:>4.0%}" for name, taken in shown.items()]
        return [*rows, f"{'all':<{width}}  {total * 1000:>8,.0f} ms"]
