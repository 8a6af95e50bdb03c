"""XP001 print-call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from statelint.api import Confidence, Location, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Finding, Project


class PrintCalls(cst.CSTVisitor):
    """Reports calls of ``print``."""

    def __init__(self) -> None:
        super().__init__()
        self.reported: list[tuple[cst.CSTNode, str]] = []

    def visit_Call(self, node: cst.Call) -> None:
        if isinstance(node.func, cst.Name) and node.func.value == "print":
            self.reported.append((node, "print"))


class PrintCall(Rule):
    """Output that no log collector sees."""

    code = "XP001"
    name = "print-call"
    summary = "Prints instead of logging."
    severity = Severity.WARNING
    since = "1.0.0"
    visitor = PrintCalls
    screen = ("print",)

    def check(self, project: Project) -> Iterator[Finding]:
        for module, seen in project.observations(self.code):
            at = seen.position
            yield self.finding(
                "`print` writes to this process's output only",
                Location(module.path, at.line, at.column, at.end_line, at.end_column),
                symbol=seen.data,
                confidence=Confidence.HIGH,
                help="log through `logging`",
            )
