"""What a rule reports."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from statelint.analysis.coverage import Coverage


class Severity(StrEnum):
    """How bad it is if the finding is right."""

    ERROR = "error"
    """Leaks or loses users' data."""
    WARNING = "warning"
    """Breaks with a second worker."""
    NOTE = "note"
    """Departs from a guideline of stateless design."""

    @property
    def rank(self) -> int:
        """0 for notes, 2 for errors."""
        return ("note", "warning", "error").index(self.value)


class Confidence(StrEnum):
    """How sure the analysis is that the finding is right."""

    HIGH = "high"
    """Shown from end to end."""
    MEDIUM = "medium"
    """Some link of the chain is unknown."""
    LOW = "low"
    """A hint; hidden by default."""

    @property
    def rank(self) -> int:
        """0 for low, 2 for high."""
        return ("low", "medium", "high").index(self.value)


class Location(msgspec.Struct, frozen=True):
    """A stretch of text in a file: 1-based lines, 1-based columns in code points, exclusive end column."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str = ""


class Edit(msgspec.Struct, frozen=True):
    """Replace the text of ``location`` by ``content``."""

    location: Location
    content: str


class Fix(msgspec.Struct, frozen=True):
    """A change that removes the finding; ``safe`` if it cannot change what correct callers see."""

    message: str
    safe: bool
    edits: tuple[Edit, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to judge.

    ``location`` is the primary place (``location.message`` labels its caret), ``related`` holds the object's
    definition, other writers and the like, ``trace`` the path of the violation from an entry point to the effect.
    ``symbol`` is the dotted name of the thing found (for process state: object and writer); with rule, path and
    normalised code it makes the fingerprint. ``group`` names what reports group by (the object), ``help`` is the
    remedy in one sentence, ``details`` is what a fixer needs to know.
    """

    rule: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    location: Location
    symbol: str
    help: str = ""
    group: str = ""
    related: tuple[Location, ...] = ()
    trace: tuple[Location, ...] = ()
    fingerprint: str = ""
    fix: Fix | None = None
    details: tuple[tuple[str, str], ...] = ()

    def detail(self, name: str) -> str:
        """Return one of the details; nothing if it is not there."""
        return dict(self.details).get(name, "")

    @property
    def locations(self) -> tuple[Location, ...]:
        """Every place the finding touches, the primary one first."""
        return (self.location, *self.related, *self.trace)


class SuppressedFinding(msgspec.Struct, frozen=True):
    """A finding silenced by a comment, with the comment's place and reason."""

    finding: Finding
    comment: Location
    reason: str


class RuleCrash(msgspec.Struct, frozen=True):
    """A rule raised: reported once per rule; the run goes on and ends with exit code 3."""

    rule: str
    pack: str
    error: str
    traceback: str


class LintResult(msgspec.Struct, kw_only=True):
    """The outcome of a run.

    ``findings`` are the shown ones, sorted by path, line, column and rule. ``hidden`` counts findings below the
    minimum severity or confidence, ``unsure`` those of them below the minimum confidence, ``suppressed`` the ones
    silenced by comments, ``elsewhere`` those that touch none of the files named on the command line, ``baselined``
    those in the baseline, ``older`` those that an earlier revision had.
    """

    findings: list[Finding]
    suppressed: list[SuppressedFinding]
    hidden: int = 0
    unsure: int = 0
    elsewhere: int = 0
    baselined: int = 0
    older: int = 0
    files: int = 0
    lines: int = 0
    coverage: Coverage = msgspec.field(default_factory=Coverage)
    crashes: list[RuleCrash] = msgspec.field(default_factory=list)
