"""Extracts the facts of many files: here for few, in a pool of processes for many.

The result does not depend on the number of processes or on the order in which they finish.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections import deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from statelint.catalogue.loader import load
from statelint.extract.extractor import extract, failed
from statelint.extract.facts import Failure, ModuleFacts
from statelint.source.text import SourceError, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from statelint.catalogue.loader import Catalogue
    from statelint.lint.rule import Rule

POOL_BYTES = 2_000_000
"""Smaller projects are done, however many files they have, by the time that a pool's processes have started."""

_BATCH_BYTES = 200_000
_BATCH_FILES = 50
_MOST_JOBS = 60
"""Windows waits for no more processes at once."""
_AHEAD = 2
"""Batches handed out per process; when one dies, the files of all these are suspects."""


class Reader:
    """Reads and extracts the files of one project."""

    def __init__(self, root: Path, catalogue: Catalogue, visitors: Sequence[type[Rule]]) -> None:
        self.root = root
        self.catalogue = catalogue
        self.visitors = visitors

    def __call__(self, path: str) -> ModuleFacts:
        """Return the facts of the file ``path``; what keeps it from being read is their ``failure``."""
        try:
            data = read(self.root / path)
        except SourceError as error:
            return failed(path, Failure("unreadable", error.message, error.line, error.column))
        try:
            return extract(path, data, self.catalogue, self.visitors)
        except Exception as error:  # a bug of ours or of a rule's visitor, which must not cost the other files
            message = f"internal error while the file was analysed: {type(error).__name__}: {error}"
            return failed(path, Failure("unreadable", message, 1, 1))


def extract_files(
    reader: Reader,
    extra: Mapping[str, object],
    files: Mapping[str, int],
    *,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[ModuleFacts]:
    """Return the facts of ``files`` (with their sizes), sorted by path.

    ``extra`` are the catalogue facts of the project, from which other processes make the reader's catalogue again.
    ``jobs`` limits the processes (default: one a processor; 1: none besides this). ``progress`` hears how many files
    of how many are done.
    """
    jobs = min(jobs or processors(), _MOST_JOBS)
    count = _Counter(len(files), progress)
    facts: list[ModuleFacts] = []
    left = list(files)
    if jobs > 1 and len(files) > 1 and sum(files.values()) > POOL_BYTES:
        pool = _Pool(reader, extra, jobs)
        if pool.start():
            facts = pool.run(_batches(files), count)
            left = []
    with collector_off():
        for path in left:
            facts.append(reader(path))
            count.add(1)
    return sorted(facts, key=lambda module: module.path)


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def collector_off() -> Iterator[None]:
    """Keep the garbage collector from searching the many objects made here, none of which are garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


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


class _Pool:
    """A pool of processes that outlives the death of its members."""

    def __init__(self, reader: Reader, extra: Mapping[str, object], jobs: int) -> None:
        self._arguments = (reader.root, dict(extra), tuple(reader.visitors))
        self._jobs = jobs
        self._executor: ProcessPoolExecutor | None = None
        self._results: TemporaryDirectory[str] | None = None
        self._handed_out = 0

    def start(self) -> bool:
        """Start a process; False where that does not work: in some sandboxes, or without a main module to import."""
        started = False
        try:
            with suppress(Exception):  # whatever it is, this process can do the work
                self._results = TemporaryDirectory(prefix="statelint-", ignore_cleanup_errors=True)
                self._executor = self._new()
                self._executor.submit(os.getpid).result()
                started = True
        finally:
            if not started:
                self.close()
        return started

    def run(self, batches: Sequence[list[str]], count: _Counter) -> list[ModuleFacts]:
        """Extract all batches. A file that kills its process fails alone."""
        facts: list[ModuleFacts] = []
        suspects: list[str] = []
        waiting = deque(batches)
        running: dict[Future[str], list[str]] = {}
        try:
            while waiting or running:
                try:
                    while waiting and len(running) < self._jobs * _AHEAD:
                        running[self._submit(waiting[0])] = waiting[0]
                        waiting.popleft()
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        facts += _taken(future.result())
                        count.add(len(running.pop(future)))
                except BrokenExecutor:
                    suspects += (path for batch in running.values() for path in batch)
                    running.clear()
                    self._stop()
            for path in sorted(suspects):
                facts.append(self._alone(path))
                count.add(1)
        finally:
            self.close()
        return facts

    def close(self) -> None:
        """Stop the processes; they finish what they are at, but nobody waits for it."""
        self._stop()
        if self._results is not None:
            self._results.cleanup()

    def _alone(self, path: str) -> ModuleFacts:
        """Extract one file in a process of its own, if need be."""
        try:
            (facts,) = _taken(self._submit([path]).result())
        except BrokenExecutor:
            self._stop()
            return failed(path, Failure("unreadable", "the process that read the file died", 1, 1))
        return facts

    def _submit(self, batch: list[str]) -> Future[str]:
        if self._executor is None:
            self._executor = self._new()
        assert self._results is not None  # noqa: S101 - made before the first process
        self._handed_out += 1
        return self._executor.submit(_extract_batch, batch, str(Path(self._results.name, str(self._handed_out))))

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._jobs, _context(), initializer=_initialise, initargs=self._arguments)

    def _stop(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None


def _taken(result: str) -> list[ModuleFacts]:
    """Read a batch's facts, and remove their file."""
    file = Path(result)
    facts = _DECODER.decode(file.read_bytes())
    file.unlink()
    return facts


def _context() -> multiprocessing.context.BaseContext:
    """Return how processes start: never as a plain fork, for a progress bar's thread may hold a lock just then."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


# --- in the processes of the pool ---------------------------------------------------------------------------------

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[ModuleFacts])
_reader: Reader | None = None


def _initialise(root: Path, extra: Mapping[str, object], visitors: tuple[type[Rule], ...]) -> None:
    global _reader  # noqa: PLW0603 - a process of the pool serves one run only
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches the whole group: die without a traceback
    gc.disable()
    _reader = Reader(root, load(extra), visitors)


def _extract_batch(paths: Sequence[str], result: str) -> str:
    """Write the facts of a batch to the file ``result``.

    They do not go through the executor's pipe: a process that is killed amid a message larger than the pipe's buffer
    leaves half of it behind, and the executor waits for the other half for ever. A file's name goes in one piece.
    """
    assert _reader is not None  # noqa: S101 - set by the initializer
    Path(result).write_bytes(_ENCODER.encode([_reader(path) for path in paths]))
    return result
