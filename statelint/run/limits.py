"""Limits to the time and the memory that one file may take.

In the main thread a timer interrupts even what regular expressions do; elsewhere another thread looks after it. Neither
stops the parsers, whose appetite is therefore estimated before they begin (``statelint.extract.nesting``).
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Self

from statelint.config.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from types import FrameType

_TICK = 0.1
"""Seconds from one look to the next."""
_MEGABYTE = 1_000_000
_DEFAULTS = Settings()


class OverLimit(BaseException):
    """A limit is passed. No ``Exception``: what expects a rule's mistake must not take this for one."""


class OverTime(OverLimit):
    """The time is up."""


class OverMemory(OverLimit):
    """The memory is used up."""


class Limits(NamedTuple):
    """What one file may take: seconds of computing, and megabytes."""

    seconds: float = _DEFAULTS.file_time_limit
    megabytes: float = _DEFAULTS.file_memory_limit

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the limits that are set."""
        return cls(settings.file_time_limit, settings.file_memory_limit)


def limited(limits: Limits) -> AbstractContextManager[None]:
    """Return a context whose block is left by OverTime or OverMemory once this process has taken more.

    Computing counts, not waiting, so a busy machine costs nothing. What memory is used is known on Linux only.
    """
    timed = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    return _interrupted(_Budget(limits)) if timed else _watched(_Budget(limits))


class _Budget:
    def __init__(self, limits: Limits) -> None:
        self._until = time.process_time() + limits.seconds
        self._room = _resident() + limits.megabytes * _MEGABYTE

    def passed(self) -> type[OverLimit] | None:
        """Return what is passed, if anything: memory first, as taking it takes time."""
        if _resident() > self._room:
            return OverMemory
        return OverTime if time.process_time() > self._until else None


def _resident() -> int:
    """Return how many bytes of memory this process holds, or 0 where that is not told."""
    if sys.platform != "linux":
        return 0
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - once for every file that is read
            return int(file.read().split()[1]) * _PAGE
    except OSError:  # a sandbox without /proc
        return 0


if sys.platform == "linux":
    import resource

    _PAGE = resource.getpagesize()


@contextmanager
def _interrupted(budget: _Budget) -> Iterator[None]:
    """Look at the budget whenever this process has computed for a while."""
    stopped = False

    def look(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        if not stopped and (passed := budget.passed()):
            stopped = True
            raise passed

    before = signal.signal(signal.SIGVTALRM, look)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, _TICK, _TICK)
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextmanager
def _watched(budget: _Budget) -> Iterator[None]:
    """Have another thread look at the budget."""
    import ctypes  # noqa: PLC0415 - needed by few

    interrupt = ctypes.pythonapi.PyThreadState_SetAsyncExc
    this = ctypes.c_ulong(threading.get_ident())
    over = threading.Event()
    lock = threading.Lock()

    def watch() -> None:
        while not over.wait(_TICK):
            passed = budget.passed()
            with lock:
                if passed and not over.is_set():
                    interrupt(this, ctypes.py_object(passed))
                    return

    threading.Thread(target=watch, name="statelint limits", daemon=True).start()
    try:
        yield
    finally:
        with lock:
            over.set()
            interrupt(this, None)  # what has not been raised by now need not be


__all__ = ["Limits", "OverLimit", "OverMemory", "OverTime", "limited"]
