"""SL701: a response shows the service's insides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.api import Severity
from statelint_rules.fixers.exception_text import ExceptionText
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project

MESSAGES = {
    "traceback": "a traceback is sent to the client: it shows paths, code and whatever the variables hold",
    "statement": "the text of a database error is sent to the client: it holds the statement and its values",
    "text": "the text of any exception is sent to the client: nobody knows what it holds",
}


class LeakedException(FlawRule):
    """Exception texts and tracebacks in responses."""

    code = "SL701"
    name = "leaked-exception"
    summary = "A response shows the text of an exception or a traceback."
    severity = Severity.NOTE
    fixer = ExceptionText
    label = "shown to the client"
    remedy = "log the exception with an id, and answer with that id and a fixed message"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Leaks."""
        return project.practices.replies.leaked()

    def severity_of(self, flaw: Flaw) -> Severity:
        """Tracebacks and statements are insides for certain; tools report to a model on purpose."""
        tool = flaw.what.endswith(":tool")
        return Severity.WARNING if flaw.detail in {"traceback", "statement"} and not tool else Severity.NOTE

    def message(self, flaw: Flaw) -> str:
        """Say what is shown."""
        return MESSAGES[flaw.detail]
