"""SL707: an error that nobody hears of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from statelint.api import Confidence, Severity
from statelint_rules.flaw_rule import FlawRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.api import Flaw, Project

SHAPES = tuple(
    f"{head}:\n{' ' * indent}{word}"
    for head in (
        "except",
        "except Exception",
        "except BaseException",
        "except Exception as e",
        "except Exception as exc",
    )
    for indent in range(8, 28, 4)
    for word in ("pass", "continue", "return")
)
"""What a file must hold to be parsed for this rule: most files with broad handlers handle something in them."""
BROAD = frozenset({"Exception", "BaseException"})
CLEANUP = frozenset(
    {
        "close", "aclose", "disconnect", "cancel", "unlink", "remove", "rmtree", "rollback", "shutdown", "terminate",
        "kill", "stop", "release", "expunge", "logout", "quit", "wait_closed", "cleanup", "flush", "delete", "dispose",
        "inc", "observe", "labels",
    }
)  # fmt: skip
READING = re.compile(
    r"^(json|int|float|bool|UUID|Decimal|getattr|eval|isoformat|strftime|strptime|send_(text|json|str|bytes))$"
    r"|loads?$|parse|decode|hex|hints|verify|validate|detect|convert|literal|import|from_|^from|^to_",
)
"""Calls that read a value which may be malformed, or speak to a client that may have gone."""


class _Calls(cst.CSTVisitor):
    """Collects the names of what is called, and whether something is imported."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.imports = False

    def visit_Call(self, node: cst.Call) -> None:
        """Note the last part of the name."""
        func = node.func
        self.names.append(func.attr.value if isinstance(func, cst.Attribute) else getattr(func, "value", ""))

    def visit_Import(self, node: cst.Import) -> None:  # noqa: ARG002 - the walk gives it
        """Note that a module may be missing."""
        self.imports = True

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:  # noqa: ARG002 - the walk gives it
        """Note that a module may be missing."""
        self.imports = True


class Handlers(cst.CSTVisitor):
    """Reports broad exception handlers that do nothing, or only go on with the next round or a constant."""

    def __init__(self) -> None:
        self.reported: list[tuple[cst.CSTNode, str]] = []

    def visit_Try(self, node: cst.Try) -> None:
        """Look at the handlers of one ``try``."""
        for handler in node.handlers:
            if _is_broad(handler.type):
                what = _what(handler.body)
                if what and not _explained(handler) and not _expected(node.body):
                    self.reported.append((handler.type or handler, what))


def _is_broad(kind: cst.BaseExpression | None) -> bool:
    if isinstance(kind, cst.Tuple):
        return any(_is_broad(element.value) for element in kind.elements)
    return kind is None or (isinstance(kind, cst.Name) and kind.value in BROAD)


def _what(body: cst.BaseSuite) -> str:
    """Say how a handler drops the error: ``pass``, ``continue`` or ``return``; else nothing."""
    statements = [
        small for line in body.body for small in (line.body if isinstance(line, cst.SimpleStatementLine) else [line])
    ]
    if len(statements) != 1:
        return ""
    only = statements[0]
    if isinstance(only, cst.Pass) or (isinstance(only, cst.Expr) and isinstance(only.value, cst.Ellipsis)):
        return "pass"
    if isinstance(only, cst.Continue):
        return "continue"
    if isinstance(only, cst.Return) and (only.value is None or _is_empty(only.value)):
        return "return"
    return ""


def _is_empty(value: cst.BaseExpression) -> bool:
    """Tell whether a value says nothing: None, an empty list, dict or text."""
    if isinstance(value, cst.Name):
        return value.value == "None"
    if isinstance(value, (cst.List, cst.Dict, cst.Tuple)):
        return not value.elements
    return isinstance(value, cst.SimpleString) and not value.evaluated_value


def _explained(handler: cst.ExceptHandler) -> bool:
    """Tell whether a comment stands in the handler: its author thought about it."""
    body = handler.body
    if isinstance(body, cst.IndentedBlock):
        lines = [*body.footer, *(line for statement in body.body for line in getattr(statement, "leading_lines", ()))]
        ends = [body.header, *(getattr(statement, "trailing_whitespace", None) for statement in body.body)]
        return any(line.comment for line in lines) or any(end is not None and end.comment for end in ends)
    return bool(isinstance(body, cst.SimpleStatementSuite) and body.trailing_whitespace.comment)


def _expected(body: cst.BaseSuite) -> bool:
    """Tell whether all that can fail is tidying up, reading a value or an import."""
    calls = _Calls()
    body.visit(calls)
    if calls.imports or not calls.names:
        return True
    return all(name in CLEANUP for name in calls.names) or any(READING.search(name) for name in calls.names)


class SwallowedError(FlawRule):
    """Broad handlers that neither log, nor raise, nor answer."""

    code = "SL707"
    name = "swallowed-error"
    summary = "A broad except drops every error unseen."
    severity = Severity.NOTE
    ceiling = Confidence.MEDIUM
    visitor = Handlers
    screen = SHAPES
    label = "dropped"
    remedy = "log the exception, or catch only the one that is expected"

    def flaws(self, project: Project) -> Iterable[Flaw]:
        """Dropped errors."""
        return project.practices.logs.swallowed(self.code)

    def message(self, flaw: Flaw) -> str:
        """Say where errors end."""
        return f"every error ends here unseen: {flaw.symbol} neither logs it, nor raises, nor answers with one"
