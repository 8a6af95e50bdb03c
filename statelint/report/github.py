"""GitHub Actions: workflow commands that become annotations.

GitHub shows ten errors, ten warnings and ten notices of a step, so the worst findings come first; the summary page of
the job, in Markdown, has room for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.lint.finding import Severity
from statelint.report.summary import badness
from statelint.report.text import clean

if TYPE_CHECKING:
    from statelint.lint.finding import Finding, LintResult
    from statelint.report.context import ReportContext

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(result: LintResult, context: ReportContext) -> str:
    """Return one workflow command a finding, the worst first."""
    return "".join(f"{_command(finding, context)}\n" for finding in sorted(result.findings, key=badness))


def _command(finding: Finding, context: ReportContext) -> str:
    at = finding.location
    properties = {
        "title": f"{finding.rule} {finding.name}",
        "file": context.from_top(at.path),
        "line": str(at.line),
        "endLine": str(at.end_line),
    }
    if at.line == at.end_line:
        # Annotations know columns within one line only; theirs are inclusive.
        properties |= {"col": str(at.column), "endColumn": str(max(at.column, at.end_column - 1))}
    head = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    lines = [finding.message]
    lines += (f"{number}. {s.path}:{s.line} {s.message}" for number, s in enumerate(finding.trace, start=1))
    lines += (f"{s.path}:{s.line} {s.message}" for s in finding.related if s.message)
    if finding.help:
        lines.append(f"help: {finding.help}")
    return f"::{_COMMANDS[finding.severity]} {head}::{_data(lines)}"


def _data(lines: list[str]) -> str:
    return "%0A".join(clean(line).replace("%", "%25") for line in lines)


def _property(value: str) -> str:
    return clean(value).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
