"""Rules about suppression comments and baselines: they can only judge once every other rule has been heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from statelint.lint.finding import Location
from statelint.lint.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.analysis.project import Project
    from statelint.extract.facts import Suppression
    from statelint.lint.baseline import Stale
    from statelint.lint.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionUse:
    """A suppression comment and what came of it."""

    path: str
    suppression: Suppression
    unused: tuple[str, ...]
    """Rules that it names, that ran, and that it silenced nothing of."""
    unknown: tuple[tuple[str, str], ...]
    """What it names that is no rule, each with the closest known code or name, or nothing."""

    @property
    def location(self) -> Location:
        """Where the comment stands."""
        at = self.suppression.position
        return Location(self.path, at.line, at.column, at.end_line, at.end_column)


class SuppressionRule(Rule):
    """A rule about suppression comments. It is asked about each comment after all other rules have run."""

    def check(self, project: Project) -> Iterable[Finding]:  # noqa: ARG002 - the base's interface
        """Find nothing: such a rule judges comments only."""
        return ()

    def check_suppression(self, use: SuppressionUse) -> Iterable[Finding]:
        """Yield this rule's findings about one comment."""
        raise NotImplementedError


class BaselineRule(Rule):
    """A rule about entries of the baseline that stand for nothing any more."""

    def check(self, project: Project) -> Iterable[Finding]:  # noqa: ARG002 - the base's interface
        """Find nothing: such a rule judges baselines only."""
        return ()

    def check_entry(self, stale: Stale) -> Iterable[Finding]:
        """Yield this rule's findings about one entry."""
        raise NotImplementedError
