"""GitLab Code Quality: the findings in a merge request's widget and beside its changed lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.lint.finding import Severity
from statelint.report.text import clean, json_text

if TYPE_CHECKING:
    from statelint.lint.finding import LintResult
    from statelint.report.context import ReportContext

_SEVERITY = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "minor"}


def render(result: LintResult, context: ReportContext) -> str:
    """Return the JSON array that ``artifacts:reports:codequality`` takes."""
    issues = [
        {
            "description": f"{finding.rule} {finding.name}: {clean(finding.message)}",
            "check_name": finding.rule,
            "fingerprint": finding.fingerprint,
            "severity": _SEVERITY[finding.severity],
            "location": {
                "path": context.from_top(finding.location.path),
                "lines": {"begin": finding.location.line, "end": finding.location.end_line},
            },
        }
        for finding in result.findings
    ]
    return json_text(issues) + "\n"
