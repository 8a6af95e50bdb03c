"""GitHub Actions: workflow commands that become annotations, and a Markdown table for the job's summary page.

GitHub shows ten errors, ten warnings and ten notices of a step, so the worst findings come first; the summary page has
room for all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.lint.finding import Severity
from statelint.report.summary import badness, severity_counts
from statelint.report.text import clean

if TYPE_CHECKING:
    from statelint.lint.finding import Finding, LintResult
    from statelint.report.context import ReportContext

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_SUMMARY_ROWS = 500
"""The summary page takes 1 MiB a step."""


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


def step_summary(result: LintResult, context: ReportContext) -> str:
    """Return the Markdown for ``$GITHUB_STEP_SUMMARY``: every finding (up to a limit) as a row of a table."""
    if not result.findings:
        return "### statelint: no findings\n"
    rows = sorted(result.findings, key=badness)
    lines = [
        f"### statelint: {severity_counts(rows)}",
        "",
        "| Severity | Rule | Place | Finding |",
        "| --- | --- | --- | --- |",
        *(_row(finding, context) for finding in rows[:_SUMMARY_ROWS]),
    ]
    if len(rows) > _SUMMARY_ROWS:
        lines += ["", f"and {len(rows) - _SUMMARY_ROWS:,} more"]
    return "\n".join(lines) + "\n"


def _row(finding: Finding, context: ReportContext) -> str:
    place = f"{context.from_top(finding.location.path)}:{finding.location.line}"
    cells = (finding.severity, f"{finding.rule} {finding.name}", place, finding.message)
    return f"| {' | '.join(map(markdown, cells))} |"


def markdown(text: str) -> str:
    """Escape what Markdown or HTML would act on, mentions and links included."""
    escaped = re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", clean(text))
    escaped = escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    return escaped.replace("://", ":&#47;/").replace("www.", "www&#46;")
