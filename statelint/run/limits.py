"""A limit to the time that one file may take."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class OverTime(BaseException):
    """The time is up. No ``Exception``: what expects a rule's mistake must not take this for one."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise OverTime once the block has computed for ``seconds`` (of the processor, so a busy machine costs nothing).

    Without signals for that (on Windows, or in a thread other than the main one) there is no limit.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise OverTime

    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
