"""Globs over relative posix paths, as users write them in the settings, and as ``.gitignore`` files hold them.

Patterns come from strangers. Those of well-kept libraries become regular expressions whose time is a power of the
length of the path, with the number of stars as the exponent; here it is about the product of both lengths.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SPECIAL = frozenset("*?[]!#\\/ ")
_ANY = "**"
_ELEMENT = re.compile(
    r"(?P<stars>\*+)|(?P<one>\?)|\[(?P<not>[!^]?)(?P<set>\]?(?:\\.|[^\]\\])*)\]|\\?(?P<literal>.)", re.DOTALL
)
_MEMBER = re.compile(r"\\?(.)(?:-\\?(.))?", re.DOTALL)
_TRAILING = re.compile(r"(?<!\\)(?P<kept>(?:\\.)*) +\Z", re.DOTALL)


class GlobError(ValueError):
    """A pattern that cannot be understood."""


class Globs:
    """Matches paths that any of ``patterns`` names.

    A pattern without a slash names files and folders at any depth (``venv``, ``test_*.py``); one with a slash is
    relative to the root (``app/legacy``, ``app/*.py``, ``**/generated/*.py``). A folder's name stands for all below it.
    A pattern after ``!`` takes back what those before it match. Raises GlobError.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        cleaned = [pattern.removeprefix("./").removesuffix("/**") for pattern in patterns]
        # Plain names and endings are most patterns, and are found ten times as fast as by regular expressions.
        plain = not any(pattern.startswith("!") for pattern in cleaned)
        self._names = frozenset(p for p in cleaned if plain and p and not _SPECIAL.intersection(p))
        endings = [p for p in cleaned if plain and p.startswith("*.") and not _SPECIAL.intersection(p[1:])]
        self._endings = tuple(ending.removeprefix("*") for ending in endings)
        self._inside = tuple(f"{ending}/" for ending in self._endings)
        self._rest = Patterns(pattern for pattern in cleaned if pattern not in self._names and pattern not in endings)

    def __call__(self, path: str) -> bool:
        """Tell whether ``path`` (relative, posix; folders end in a slash) is matched."""
        if self._endings and (path.endswith(self._endings) or any(ending in path for ending in self._inside)):
            return True
        if self._names and not self._names.isdisjoint(path.split("/")):
            return True
        return self._rest.verdict(path) is True


class Patterns:
    """Lines of a ``.gitignore``, of which the last that matches a path decides. Raises GlobError."""

    def __init__(self, lines: Iterable[str]) -> None:
        patterns = [_Pattern(line) for line in map(_stripped, lines) if line and not line.startswith("#")][::-1]
        self._patterns = patterns
        # Most patterns are names at any depth, and the same names come again and again.
        self._anywhere = [(number, each, each.name) for number, each in enumerate(patterns) if each.name is not None]
        self._placed = [(number, each) for number, each in enumerate(patterns) if each.name is None]
        self._known: dict[tuple[str, bool], int] = {}

    def verdict(self, path: str) -> bool | None:
        """Tell whether ``path`` (relative, posix; folders end in a slash) is ignored; None if no pattern matches."""
        if not self._patterns:
            return None
        is_folder = path.endswith("/")
        names = path.rstrip("/").split("/")
        found = min([self._first(names[-1], is_folder), *[self._first(name, True) for name in names[:-1]]])
        for number, each in self._placed:
            if number >= found:
                break
            if each.matches(names, is_folder):
                return each.ignores
        return self._patterns[found].ignores if found < len(self._patterns) else None

    def _first(self, name: str, is_folder: bool) -> int:
        """Return the number of the first pattern that names ``name`` at any depth; their number if none does."""
        key = (name, is_folder)
        found = self._known.get(key)
        if found is None:
            matching = (
                number
                for number, each, segment in self._anywhere
                if (is_folder or not each.folders_only) and segment.match(name)
            )
            found = self._known[key] = next(matching, len(self._patterns))
        return found


class _Pattern:
    def __init__(self, line: str) -> None:
        self.ignores = not line.startswith("!")
        body = line.removeprefix("!")
        if not body:
            raise GlobError(f"the pattern {line!r} names nothing")
        self.folders_only = body.endswith("/")
        body = body.removesuffix("/")
        parts = body.removeprefix("/").split("/") if "/" in body else [_ANY, body]
        if "" in parts:
            parts = []  # no path has an empty name
        # Of several ``**`` in a row, the first says it all.
        self._parts = [
            None if part == _ANY else _segment(part)
            for before, part in zip(["", *parts], parts, strict=False)
            if (before, part) != (_ANY, _ANY)
        ]
        self.name = self._parts[1] if len(self._parts) == 2 and self._parts[0] is None else None
        """What the pattern names at any depth, if that is all that it says."""

    def matches(self, names: Sequence[str], is_folder: bool) -> bool:
        """Tell whether the pattern names a path, or a folder on the way to it."""
        reached = [0]  # how many names the parts so far may have matched
        for number, part in enumerate(self._parts, 1):
            if part is None:
                # At the end it stands for what is inside, so for one name at least.
                reached = [*range(reached[0] + (number == len(self._parts)), len(names) + 1)]
            else:
                reached = [count + 1 for count in reached if count < len(names) and part.match(names[count])]
            if not reached:
                return False
        return self._parts != [] and (is_folder or not self.folders_only or reached[0] < len(names))


def _stripped(line: str) -> str:
    """Return ``line`` without spaces at its end that no backslash keeps."""
    return _TRAILING.sub(r"\g<kept>", line)


class _Segment:
    """Matches a name.

    What stands between two stars is looked for once, from the left, and never again further to the right: where there
    is any match, there is one like this.
    """

    def __init__(self, glob: str) -> None:
        self._plain = "" if _SPECIAL.intersection(glob) else glob
        try:
            self._pieces = [re.compile(piece, re.DOTALL) for piece in _pieces(glob)]
            self._end = re.compile(rf"{self._pieces[-1].pattern}\Z", re.DOTALL)
        except re.error as error:
            raise GlobError(f"the pattern {glob!r} cannot be understood: {error}") from error

    def match(self, name: str) -> bool:
        """Tell whether the whole of ``name`` is matched."""
        if self._plain:
            return name == self._plain
        if len(self._pieces) == 1:
            return self._end.match(name) is not None
        first, *between, _ = self._pieces
        found = first.match(name)
        for piece in between:
            found = piece.search(name, found.end()) if found else None
        return found is not None and self._end.search(name, found.end()) is not None


_segment = lru_cache(maxsize=1024)(_Segment)


def _pieces(glob: str) -> Iterator[str]:
    """Yield regular expressions for what stands between the stars of ``glob``, each of a fixed length."""
    piece = ""
    for element in _ELEMENT.finditer(glob):
        if element["stars"]:
            yield piece
            piece = ""
        elif element["one"]:
            piece += "."
        elif element["set"]:
            members = (
                f"{re.escape(a)}-{re.escape(b)}" if b else re.escape(a) for a, b in _MEMBER.findall(element["set"])
            )
            piece += f"[{'^' if element['not'] else ''}{''.join(members)}]"
        elif element["literal"] is None:
            piece += re.escape(element[0])
        else:
            piece += re.escape(element["literal"])
    yield piece


__all__ = ["GlobError", "Globs", "Patterns"]
