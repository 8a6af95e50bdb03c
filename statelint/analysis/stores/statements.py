"""Statements by their texts. To read one takes a large library, so an earlier run may hand over what it has read."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.stores.sqlparse import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from statelint.analysis.stores.sqlparse import Statement


class Statements:
    """Reads the SQL texts of a project."""

    def __init__(self, earlier: Callable[[], Mapping[str, tuple[Statement, ...]]] = dict) -> None:
        """``earlier`` gives what is known of texts; it is called if there are any."""
        self._earlier = earlier
        self.read: dict[str, tuple[Statement, ...]] = {}
        """All texts that were asked for, with their statements."""
        self.is_new = False
        """Whether there were others than the known ones."""

    @cached_property
    def _known(self) -> Mapping[str, tuple[Statement, ...]]:
        return self._earlier()

    def of(self, text: str) -> tuple[Statement, ...]:
        """Return the statements of an SQL text; those that are not understood are left out."""
        found = self.read.get(text)
        if found is None:
            found = self._known.get(text)
            if found is None:
                found = parse(text)
                self.is_new = True
            self.read[text] = found
        return found


__all__ = ["Statements"]
