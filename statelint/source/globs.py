"""Globs over relative posix paths, as users write them in the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pathspec import GitIgnoreSpec

_SPECIAL = frozenset("*?[]!#\\/ ")


class GlobError(ValueError):
    """A pattern that cannot be understood."""


class Globs:
    """Matches paths that any of ``patterns`` names.

    A pattern without a slash names files and folders at any depth (``venv``, ``test_*.py``); one with a slash is
    relative to the root (``app/legacy``, ``app/*.py``, ``**/generated/*.py``). A folder's name stands for all below it.
    Raises GlobError.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        cleaned = [pattern.removeprefix("./").removesuffix("/**") for pattern in patterns]
        # Plain names and endings are most patterns, and are found ten times as fast as by regular expressions.
        plain = not any(pattern.startswith("!") for pattern in cleaned)
        self._names = frozenset(p for p in cleaned if plain and p and not _SPECIAL.intersection(p))
        endings = [p for p in cleaned if plain and p.startswith("*.") and not _SPECIAL.intersection(p[1:])]
        self._endings = tuple(ending.removeprefix("*") for ending in endings)
        self._inside = tuple(f"{ending}/" for ending in self._endings)
        rest = [pattern for pattern in cleaned if pattern not in self._names and pattern not in endings]
        self._spec = _spec(rest) if rest else None

    def __call__(self, path: str) -> bool:
        """Tell whether ``path`` (relative, posix; folders end in a slash) is matched."""
        if self._endings and (path.endswith(self._endings) or any(ending in path for ending in self._inside)):
            return True
        if self._names and not self._names.isdisjoint(path.split("/")):
            return True
        return self._spec is not None and self._spec.match_file(path)


def _spec(patterns: list[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - few projects need it

    try:
        return GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise GlobError(str(error)) from error
