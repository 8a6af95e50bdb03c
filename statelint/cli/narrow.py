"""Leaves out of a result what the baseline holds and what is older than a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.cli.baselines import BaselineFile, with_stale

if TYPE_CHECKING:
    from statelint.cli.check import Options
    from statelint.lint.finding import LintResult
    from statelint.run.pipeline import CheckRequest


def narrow(result: LintResult, request: CheckRequest, options: Options) -> LintResult:
    """Return ``result`` with what the options leave of it. Raises RevisionError or BaselineError."""
    if options.since is not None:
        from statelint.run.since import newer  # noqa: PLC0415 - few runs need it

        result = newer(result, request, options.since)
    if options.no_baseline or options.stdin_alone:
        return result
    baseline = BaselineFile(request.root, request.settings, options.baseline)
    if not baseline.exists:
        return result
    result, stale = baseline.apply(result)
    # Only a run over everything can tell that something is gone.
    partial = (
        options.paths or options.since is not None or options.min_severity or options.pedantic or options.min_confidence
    )
    return result if partial else with_stale(result, stale, request.rules, request.settings)
