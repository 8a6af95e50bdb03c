"""``statelint check --repos``: many repositories in one go."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from statelint.cli.app import INTERNAL_ERROR, USAGE_ERROR
from statelint.cli.console import emit, say
from statelint.report.text import clean
from statelint.run.processors import processors
from statelint.run.repositories import REPORT, check_all, read_list

if TYPE_CHECKING:
    from statelint.cli.check import Options
    from statelint.run.repositories import Outcome

FOLDER = Path("statelint-repos")
"""Where reports go if ``--output`` does not say."""
_FLAGS = ("pedantic", "no_baseline", "isolated", "no_cache")
_VALUES = ("min_severity", "min_confidence", "config", "cache_dir")
_LISTS = ("select", "ignore", "extend_select")


def check(options: Options, file: Path) -> int:
    """Check the repositories that ``file`` lists and return the worst exit code. Raises RepositoriesError."""
    folders = read_list(file)
    output = (options.output or FOLDER).absolute()

    def progress(outcome: Outcome, done: int, total: int) -> None:
        if not options.quiet:
            what = clean(outcome.error) or f"{len(_severities(outcome)):,} findings"
            say(f"[{done:,}/{total:,}] {clean(outcome.name)}: {what}")

    outcomes = check_all(folders, _arguments(options), output, jobs=options.jobs or processors(), progress=progress)
    emit(_table(outcomes))
    if not options.quiet:
        say(f"{output / REPORT} has all findings, and sarif/ a file for each repository.")
    return _exit_code(outcomes, exit_zero=options.exit_zero)


def _arguments(options: Options) -> list[str]:
    """Return what the check of each repository is told."""
    given = [f"--{name.replace('_', '-')}" for name in _FLAGS if getattr(options, name)]
    for name in _VALUES:
        value = getattr(options, name)
        if value is not None:
            given += [f"--{name.replace('_', '-')}", str(value.absolute() if isinstance(value, Path) else value)]
    for name in _LISTS:
        for value in getattr(options, name):
            given += [f"--{name.replace('_', '-')}", value]
    return given


def _severities(outcome: Outcome) -> list[str]:
    return [finding["severity"] for finding in outcome.report["findings"]] if outcome.report else []


def _table(outcomes: list[Outcome]) -> str:
    rows = []
    total: Counter[str] = Counter()
    for outcome in outcomes:
        counts = Counter(_severities(outcome))
        total += counts
        numbers = "".join(f"{counts[severity]:>9,}" for severity in ("error", "warning", "note"))
        rows.append(f"{numbers if outcome.report else 'not checked':<27}  {clean(outcome.name)}")
    sums = "".join(f"{total[severity]:>9,}" for severity in ("error", "warning", "note"))
    return "\n".join(["   errors warnings    notes  repository", *rows, f"{sums}  all {len(outcomes):,}"]) + "\n"


def _exit_code(outcomes: list[Outcome], *, exit_zero: bool) -> int:
    codes = {outcome.status for outcome in outcomes}
    if codes - {0, 1, USAGE_ERROR}:
        return INTERNAL_ERROR
    if USAGE_ERROR in codes:
        return USAGE_ERROR
    return int(1 in codes and not exit_zero)
