"""Applies suppression comments to findings, and keeps account of which ones were of use."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from statelint.lint.finding import Location, SuppressedFinding
from statelint.lint.housekeeping import SuppressionUse
from statelint.source.suppressions import statement_at

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from statelint.extract.facts import ModuleFacts, Suppression
    from statelint.lint.finding import Finding
    from statelint.lint.selection import Selectors

_DEFINITION = "defined"
"""How the message of the related location begins that shows the object's definition."""


class Suppressions:
    """The suppression comments of a project."""

    def __init__(
        self,
        modules: Mapping[str, ModuleFacts],
        selectors: Selectors,
        lines: Callable[[str], Sequence[str]],
    ) -> None:
        """Take the comments of ``modules``; ``lines`` gives a file's source lines, to see what follows a comment."""
        self._modules = modules
        self._selectors = selectors
        self._used: set[tuple[str, Suppression, str]] = set()
        self._by_statement: dict[tuple[str, int], list[Suppression]] = defaultdict(list)
        self._whole_file: dict[str, list[Suppression]] = defaultdict(list)
        for path, module in modules.items():
            for suppression in module.suppressions:
                if suppression.problem:
                    continue
                if suppression.whole_file:
                    self._whole_file[path].append(suppression)
                else:
                    line = _line_meant(suppression, path, lines)
                    self._by_statement[path, statement_at(line, module.statements)[0]].append(suppression)

    def apply(self, finding: Finding) -> SuppressedFinding | None:
        """Return ``finding`` as silenced if a comment at its place or at the object's definition does so."""
        silenced: SuppressedFinding | None = None
        for location in _places(finding):
            for suppression in self._near(location):
                names = self._names(suppression, finding.rule)
                if names:
                    path = location.path
                    self._used.update((path, suppression, name) for name in names)
                    at = suppression.position
                    comment = Location(path, at.line, at.column, at.end_line, at.end_column)
                    silenced = silenced or SuppressedFinding(finding, comment, suppression.reason)
        return silenced

    def uses(self, ran: Collection[str]) -> Iterator[SuppressionUse]:
        """Tell of each comment what came of it, given the codes of the rules that ``ran``."""
        for path, module in self._modules.items():
            for suppression in module.suppressions:
                yield SuppressionUse(
                    path=path,
                    suppression=suppression,
                    unused=() if suppression.problem else tuple(self._unused(path, suppression, ran)),
                    unknown=tuple(
                        (name, self._selectors.closest(name))
                        for name in suppression.codes
                        if not suppression.problem and self._selectors.codes(name) is None
                    ),
                )

    def _near(self, location: Location) -> Iterator[Suppression]:
        module = self._modules.get(location.path)
        if module is not None:
            line, _ = statement_at(location.line, module.statements)
            yield from self._by_statement.get((location.path, line), ())
            yield from self._whole_file.get(location.path, ())

    def _names(self, suppression: Suppression, code: str) -> list[str]:
        """Return what ``suppression`` says that stands for the rule ``code``."""
        if suppression.noqa and not suppression.codes:
            return [""]
        return [name for name in suppression.codes if code in (self._selectors.codes(name) or ())]

    def _unused(self, path: str, suppression: Suppression, ran: Collection[str]) -> Iterator[str]:
        for name in suppression.codes:
            meant = self._selectors.codes(name)
            # A rule that did not run might have found something: only what all ran can be called unused.
            if meant and meant <= set(ran) and (path, suppression, name) not in self._used:
                yield name


def _line_meant(suppression: Suppression, path: str, lines: Callable[[str], Sequence[str]]) -> int:
    """Return the line that a comment speaks for: its own, or the next line of code if it stands alone."""
    line = suppression.position.line
    if not suppression.own_line or suppression.noqa:
        return line
    following = lines(path)[line:]
    return line + 1 + next((skipped for skipped, text in enumerate(following) if not text.lstrip().startswith("#")), 0)


def _places(finding: Finding) -> Iterator[Location]:
    """Yield the finding's place and its object's definition."""
    yield finding.location
    marked = [place for place in finding.related if place.message.lower().startswith(_DEFINITION)]
    yield from marked or finding.related[:1]
