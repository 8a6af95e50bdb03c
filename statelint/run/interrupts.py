"""Keeps Ctrl-C and SIGTERM from leaving things half done."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@contextmanager
def deferred() -> Iterator[None]:
    """Have what a signal raises raised after the block instead of amid it; the block must not take long."""
    if threading.current_thread() is not threading.main_thread():  # others are not interrupted
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    raising = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in raising:
        signal.signal(number, lambda *given: came.append(given))
    try:
        yield
    finally:
        for number, handler in raising.items():
            signal.signal(number, handler)
        for first, frame in came[:1]:
            raising[signal.Signals(first)](first, frame)


__all__ = ["deferred"]
