"""The base class of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from statelint.lint.finding import Confidence, Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from libcst import CSTVisitor

    from statelint.analysis.project import Project
    from statelint.lint.fixers import Fixer


class Rule:
    """One kind of mistake.

    A rule decides over the analysed project in ``check``. A rule that wants to see source text itself names a LibCST
    visitor in ``visitor``; it runs while a file is extracted, in files that contain one of the ``screen`` words, and
    what it reports reaches ``check`` as ``project.observations(code)``.

    The rule's page is the Markdown file ``<code>-<name>.md`` beside the module that defines the class.
    """

    code: ClassVar[str]
    """Family letterhead and number: ``SL101``."""
    name: ClassVar[str]
    """The bad thing in kebab case: ``process-state``."""
    summary: ClassVar[str]
    """One line for lists."""
    severity: ClassVar[Severity]
    """The usual severity; a finding may carry another."""
    since: ClassVar[str]
    """The first version that has the rule."""
    visitor: ClassVar[type[CSTVisitor] | None] = None
    screen: ClassVar[tuple[str, ...]] = ()
    fixer: ClassVar[type[Fixer] | None] = None
    """What mends the rule's findings."""

    def check(self, project: Project) -> Iterable[Finding]:
        """Yield this rule's findings over ``project``, in any order."""
        raise NotImplementedError

    def finding(
        self,
        message: str,
        at: Location,
        *,
        symbol: str,
        severity: Severity | None = None,
        confidence: Confidence = Confidence.HIGH,
        help: str = "",  # noqa: A002 - the word users see
        group: str = "",
        details: dict[str, str] | None = None,
        related: Iterable[Location] = (),
        trace: Iterable[Location] = (),
    ) -> Finding:
        """Make a finding of this rule; the fingerprint is added by the runner."""
        return Finding(
            rule=self.code,
            name=self.name,
            severity=severity or self.severity,
            confidence=confidence,
            message=message,
            location=at,
            symbol=symbol,
            help=help,
            group=group or symbol,
            details=tuple((details or {}).items()),
            related=tuple(related),
            trace=tuple(trace),
        )


def family(code: str) -> str:
    """Return the family of a rule code: its letters and first digit (``SL101`` → ``SL1``)."""
    head = code.rstrip("0123456789")
    return code[: len(head) + 1]


FAMILIES = {
    "SL0": "housekeeping",
    "SL1": "process state",
    "SL2": "cross-request objects",
    "SL3": "user isolation",
    "SL4": "authentication state",
    "SL5": "atomic operations",
    "SL6": "caching and data access",
    "SL7": "errors and recovery",
}
"""Names of statelint's own families."""

__all__ = ["FAMILIES", "Rule", "family"]
