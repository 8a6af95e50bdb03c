"""Why a finding was made, and what would silence it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.lint.pages import PageError, load_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.lint.finding import Finding
    from statelint.report.context import ReportContext

_SETTINGS = {
    "SL3": "if everybody may see these rows, list the model in public-models; if only administrators come here, name "
    "what admits them in admin-guards",
    "SL1": "if the object holds the same in every replica, say so in the comment",
}


def explained(finding: Finding, context: ReportContext) -> Iterator[tuple[str, str]]:
    """Yield titled sentences: what the rule looks for, the evidence, and the ways to silence the finding."""
    rule = next((rule for rule in context.rules if rule.code == finding.rule), None)
    if rule is not None:
        try:
            yield "why", load_page(rule).first_paragraph or rule.summary
        except PageError:
            yield "why", rule.summary
    evidence = [f"{place.message} ({place.path}:{place.line})" for place in finding.related if place.message]
    if evidence:
        yield "evidence", "; ".join(evidence[:4])
    at = finding.location
    yield "silence", f"# statelint: ignore[{finding.rule}] REASON at {at.path}:{at.line}, or alone on the line above"
    setting = _SETTINGS.get(finding.rule[:3])
    if setting:
        yield "or", setting
