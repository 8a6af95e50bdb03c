"""One line a finding: ``path:line:column: SL101 [error/high] message``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.report.summary import closing, rule_table
from statelint.report.text import clean, line_start

if TYPE_CHECKING:
    from statelint.lint.finding import Finding, LintResult
    from statelint.report.context import ReportContext


def render(result: LintResult, context: ReportContext) -> str:
    """Return the findings (or their counts by rule) and the closing lines."""
    if context.statistics:
        lines = rule_table(result.findings, context.style)
    else:
        lines = [_line(finding, context, str(finding.confidence)) for finding in result.findings]
    if context.show_suppressed:
        for item in result.suppressed:
            reason = f" (reason: {clean(item.reason)})" if item.reason else ""
            lines.append(_line(item.finding, context, "suppressed") + reason)
    if context.summary:
        lines += closing(result, context)
    return "".join(f"{line}\n" for line in lines)


def _line(finding: Finding, context: ReportContext, state: str) -> str:
    style = context.style
    at = finding.location
    place = style.link(f"{style('title', line_start(clean(at.path)))}:{at.line}:{at.column}", context.url(at.path))
    level = f"[{style(finding.severity, finding.severity)}/{state}]"
    return f"{place}: {style('title', clean(finding.rule))} {level} {clean(finding.message)}"
