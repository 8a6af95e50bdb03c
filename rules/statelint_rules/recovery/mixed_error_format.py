"""SL703: errors come in several shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project


class MixedErrorFormat(FlawRule):
    """Several shapes of error body in one service: one finding a project."""

    code = "SL703"
    name = "mixed-error-format"
    summary = "The service's errors come in several shapes."
    severity = Severity.NOTE
    label = "another shape"
    remedy = "make every error body in one place, such as an exception handler"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """At most one."""
        return project.practices.replies.mixed()

    def message(self, flaw: Flaw) -> str:
        """List the shapes."""
        return f"errors come in several shapes: {flaw.detail}"
