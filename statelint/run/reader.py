"""Reads files and extracts their facts, one at a time."""

from __future__ import annotations

import gc
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from statelint.extract.extractor import extract, failed
from statelint.extract.facts import Failure
from statelint.extract.nesting import TooHeavy
from statelint.run.limits import Limits, OverMemory, OverTime, limited
from statelint.run.records import look
from statelint.source.text import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from statelint.catalogue.lookup import Catalogue
    from statelint.extract.facts import ModuleFacts
    from statelint.lint.rule import Rule

_DEFAULTS = Limits()
_alone = threading.Lock()
"""The memory and the recursion limit are the process's: of its threads one reads at a time, as they would anyway."""


class Reader:
    """Reads and extracts the files of one project."""

    def __init__(
        self,
        root: Path,
        catalogue: Catalogue,
        visitors: Sequence[type[Rule]],
        limits: Limits = _DEFAULTS,
    ) -> None:
        self.root = root
        self.catalogue = catalogue
        self.visitors = visitors
        self.limits = limits

    def __call__(self, path: str) -> tuple[ModuleFacts, bytes]:
        """Return the facts of the file ``path`` and its content's key.

        What keeps the file from being read is the facts' ``failure``. The key is empty if more than the content is to
        blame for it.
        """
        return self.extract(path, *look(self.root / path))

    def extract(self, path: str, content: bytes, data: bytes | SourceError) -> tuple[ModuleFacts, bytes]:
        """Do the same with what ``look`` returned, whether or not there is such a file here."""
        if isinstance(data, SourceError):
            return failed(path, Failure("unreadable", data.message, data.line, data.column)), content
        try:
            with _alone, limited(self.limits):
                return extract(path, data, self.catalogue, self.visitors, self.limits.megabytes), content
        except OverTime:
            message = f"reading it takes more than {self.limits.seconds:g} s (file-time-limit)"
        except (OverMemory, TooHeavy):
            message = f"reading it takes more than {self.limits.megabytes:g} MB (file-memory-limit)"
        except Exception as error:  # a bug of ours or of a rule's visitor, which must not cost the other files
            message = f"internal error while the file was analysed: {type(error).__name__}: {error}"
        return failed(path, Failure("unreadable", message, 1, 1)), b""


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
