"""Azure Pipelines: logging commands that become issues of the run, the worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.lint.finding import Severity
from statelint.report.summary import badness
from statelint.report.text import clean

if TYPE_CHECKING:
    from statelint.lint.finding import Finding, LintResult
    from statelint.report.context import ReportContext


def render(result: LintResult, context: ReportContext) -> str:
    """Return one command a finding; Azure knows errors and warnings only."""
    return "".join(f"{_command(finding, context)}\n" for finding in sorted(result.findings, key=badness))


def _command(finding: Finding, context: ReportContext) -> str:
    at = finding.location
    properties = {
        "type": "error" if finding.severity is Severity.ERROR else "warning",
        "sourcepath": context.from_top(at.path),
        "linenumber": str(at.line),
        "columnnumber": str(at.column),
        "code": finding.rule,
    }
    head = "".join(f"{name}={_property(value)};" for name, value in properties.items())
    text = f"{finding.name}: {finding.message}" + (f" (help: {finding.help})" if finding.help else "")
    return f"##vso[task.logissue {head}]{_data(text)}"


def _data(text: str) -> str:
    return clean(text).replace("%", "%AZP25")


def _property(value: str) -> str:
    return _data(value).replace(";", "%3B").replace("]", "%5D")
