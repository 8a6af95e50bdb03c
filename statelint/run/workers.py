"""Hands out files to processes, here or elsewhere, and survives the death of some."""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TYPE_CHECKING, Any, Protocol

from statelint.extract.extractor import failed
from statelint.extract.facts import Failure
from statelint.run.records import unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from statelint.extract.facts import ModuleFacts
    from statelint.run.records import Record

_PATIENCE = 30.0
"""Seconds without any result after which the workers are asked whether there are any."""


class LostError(Exception):
    """The process that had a batch died."""


class Workers(Protocol):
    """Processes that extract batches of files."""

    @property
    def width(self) -> int:
        """How many batches to hand out at once."""

    def submit(self, batch: Sequence[str]) -> Future[Any]:
        """Hand out a batch."""

    def take(self, batch: Sequence[str], future: Future[Any]) -> list[Record]:
        """Return the records of a batch, in its order. Raises LostError or ExecutorError."""

    def check(self) -> None:
        """Raise ExecutorError if nobody is left to do the work."""

    def close(self) -> None:
        """Let go of the workers, whatever they are at."""


def spread(
    workers: Workers,
    batches: Sequence[list[str]],
    *,
    count: Callable[[int], None],
    keep: Callable[[Sequence[Record]], None] | None,
) -> list[ModuleFacts]:
    """Have ``workers`` extract all ``batches``, and let go of them.

    A file that kills its process fails alone. ``count`` hears how many files were just done. Raises ExecutorError.
    """

    def take(batch: list[str], future: Future[Any]) -> list[ModuleFacts]:
        records = workers.take(batch, future)
        if keep is not None:
            keep([record for record in records if record.content])
        return [unpack(record.packed, record.path) for record in records]

    facts: list[ModuleFacts] = []
    suspects: list[str] = []
    waiting = deque(batches)
    running: dict[Future[Any], list[str]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers.width:
                batch = waiting.popleft()
                running[workers.submit(batch)] = batch
            done = wait(running, timeout=_PATIENCE, return_when=FIRST_COMPLETED).done
            if not done:
                workers.check()
            for future in done:
                batch = running.pop(future)
                try:
                    facts += take(batch, future)
                except LostError:
                    suspects += batch
                else:
                    count(len(batch))
        for path in sorted(suspects):
            try:
                facts += take([path], workers.submit([path]))
            except LostError:
                facts.append(failed(path, Failure("unreadable", "the process that read the file died", 1, 1)))
            count(1)
    finally:
        workers.close()
    return facts


__all__ = ["LostError", "Workers", "spread"]
