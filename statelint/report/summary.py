"""What a run comes to: counts by rule, and the closing lines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from statelint.lint.finding import Severity
from statelint.report.text import clean, counted, listed, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from statelint.lint.finding import Finding, LintResult
    from statelint.report.context import ReportContext
    from statelint.report.style import Style


class RuleCount(NamedTuple):
    """How many findings a rule has, and the worst severity among them."""

    rule: str
    name: str
    severity: Severity
    number: int


def badness(finding: Finding) -> tuple[int, int, str, int, int]:
    """Sort key: the worst first, then by place."""
    at = finding.location
    return -finding.severity.rank, -finding.confidence.rank, at.path, at.line, at.column


def count_by_rule(findings: Sequence[Finding]) -> list[RuleCount]:
    """Count the findings of each rule, the worst severity and the largest number first."""
    counts: Counter[tuple[str, str]] = Counter()
    worst: dict[tuple[str, str], Severity] = {}
    for finding in findings:
        key = finding.rule, finding.name
        counts[key] += 1
        worst[key] = max(worst.get(key, finding.severity), finding.severity, key=lambda severity: severity.rank)
    rows = [RuleCount(*key, worst[key], count) for key, count in counts.items()]
    return sorted(rows, key=lambda row: (-row.severity.rank, -row.number, row.rule))


def rule_table(findings: Sequence[Finding], style: Style) -> list[str]:
    """Return one line a rule: count, code, name, severity."""
    rows = count_by_rule(findings)
    widths = [
        max((len(value) for value in column), default=0)
        for column in ([f"{row.number:,}" for row in rows], [row.rule for row in rows], [row.name for row in rows])
    ]
    return [
        f"{row.number:>{widths[0]},}  {style('title', f'{clean(row.rule):<{widths[1]}}')}  "
        f"{clean(row.name):<{widths[2]}}  {style(row.severity, row.severity)}"
        for row in rows
    ]


def severity_counts(findings: Sequence[Finding]) -> str:
    """Return ``2 errors and 1 warning``."""
    counts = Counter(finding.severity for finding in findings)
    return listed([counted(counts[severity], severity) for severity in Severity if counts[severity]])


def closing(result: LintResult, context: ReportContext) -> list[str]:
    """Return the last lines of a run: what was found, what is not shown, what was understood of the project."""
    style = context.style
    lines: list[str] = []
    if result.findings:
        files = len({finding.location.path for finding in result.findings})
        worst = max((finding.severity for finding in result.findings), key=lambda severity: severity.rank)
        found = f"Found {severity_counts(result.findings)} in {counted(files, 'file')}."
        lines += _paint(style, worst, wrap(found, context.width))
    else:
        lines.append(style("good", "No findings."))
    unseen = _not_shown(result, context)
    if unseen:
        lines += wrap(f"Not counted: {', '.join(unseen)}.", context.width)
    lines += _paint(style, "dim", wrap(_coverage(result), context.width))
    return lines + blindness(result, context)


def blindness(result: LintResult, context: ReportContext) -> list[str]:
    """Return a loud warning if a web framework is used but nothing was seen to serve requests."""
    web = [clean(name) for name in result.coverage.frameworks]
    if not web or result.coverage.entry_points or result.coverage.own_tools:
        return []
    what = (
        f"0 entry points found, although the project imports {listed(web)}: it is unknown which "
        "code serves requests, so findings may be missing."
    )
    help_ = (
        "lint the whole project, look at what --show-files lists, or describe your own routes in "
        "[tool.statelint.catalogue]."
    )
    warning = wrap(f"warning: {what}", context.width)
    advice = wrap(f"help: {help_}", context.width - 3)
    return [
        "",
        *_paint(context.style, "warning", warning),
        *(f"  {'=' if not number else ' '} {line}" for number, line in enumerate(advice)),
    ]


def _paint(style: Style, role: str, lines: list[str]) -> list[str]:
    return [style(role, line) for line in lines]


def _not_shown(result: LintResult, context: ReportContext) -> list[str]:
    parts = []
    if result.suppressed:
        where = "listed above" if context.show_suppressed else "--show-suppressed"
        parts.append(f"{len(result.suppressed):,} suppressed ({where})")
    minor = result.hidden - result.unsure
    if minor:
        notes = context.settings.min_severity == "warning"
        what = counted(minor, "note") if notes else f"{minor:,} below {context.settings.min_severity}"
        parts.append(f"{what} (--pedantic)")
    if result.unsure:
        parts.append(f"{result.unsure:,} below {context.settings.min_confidence} confidence (--min-confidence low)")
    if result.baselined:
        parts.append(f"{result.baselined:,} in the baseline")
    if result.older:
        parts.append(f"{result.older:,} older (in no line changed since {clean(context.since)})")
    if result.elsewhere:
        parts.append(f"{result.elsewhere:,} elsewhere (touching none of the given paths)")
    return parts


def _coverage(result: LintResult) -> str:
    coverage = result.coverage
    frameworks = "; ".join(map(clean, coverage.frameworks)) or "no known web framework"
    models = f", {counted(coverage.models, 'model')}" if coverage.models else ""
    owned = f" ({coverage.owned_models:,} with an owner)" if coverage.models else ""
    own = f", {counted(coverage.own_tools, 'tool')} for one user (stdio)" if coverage.own_tools else ""
    return (
        f"Read {counted(result.files, 'file')} with {counted(result.lines, 'line')}: {frameworks}; "
        f"{counted(coverage.entry_points, 'entry point')}{own}{models}{owned}."
    )
