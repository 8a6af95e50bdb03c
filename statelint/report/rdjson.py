"""Reviewdog's diagnostics, which it turns into review comments on many code hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from statelint.lint.finding import Severity
from statelint.report.text import clean, json_text

if TYPE_CHECKING:
    from statelint.lint.finding import Finding, LintResult, Location
    from statelint.report.context import ReportContext

_SEVERITY = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}


def render(result: LintResult, context: ReportContext) -> str:
    """Return one ``DiagnosticResult``."""
    document = {
        "source": {"name": "statelint"},
        "diagnostics": [_diagnostic(finding, context) for finding in result.findings],
    }
    return json_text(document) + "\n"


def _diagnostic(finding: Finding, context: ReportContext) -> dict[str, Any]:
    message = f"{finding.name}: {clean(finding.message)}"
    if finding.help:
        message += f"\nhelp: {clean(finding.help)}"
    diagnostic: dict[str, Any] = {
        "message": message,
        "location": _location(finding.location, context),
        "severity": _SEVERITY[finding.severity],
        "code": {"value": finding.rule},
    }
    related = [
        {"message": clean(place.message), "location": _location(place, context)}
        for place in (*finding.related, *finding.trace)
        if place.message
    ]
    if related:
        diagnostic["related_locations"] = related
    if finding.fix:
        diagnostic["suggestions"] = [
            {"range": _range(edit.location, context), "text": edit.content}
            for edit in finding.fix.edits
            if edit.location.path == finding.location.path
        ]
    return diagnostic


def _location(location: Location, context: ReportContext) -> dict[str, Any]:
    return {"path": context.from_top(location.path), "range": _range(location, context)}


def _range(location: Location, context: ReportContext) -> dict[str, Any]:
    lines = context.sources.lines(location.path)
    return {
        "start": {"line": location.line, "column": _byte_column(lines, location.line, location.column)},
        "end": {"line": location.end_line, "column": _byte_column(lines, location.end_line, location.end_column)},
    }


def _byte_column(lines: list[str], line: int, column: int) -> int:
    """Return a column counted in bytes of UTF-8, as reviewdog does."""
    text = lines[line - 1] if 1 <= line <= len(lines) else ""
    return column if text.isascii() else len(text[: column - 1].encode("utf-8", "surrogatepass")) + 1
