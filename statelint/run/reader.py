"""Reads files and extracts their facts, one at a time."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

from statelint.config.settings import Settings
from statelint.extract.extractor import extract, failed
from statelint.extract.facts import Failure
from statelint.run.limits import OverTime, limited
from statelint.run.records import look
from statelint.source.text import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from statelint.catalogue.loader import Catalogue
    from statelint.extract.facts import ModuleFacts
    from statelint.lint.rule import Rule

_DEFAULTS = Settings()


class Reader:
    """Reads and extracts the files of one project."""

    def __init__(
        self,
        root: Path,
        catalogue: Catalogue,
        visitors: Sequence[type[Rule]],
        seconds: float = _DEFAULTS.file_time_limit,
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
        return self.extract(path, *look(self.root / path))

    def extract(self, path: str, content: bytes, data: bytes | SourceError) -> tuple[ModuleFacts, bytes]:
        """Do the same with what ``look`` returned, whether or not there is such a file here."""
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
