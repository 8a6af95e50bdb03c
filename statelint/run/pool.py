"""A pool of processes on this machine."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from statelint.catalogue.lookup import Catalogue
from statelint.catalogue.schema import Library
from statelint.run.interrupts import deferred
from statelint.run.reader import Reader
from statelint.run.records import Record, pack
from statelint.run.workers import LostError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from statelint.lint.rule import Rule
    from statelint.run.limits import Limits

_MOST_JOBS = 60
"""Windows waits for no more processes at once."""
_AHEAD = 2
"""Batches handed out per process; when one dies, the files of all these are suspects."""


class Pool:
    """A pool of processes that outlives the death of its members."""

    def __init__(self, reader: Reader, jobs: int) -> None:
        self._reader = reader
        self._arguments = (
            reader.root,
            _ENCODER.encode(reader.catalogue.libraries),
            tuple(reader.visitors),
            reader.limits,
        )
        self._jobs = min(jobs, _MOST_JOBS)
        self._executor: ProcessPoolExecutor | None = None
        self._results: TemporaryDirectory[str] | None = None
        self._handed_out = 0

    def start(self) -> bool:
        """Start a process; False where that does not work: in some sandboxes, or without a main module to import."""
        started = False
        try:
            with suppress(Exception):  # whatever it is, this process can do the work
                with safe_path(), deferred():
                    self._results = TemporaryDirectory(prefix="statelint-", ignore_cleanup_errors=True)
                    first = self._new().submit(os.getpid)
                first.result()
                started = True
        finally:
            if not started:
                self.close()
        return started

    @property
    def width(self) -> int:
        """How many batches to hand out at once."""
        return self._jobs * _AHEAD

    def submit(self, batch: Sequence[str]) -> Future[str]:
        """Hand out a batch, to new processes if one of the old ones has died."""
        assert self._results is not None  # noqa: S101 - made before the first process
        self._handed_out += 1
        place = Path(self._results.name, str(self._handed_out))
        try:
            place.write_bytes(os.fsencode("\0".join(batch)))
        except OSError as error:
            future: Future[str] = Future()
            future.set_exception(error)
            return future
        while True:
            try:
                with safe_path(), deferred():  # it may start a process
                    return (self._executor or self._new()).submit(_extract_batch, str(place))
            except BrokenExecutor:
                self._stop()

    def take(self, batch: Sequence[str], future: Future[str]) -> list[Record]:
        """Return the records of a batch. Raises LostError if a process died; it may have been another's."""
        try:
            place = Path(future.result())
            extracted = _DECODER.decode(place.read_bytes())
            place.unlink()
        except BrokenExecutor as error:
            raise LostError from error
        except OSError:  # there is no room for temporary files
            extracted = _extracted(self._reader, batch)
        return [Record(path, content, packed) for path, (content, packed) in zip(batch, extracted, strict=True)]

    def check(self) -> None:
        """Do nothing: processes that are gone are missed at once."""

    def close(self) -> None:
        """End the processes, whatever they are at."""
        with deferred():
            self._stop()
            if self._results is not None:
                self._results.cleanup()

    def _new(self) -> ProcessPoolExecutor:
        self._executor = ProcessPoolExecutor(self._jobs, _context(), initializer=_initialise, initargs=self._arguments)
        return self._executor

    def _stop(self) -> None:
        """End the processes at once: those that have hardly begun would miss, aloud, what ends with this one."""
        executor, self._executor = self._executor, None
        if executor is not None:
            for process in list((executor._processes or {}).values()):
                process.kill()
            executor.shutdown(cancel_futures=True)  # its thread must not close a pipe that Python's end writes to


@contextmanager
def safe_path() -> Iterator[None]:
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


def _initialise(root: Path, libraries: bytes, visitors: tuple[type[Rule], ...], limits: Limits) -> None:
    global _reader  # noqa: PLW0603 - a process of the pool serves one run only
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches the whole group: die without a traceback
    threading.Thread(target=_outlive_nobody, daemon=True).start()
    gc.disable()
    _reader = Reader(root, Catalogue(_LIBRARIES.decode(libraries)), visitors, limits)


def _outlive_nobody() -> None:
    """End this process when the one that it works for has gone, for whose work it would wait for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 - this is a process of the pool
    parent.join()
    os._exit(1)


def _extract_batch(place: str) -> str:
    """Write the facts of a batch over the paths of its files, which are in the file ``place``.

    They do not go through the executor's pipes: a process that is killed amid a message larger than a pipe's buffer
    leaves half of it behind, and the executor waits for the other half for ever. A file's name goes in one piece. Nor
    do the paths: where no process is left to empty a full pipe, the executor waits for that, too.
    """
    assert _reader is not None  # noqa: S101 - set by the initializer
    file = Path(place)
    file.write_bytes(_ENCODER.encode(_extracted(_reader, os.fsdecode(file.read_bytes()).split("\0"))))
    return place


def _extracted(reader: Reader, paths: Sequence[str]) -> list[tuple[bytes, bytes]]:
    return [(content, pack(facts)) for facts, content in map(reader, paths)]
