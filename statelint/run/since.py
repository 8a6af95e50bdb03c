"""Findings of a change: those that an earlier revision did not have, and those that touch changed lines."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import msgspec

from statelint.run.pipeline import check
from statelint.source.lines import split_lines
from statelint.source.revisions import changes
from statelint.source.sources import Sources
from statelint.source.text import SourceError, decode

if TYPE_CHECKING:
    from statelint.lint.finding import Finding, LintResult, Location
    from statelint.run.pipeline import CheckRequest
    from statelint.source.revisions import Change


def newer(result: LintResult, request: CheckRequest, revision: str) -> LintResult:
    """Return ``result``, that of ``request``, without what was the same when the branch left ``revision``.

    The earlier state is read from git's objects; the work tree is not touched. Raises RevisionError, and what ``check``
    raises.
    """
    changed = changes(request.root, revision)
    if not changed:
        return msgspec.structs.replace(result, findings=[], older=result.older + len(result.findings))
    before = check(replace(request, paths=(), overlay=_overlay(changed), cache=request.cache, progress=None))
    known = Counter(finding.fingerprint for finding in before.findings)
    renamed = {change.path: change.old_path for change in changed if change.path and change.old_path != change.path}
    moved = Counter(_moved(finding) for finding in before.findings)
    touched = _Touched(request, changed)
    kept = []
    for finding in result.findings:
        old = known[finding.fingerprint] > 0
        old_path = renamed.get(finding.location.path)
        if not old and old_path:
            key = _moved(finding, old_path)
            old = moved[key] > 0
            moved[key] -= old
        if not old or any(map(touched, finding.locations)):
            kept.append(finding)
    older = result.older + len(result.findings) - len(kept)
    return msgspec.structs.replace(result, findings=kept, older=older)


def _overlay(changed: list[Change]) -> dict[str, bytes | None]:
    """Return the contents that make the work tree what it was."""
    overlay: dict[str, bytes | None] = {change.path: None for change in changed if change.path}
    return overlay | {change.old_path: change.old for change in changed if change.old_path}


def _moved(finding: Finding, path: str = "") -> tuple[str, str, str, str]:
    """Return what stays the same of a finding when its file gets another name."""
    return path or finding.location.path, finding.rule, finding.symbol, finding.message


class _Touched:
    """Tells whether a place lies in a changed line."""

    def __init__(self, request: CheckRequest, changed: list[Change]) -> None:
        self._old = {change.path: change.old for change in changed if change.path}
        self._sources = Sources(request.root)
        self._lines: dict[str, list[range]] = {}

    def __call__(self, place: Location) -> bool:
        if place.path not in self._old:
            return False
        if place.path not in self._lines:
            self._lines[place.path] = self._changed(place.path)
        lines = self._lines[place.path]
        return any(place.line < span.stop and span.start <= place.end_line for span in lines)

    def _changed(self, path: str) -> list[range]:
        """Return the lines of a file that are new or other than they were."""
        now = self._sources.lines(path)
        old = self._old[path]
        try:
            before = [] if old is None else split_lines(decode(old))
        except SourceError:
            before = []
        steps = SequenceMatcher(None, before, now, autojunk=False).get_opcodes()
        return [range(start + 1, stop + 1) for tag, _, _, start, stop in steps if tag in ("insert", "replace")]
