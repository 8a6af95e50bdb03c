"""Markdown for a comment on a pull request or for the summary page of a CI job."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.report.summary import badness, severity_counts
from statelint.report.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from statelint.lint.finding import Finding, LintResult
    from statelint.report.context import ReportContext

COMMENT_SIZE = 60_000
"""GitHub takes 65,536 characters a comment; other hosts take more."""
SUMMARY_SIZE = 900_000
"""GitHub takes 1 MiB a step for the summary page."""
_REST = 200
"""Characters kept for the line that counts what had no room."""


def render(result: LintResult, context: ReportContext) -> str:
    """Return a document that fits into a comment, the worst findings first."""
    return page(result, context, COMMENT_SIZE)


def page(result: LintResult, context: ReportContext, size: int) -> str:
    """Return a document of at most ``size`` characters: a table, and the way to each finding to be folded out."""
    if not result.findings:
        return "### statelint: no findings\n"
    findings = sorted(result.findings, key=badness)
    table = [
        f"### statelint: {severity_counts(findings)}",
        "",
        "| Severity | Rule | Place | Finding |",
        "| --- | --- | --- | --- |",
    ]
    rows = _fitting([_row(finding, context) for finding in findings], size - sum(map(len, table)) - _REST)
    table += rows
    if len(rows) < len(findings):
        table += ["", f"and {len(findings) - len(rows):,} more"]
    text = "\n".join(table) + "\n"
    ways = _fitting([_way(finding, context) for finding in findings[: len(rows)]], size - len(text))
    return text + "".join(ways)


def _fitting(parts: Sequence[str], room: int) -> list[str]:
    """Return as many of the first ``parts`` as there is room for."""
    taken: list[str] = []
    for part in parts:
        room -= len(part) + 1
        if room < 0:
            break
        taken.append(part)
    return taken


def _row(finding: Finding, context: ReportContext) -> str:
    place = f"{context.from_top(finding.location.path)}:{finding.location.line}"
    cells = (finding.severity, f"{finding.rule} {finding.name}", place, finding.message)
    return f"| {' | '.join(map(escape, cells))} |"


def _way(finding: Finding, context: ReportContext) -> str:
    """Return what is folded away: the path of the violation and the remedy."""
    place = f"{context.from_top(finding.location.path)}:{finding.location.line}"
    lines = [f"{number}. {escape(f'{s.path}:{s.line} {s.message}')}" for number, s in enumerate(finding.trace, start=1)]
    if finding.help:
        lines += ["", f"Help: {escape(finding.help)}"]
    summary = _html(f"{finding.rule} {finding.name} at {place}")  # Markdown does not reach into it
    return "\n".join(["", f"<details><summary>{summary}</summary>", "", *lines, "", "</details>", ""]) if lines else ""


def escape(text: str) -> str:
    """Escape what Markdown or HTML would act on, mentions and links included."""
    escaped = re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", clean(text))
    return _html(escaped)


def _html(text: str) -> str:
    escaped = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    return escaped.replace("://", ":&#47;/").replace("www.", "www&#46;")
