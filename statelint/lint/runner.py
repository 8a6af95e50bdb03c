"""Runs rules over an analysed project and sorts what they find into shown, suppressed and hidden."""

from __future__ import annotations

import traceback
from contextlib import nullcontext
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from statelint.lint.finding import Confidence, Finding, LintResult, RuleCrash, Severity
from statelint.lint.fingerprint import with_fingerprints
from statelint.lint.housekeeping import SuppressionRule
from statelint.lint.packs import pack_of
from statelint.lint.selection import Selection, Selectors
from statelint.lint.suppress import Suppressions
from statelint.source.comments import without_comments
from statelint.source.suppressions import statement_at

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from contextlib import AbstractContextManager

    from statelint.analysis.project import Project
    from statelint.config.settings import Settings
    from statelint.lint.finding import Location
    from statelint.lint.rule import Rule


_SomeRule = TypeVar("_SomeRule", bound="Rule")
Stage: TypeAlias = "Callable[[str], AbstractContextManager[object]]"


def _no_lines(path: str) -> Sequence[str]:  # noqa: ARG001 - stands in for a reader of files
    return ()


def lint(
    project: Project,
    rules: Sequence[Rule],
    settings: Settings,
    named: Collection[str] | None = None,
    *,
    lines: Callable[[str], Sequence[str]] = _no_lines,
    stage: Stage = nullcontext,
) -> LintResult:
    """Ask the selected ``rules`` for their findings over ``project``.

    Findings that touch none of the ``named`` files (None: any file counts) are counted, not shown. ``lines`` gives the
    source lines of a file; fingerprints and comments that stand apart from their code depend on it. Each rule runs
    inside ``stage(its code)``. A rule that raises is reported among the crashes. Raises SelectionError or GlobError for
    settings that do not fit the rules.
    """
    selection = Selection(rules, settings)
    chosen = [rule for rule in rules if rule in selection]
    suppressions = Suppressions(project.facts, Selectors(rules), lines)
    crashes: list[RuleCrash] = []
    found = _run(chosen, lambda rule: rule.check(project), crashes, stage)
    outcomes = [(finding, suppressions.apply(finding)) for finding in found]

    judges = [rule for rule in chosen if isinstance(rule, SuppressionRule)]
    ran = {rule.code for rule in chosen} - {rule.code for rule in judges} - {crash.rule for crash in crashes}
    uses = list(suppressions.uses(ran))
    late = _run(judges, lambda rule: chain.from_iterable(map(rule.check_suppression, uses)), crashes, stage)
    outcomes += [(finding, suppressions.apply(finding)) for finding in late]

    outcomes.sort(key=lambda outcome: _order(outcome[0]))
    marked = with_fingerprints([finding for finding, _ in outcomes], lambda place: _code(project, place, lines))
    result = LintResult(
        findings=[],
        suppressed=[],
        files=len(project.facts),
        lines=sum(facts.lines for facts in project.facts.values()),
        coverage=project.coverage,
        crashes=sorted(crashes, key=lambda crash: crash.rule),
    )
    for finding, (_, silenced) in zip(marked, outcomes, strict=True):
        if finding.rule in selection.ignored_in(finding.location.path):
            continue
        high_enough = _high_enough(finding, settings)
        touches = named is None or any(place.path in named for place in finding.locations)
        if silenced is not None:
            if high_enough and touches:
                result.suppressed.append(type(silenced)(finding, silenced.comment, silenced.reason))
        elif not touches:
            result.elsewhere += high_enough
        elif high_enough:
            result.findings.append(finding)
        else:
            result.hidden += 1
            result.unsure += not _sure_enough(finding, settings)
    return result


def _run(
    rules: Iterable[_SomeRule],
    ask: Callable[[_SomeRule], Iterable[Finding]],
    crashes: list[RuleCrash],
    stage: Stage,
) -> list[Finding]:
    """Collect the rules' findings; what a rule found before it raised counts."""
    findings: list[Finding] = []
    for rule in rules:
        try:
            with stage(rule.code):
                for finding in ask(rule):
                    if not isinstance(finding, Finding):
                        raise TypeError(f"a rule yields findings, not {type(finding).__name__}")
                    findings.append(finding)
        except Exception as error:  # rules are foreign code; one must not end the run
            text = f"{type(error).__name__}: {error}"
            crashes.append(RuleCrash(rule.code, pack_of(rule), text, traceback.format_exc()))
    return findings


def _high_enough(finding: Finding, settings: Settings) -> bool:
    return finding.severity.rank >= Severity(settings.min_severity).rank and _sure_enough(finding, settings)


def _sure_enough(finding: Finding, settings: Settings) -> bool:
    return finding.confidence.rank >= Confidence(settings.min_confidence).rank


def _order(finding: Finding) -> tuple[str, int, int, str, int, int, str, str]:
    at = finding.location
    return (at.path, at.line, at.column, finding.rule, at.end_line, at.end_column, finding.symbol, finding.message)


def _code(project: Project, place: Location, lines: Callable[[str], Sequence[str]]) -> str:
    """Return the code of the statement at ``place`` without comments and with single spaces."""
    facts = project.facts.get(place.path)
    first, last = statement_at(place.line, facts.statements if facts else ())
    text = lines(place.path)[first - 1 : last]
    return " ".join(without_comments("\n".join(text)).split())
