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
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from statelint.catalogue.loader import Catalogue
from statelint.catalogue.schema import Library
from statelint.config.settings import Settings
from statelint.extract.extractor import extract, failed
from statelint.extract.facts import Failure, ModuleFacts
from statelint.run.limits import OverTime, limited
from statelint.run.processors import processors
from statelint.run.records import Record, look, pack, unpack
from statelint.source.text import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from statelint.lint.rule import Rule

Keeper: TypeAlias = "Callable[[Sequence[Record]], None]"
"""Takes the facts that may be kept."""

POOL_BYTES = 2_000_000
"""Smaller projects are done, however many files they have, by the time that a pool's processes have started."""

DEFAULTS = Settings()
_BATCH_BYTES = 200_000
_BATCH_FILES = 50
_MOST_JOBS = 60
"""Windows waits for no more processes at once."""
_AHEAD = 2
"""Batches handed out per process; when one dies, the files of all these are suspects."""


class Reader:
    """Reads and extracts the files of one project."""

    def __init__(
        self,
        root: Path,
        catalogue: Catalogue,
        visitors: Sequence[type[Rule]],
        seconds: float = DEFAULTS.file_time_limit,
    ) -> None:
        self.root = root
        self.catalogue = catalogue
        self.visitors = visitors
        self.seconds = seconds
        """How long one file may take."""

    def __call__(self, path: str) -> tuple[ModuleFacts, bytes]:
        """Return the facts of the file ``path`` and its content's key.

        What keeps the file from being read is the facts' ``failure``. The key is empty if more than the content is to
        blame for it.
        """
        content, data = look(self.root / path)
        if isinstance(data, SourceError):
            return failed(path, Failure("unreadable", data.message, data.line, data.column)), content
        try:
            with limited(self.seconds):
                return extract(path, data, self.catalogue, self.visitors), content
        except OverTime:
            message = f"reading it takes more than {self.seconds:g} s (file-time-limit)"
            return failed(path, Failure("unreadable", message, 1, 1)), b""
        except Exception as error:  # a bug of ours or of a rule's visitor, which must not cost the other files
            message = f"internal error while the file was analysed: {type(error).__name__}: {error}"
            return failed(path, Failure("unreadable", message, 1, 1)), b""


def extract_files(
    reader: Reader,
    files: Mapping[str, int],
    *,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    keep: Keeper | None = None,
) -> list[ModuleFacts]:
    """Return the facts of ``files`` (with their sizes), sorted by path.

    ``jobs`` limits the processes (default: one a processor; 1: none besides this). ``progress`` hears how many files
    of how many are done. ``keep`` is given the facts that may be kept, from time to time, and also when the work is
    interrupted.
    """
    jobs = min(jobs or processors(), _MOST_JOBS)
    count = _Counter(len(files), progress)
    facts: list[ModuleFacts] | None = None
    if jobs > 1 and len(files) > 1 and sum(files.values()) > POOL_BYTES:
        pool = _Pool(reader, jobs)
        if pool.start():
            facts = pool.run(_batches(files), count, keep)
    if facts is None:
        facts = _extract_here(reader, files, count, keep)
    return sorted(facts, key=lambda module: module.path)


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

    def __init__(self, reader: Reader, jobs: int) -> None:
        self._arguments = (
            reader.root,
            _ENCODER.encode(reader.catalogue.libraries),
            tuple(reader.visitors),
            reader.seconds,
        )
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
                started = True
        finally:
            if not started:
                self.close()
        return started

    def run(self, batches: Sequence[list[str]], count: _Counter, keep: Keeper | None) -> list[ModuleFacts]:
        """Extract all batches. A file that kills its process fails alone."""

        def take(batch: list[str], result: str) -> list[ModuleFacts]:
            taken = zip(batch, _taken(result), strict=True)
            records = [Record(path, content, packed) for path, (content, packed) in taken]
            if keep is not None:
                keep([record for record in records if record.content])
            return [unpack(record.packed, record.path) for record in records]

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
                        facts += take(running[future], future.result())
                        count.add(len(running.pop(future)))
                except BrokenExecutor:
                    suspects += (path for batch in running.values() for path in batch)
                    running.clear()
                    self._stop()
            for path in sorted(suspects):
                try:
                    facts += take([path], self._submit([path]).result())
                except BrokenExecutor:
                    self._stop()
                    facts.append(failed(path, Failure("unreadable", "the process that read the file died", 1, 1)))
                count.add(1)
        finally:
            self.close()
        return facts

    def close(self) -> None:
        """Stop the processes; they finish what they are at, but nobody waits for it."""
        self._stop()
        if self._results is not None:
            self._results.cleanup()

    def _submit(self, batch: list[str]) -> Future[str]:
        if self._executor is None:
            self._executor = self._new()
        assert self._results is not None  # noqa: S101 - made before the first process
        self._handed_out += 1
        return self._executor.submit(_extract_batch, batch, str(Path(self._results.name, str(self._handed_out))))

    def _new(self) -> ProcessPoolExecutor:
        with _safe_path():
            executor = ProcessPoolExecutor(self._jobs, _context(), initializer=_initialise, initargs=self._arguments)
            executor.submit(os.getpid).result()  # starts all of them
        return executor

    def _stop(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None


def _taken(result: str) -> list[tuple[bytes, bytes]]:
    """Read a batch's content keys and packed facts, and remove their file."""
    file = Path(result)
    records = _DECODER.decode(file.read_bytes())
    file.unlink()
    return records


@contextmanager
def _safe_path() -> Iterator[None]:
    """Keep Pythons that are started from importing what lies in the working directory: the code under lint."""
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


def _context() -> multiprocessing.context.BaseContext:
    """Return how processes start: never as a plain fork, for a progress bar's thread may hold a lock just then."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


# --- in the processes of the pool ---------------------------------------------------------------------------------

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[tuple[bytes, bytes]])
_LIBRARIES = msgspec.msgpack.Decoder(tuple[Library, ...])
_reader: Reader | None = None


def _initialise(root: Path, libraries: bytes, visitors: tuple[type[Rule], ...], seconds: float) -> None:
    global _reader  # noqa: PLW0603 - a process of the pool serves one run only
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches the whole group: die without a traceback
    gc.disable()
    _reader = Reader(root, Catalogue(_LIBRARIES.decode(libraries)), visitors, seconds)


def _extract_batch(paths: Sequence[str], result: str) -> str:
    """Write the facts of a batch to the file ``result``.

    They do not go through the executor's pipe: a process that is killed amid a message larger than the pipe's buffer
    leaves half of it behind, and the executor waits for the other half for ever. A file's name goes in one piece.
    """
    assert _reader is not None  # noqa: S101 - set by the initializer
    readings = map(_reader, paths)
    Path(result).write_bytes(_ENCODER.encode([(content, pack(facts)) for facts, content in readings]))
    return result
