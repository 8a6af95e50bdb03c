"""Extracts the facts of many files: here for few, in other processes for many.

The result does not depend on the number of processes or on the order in which they finish.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from statelint.run.executors import PROCESSES
from statelint.run.processors import processors
from statelint.run.reader import Reader, collector_off
from statelint.run.records import Record, pack
from statelint.run.workers import spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from statelint.extract.facts import ModuleFacts
    from statelint.run.workers import Workers

Keeper: TypeAlias = "Callable[[Sequence[Record]], None]"
"""Takes the facts that may be kept."""

POOL_BYTES = 2_000_000
"""Smaller projects are done, however many files they have, by the time that a pool's processes have started."""

_BATCH_BYTES = 200_000
_BATCH_FILES = 50


def extract_files(
    reader: Reader,
    files: Mapping[str, int],
    *,
    jobs: int | None = None,
    executor: str = PROCESSES,
    progress: Callable[[int, int], None] | None = None,
    keep: Keeper | None = None,
) -> list[ModuleFacts]:
    """Return the facts of ``files`` (with their sizes), sorted by path.

    ``jobs`` limits the processes (default: one a processor; 1: none besides this). ``executor`` is where they are:
    ``processes`` of a pool, ``dask`` for a cluster of Dask's on this machine, ``dask://host:port`` for one elsewhere.
    ``progress`` hears how many files of how many are done. ``keep`` is given the facts that may be kept, from time to
    time, and also when the work is interrupted. Raises ExecutorError where the executor cannot be used.
    """
    count = _Counter(len(files), progress)
    workers = None
    if len(files) > 1 and sum(files.values()) > POOL_BYTES:
        workers = _workers(reader, executor, jobs or processors())
    if workers is None:
        facts = _extract_here(reader, files, count, keep)
    else:
        facts = spread(workers, _batches(files), count=count.add, keep=keep)
    return sorted(facts, key=lambda module: module.path)


def _workers(reader: Reader, executor: str, jobs: int) -> Workers | None:
    """Return the processes to use besides this one; None if there are none."""
    if executor != PROCESSES:
        from statelint.run.cluster import Cluster  # noqa: PLC0415 - an extra, and slow to import

        return Cluster(reader, executor, jobs)
    if jobs <= 1:
        return None
    from statelint.run.pool import Pool  # noqa: PLC0415 - brings what starts processes

    pool = Pool(reader, jobs)
    return pool if pool.start() else None


def _extract_here(reader: Reader, files: Iterable[str], count: _Counter, keep: Keeper | None) -> list[ModuleFacts]:
    facts: list[ModuleFacts] = []
    records: list[Record] = []
    try:
        with collector_off():
            for path in files:
                module, content = reader(path)
                facts.append(module)
                if keep is not None and content:
                    records.append(Record(path, content, pack(module)))
                    if len(records) == _BATCH_FILES:
                        keep(records)
                        records = []
                count.add(1)
    finally:
        if keep is not None:
            keep(records)
    return facts


class _Counter:
    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        self._done = 0
        self._total = total
        self._progress = progress

    def add(self, files: int) -> None:
        self._done += files
        if self._progress is not None:
            self._progress(self._done, self._total)


def _batches(files: Mapping[str, int]) -> list[list[str]]:
    """Group the files for hand-over, largest first, so that no process ends long after the others."""
    batches: list[list[str]] = []
    room = 0
    for path in sorted(files, key=lambda path: (-files[path], path)):
        if not batches or files[path] > room or len(batches[-1]) >= _BATCH_FILES:
            batches.append([])
            room = _BATCH_BYTES
        batches[-1].append(path)
        room -= files[path]
    return batches
