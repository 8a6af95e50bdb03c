"""Findings by file: a line each, below the name of the file."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from statelint.report.summary import closing, rule_table
from statelint.report.text import clean, line_start, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from statelint.lint.finding import Finding, LintResult
    from statelint.report.context import ReportContext


def render(result: LintResult, context: ReportContext) -> str:
    """Return the findings (or their counts by rule) and the closing lines."""
    lines: list[str] = []
    if context.statistics:
        lines = rule_table(result.findings, context.style)
    else:
        for path, group in groupby(result.findings, key=lambda finding: finding.location.path):
            lines += [*([""] if lines else []), *_file(path, list(group), context)]
    if context.show_suppressed:
        for item in result.suppressed:
            at = item.finding.location
            reason = f" (reason: {item.reason})" if item.reason else ""
            lines.append(
                f"suppressed {clean(f'{at.path}:{at.line} {item.finding.rule} {item.finding.message}{reason}')}"
            )
    if context.summary:
        lines += [*([""] if lines else []), *closing(result, context)]
    return "".join(f"{line}\n" for line in lines)


def _file(path: str, findings: Sequence[Finding], context: ReportContext) -> list[str]:
    style = context.style
    places = [f"{finding.location.line}:{finding.location.column}" for finding in findings]
    place_width = max(map(len, places))
    rule_width = max(len(clean(finding.rule)) for finding in findings)
    indent = 2 + place_width + 2 + 7 + 2 + rule_width + 2
    lines = [style.link(style("title", line_start(clean(path))), context.url(path))]
    for finding, place in zip(findings, places, strict=True):
        text = f"{clean(finding.name)}: {clean(finding.message)}"
        first, *others = wrap(text, max(30, context.width - indent))
        severity = style(finding.severity, f"{finding.severity:<7}")
        rule = style("title", f"{clean(finding.rule):<{rule_width}}")
        lines.append(f"  {place:>{place_width}}  {severity}  {rule}  {first}")
        lines += (" " * indent + line for line in others)
    return lines
