"""A pool of processes on this machine."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from statelint.catalogue.lookup import Catalogue
from statelint.catalogue.schema import Library
from statelint.run.reader import Reader
from statelint.run.records import Record, pack
from statelint.run.workers import LostError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from statelint.lint.rule import Rule
    from statelint.run.limits import Limits

_MOST_JOBS = 60
"""Windows waits for no more processes at once."""
_AHEAD = 2
"""Batches handed out per process; when one dies, the files of all these are suspects."""


class Pool:
    """A pool of processes that outlives the death of its members."""

    def __init__(self, reader: Reader, jobs: int) -> None:
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
                self._results = TemporaryDirectory(prefix="statelint-", ignore_cleanup_errors=True)
                self._executor = self._new()
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
        result = str(Path(self._results.name, str(self._handed_out)))
        while True:
            if self._executor is None:
                self._executor = self._new()
            try:
                return self._executor.submit(_extract_batch, batch, result)
            except BrokenExecutor:
                self._stop()

    def take(self, batch: Sequence[str], future: Future[str]) -> list[Record]:
        """Return the records of a batch. Raises LostError if a process died; it may have been another's."""
        try:
            result = Path(future.result())
        except BrokenExecutor as error:
            raise LostError from error
        extracted = _DECODER.decode(result.read_bytes())
        result.unlink()
        return [Record(path, content, packed) for path, (content, packed) in zip(batch, extracted, strict=True)]

    def check(self) -> None:
        """Do nothing: processes that are gone are missed at once."""

    def close(self) -> None:
        """Stop the processes; they finish what they are at, but nobody waits for it."""
        self._stop()
        if self._results is not None:
            self._results.cleanup()

    def _new(self) -> ProcessPoolExecutor:
        with safe_path():
            executor = ProcessPoolExecutor(self._jobs, _context(), initializer=_initialise, initargs=self._arguments)
            executor.submit(os.getpid).result()  # starts all of them
        return executor

    def _stop(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None


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


def _extract_batch(paths: Sequence[str], result: str) -> str:
    """Write the facts of a batch to the file ``result``.

    They do not go through the executor's pipe: a process that is killed amid a message larger than the pipe's buffer
    leaves half of it behind, and the executor waits for the other half for ever. A file's name goes in one piece.
    """
    assert _reader is not None  # noqa: S101 - set by the initializer
    readings = map(_reader, paths)
    Path(result).write_bytes(_ENCODER.encode([(content, pack(facts)) for facts, content in readings]))
    return result
