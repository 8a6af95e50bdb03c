"""A cluster of Dask's: processes on this machine or on others, which get the files' contents with the work."""

from __future__ import annotations

import logging
import sys
import zlib
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from statelint.catalogue.lookup import Catalogue
from statelint.catalogue.schema import Library
from statelint.run.errors import ExecutorError
from statelint.run.executors import DASK_SCHEME, LOCAL_DASK
from statelint.run.identity import LIBRARIES, READERS, code_now
from statelint.run.pool import safe_path
from statelint.run.reader import Reader, collector_off
from statelint.run.records import Record, look, pack
from statelint.run.workers import LostError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor, Future

    from statelint.lint.rule import Rule
    from statelint.run.limits import Limits
    from statelint.source.text import SourceError

_PATIENCE = 30
"""Seconds to wait for a scheduler, and for its first worker."""
_AHEAD = 2
_LEAST_AHEAD = 16
"""Batches handed out at once at least: a cluster that adapts itself grows with what is waiting."""

_encode = msgspec.msgpack.Encoder().encode


class Cluster:
    """The workers of the Dask scheduler at ``dask://host:port``, or with ``dask`` a cluster for this run alone."""

    def __init__(self, reader: Reader, address: str, jobs: int) -> None:
        """Connect; ``jobs`` is the number of workers of a cluster that is made here. Raises ExecutorError."""
        self._root = reader.root
        self._setup = zlib.compress(_encode(reader.catalogue.libraries), 1)
        self._visitors = list(reader.visitors)  # older versions of Dask call what comes first in a tuple
        self._limits = reader.limits
        self._identity = _identity(_packages(self._visitors))
        self._address = address
        self._exit = ExitStack()
        try:
            self._client: Any = self._exit.enter_context(self._connect(jobs))
            self._client.wait_for_workers(1, timeout=_PATIENCE)
            self.width = max(_LEAST_AHEAD, _AHEAD * sum(self._client.nthreads().values()))
        except (OSError, ValueError) as error:  # TimeoutError is an OSError
            self.close()
            raise ExecutorError(f"{address}: no Dask scheduler with a worker can be reached: {error}") from error
        except BaseException:
            self.close()
            raise
        self._executor: Executor = self._client.get_executor(pure=False)

    def submit(self, batch: Sequence[str]) -> Future[Any]:
        """Hand out a batch with the contents of its files."""
        contents = [(path, *look(self._root / path)) for path in batch]
        return self._executor.submit(_extract_there, self._setup, self._visitors, self._limits, contents)

    def take(self, batch: Sequence[str], future: Future[Any]) -> list[Record]:
        """Return the records of a batch.

        Raises LostError if it has killed as many workers as the scheduler lets it, and ExecutorError for whatever else
        goes wrong with the cluster.
        """
        from distributed import KilledWorker  # noqa: PLC0415 - an extra

        try:
            identity, extracted = future.result()
        except KilledWorker as error:
            raise LostError from error
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            raise ExecutorError(f"{self._address}: a worker failed: {type(error).__name__}: {error}") from error
        if identity != self._identity:
            raise ExecutorError(
                f"{self._address}: a worker has another version of Python, statelint, a rule pack or LibCST than this "
                "machine; what it reads would differ"
            )
        return [Record(path, content, packed) for path, (content, packed) in zip(batch, extracted, strict=True)]

    def check(self) -> None:
        """Raise ExecutorError if the cluster has no worker any more."""
        if not self._client.nthreads():
            raise ExecutorError(f"{self._address}: the cluster has no worker left")

    def close(self) -> None:
        """Disconnect; a cluster that was made here ends."""
        self._exit.close()

    def _connect(self, jobs: int) -> Any:
        try:
            distributed: Any = import_module("distributed")  # untyped, and an extra
        except ImportError as error:
            raise ExecutorError(
                f"--executor {self._address} needs the package 'distributed': install statelint[dask]"
            ) from error
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # a lost worker is no news: its work is done again
        if self._address != LOCAL_DASK:
            return distributed.Client(
                f"tcp://{self._address.removeprefix(DASK_SCHEME)}", timeout=_PATIENCE, set_as_default=False
            )
        with safe_path():
            cluster = distributed.LocalCluster(
                n_workers=jobs, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
            )
        self._exit.enter_context(cluster)
        return distributed.Client(cluster, set_as_default=False)


# --- on the workers -----------------------------------------------------------------------------------------------


def _extract_there(
    setup: bytes,
    visitors: list[type[Rule]],
    limits: Limits,
    contents: list[tuple[str, bytes, bytes | SourceError]],
) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Return what says which code this is, and for each file its content's key and packed facts."""
    reader = Reader(Path(), _catalogue(setup), visitors, limits)
    with collector_off():
        readings = [reader.extract(*content) for content in contents]
        return _identity(_packages(visitors)), [(content, pack(facts)) for facts, content in readings]


@cache
def _catalogue(setup: bytes) -> Catalogue:
    return Catalogue(msgspec.msgpack.decode(zlib.decompress(setup), type=tuple[Library, ...]))


def _packages(visitors: Sequence[type[Rule]]) -> frozenset[str]:
    return frozenset(rule.__module__.partition(".")[0] for rule in visitors)


@cache
def _identity(packages: frozenset[str]) -> bytes:
    return code_now({*READERS, *LIBRARIES, *packages}, sys.version_info[:2])


__all__ = ["Cluster"]
