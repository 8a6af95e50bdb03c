"""Mends findings: proposes edits, tries them on the whole project, and keeps those after which the finding is gone."""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from statelint.lint.finding import Confidence, Fix, Severity
from statelint.lint.fixers import Fixer, SourceFile, apply_edits
from statelint.run.pipeline import check
from statelint.source.cells import has_cells
from statelint.source.sources import Sources
from statelint.source.text import SourceError, decode, encode_like

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from statelint.lint.finding import Edit, Finding, LintResult
    from statelint.lint.fixers import Edits
    from statelint.lint.rule import Rule
    from statelint.run.pipeline import CheckRequest

_PASSES = 5
"""Edits that overlap wait for the next pass."""
_UNREADABLE = frozenset({"SL003", "SL004"})


@dataclass(frozen=True)
class Mended:
    """``contents`` are those of the changed files, ``fixed`` the findings that are gone with what was done."""

    contents: Mapping[str, bytes]
    fixed: Sequence[tuple[Finding, Fix]]


@dataclass
class _Attempt:
    finding: Finding
    fixer: Fixer
    ways: list[Edits]

    @property
    def key(self) -> tuple[str, str, str]:
        return _key(self.finding)

    @property
    def fix(self) -> Fix:
        return Fix(self.fixer.message, self.fixer.safe, self.ways[0])


@dataclass
class _Files:
    """The project's files as they are after what was mended so far."""

    request: CheckRequest
    contents: dict[str, bytes] = field(default_factory=dict)

    def source(self, path: str, contents: Mapping[str, bytes] | None = None) -> tuple[bytes, SourceFile] | None:
        if has_cells(path):
            return None
        data = (self.contents if contents is None else contents).get(path)
        data = Sources(self.request.root).data(path) if data is None else data
        try:
            return (data, SourceFile(path, decode(data))) if data is not None else None
        except (SourceError, SyntaxError, ValueError, RecursionError):
            return None

    def tried(self, path: str, edits: Edits, fixer: Fixer) -> bool:
        """Tell whether a file parses with ``edits``, and keeps its comments unless it is those that are mended."""
        data = self.edited(path, edits)
        if data is None or fixer.comments:
            return data is not None
        before, after = self.source(path), self.source(path, {path: data})
        try:
            return before is not None and after is not None and before[1].comments <= after[1].comments
        except SyntaxError:
            return False

    def edited(self, path: str, edits: Iterable[Edit]) -> bytes | None:
        """Return a file's content with ``edits``; None if it does not parse then."""
        found = self.source(path)
        if found is None:
            return None
        data, source = found
        text = apply_edits(source.text, dict.fromkeys(edits), source)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(text)
            return encode_like(text, data)
        except (SyntaxError, ValueError, RecursionError):
            return None


def mend(findings: Iterable[Finding], request: CheckRequest, *, unsafe: bool) -> Mended:
    """Return what the project's files become when ``findings`` are mended as far as possible; nothing is written.

    With ``unsafe``, fixes count that may change what the program does. Raises what ``check`` raises.
    """
    fixers = _fixers(request.rules)
    files = _Files(request)
    fixed: list[tuple[Finding, Fix]] = []
    wanted = [finding for finding in findings if finding.rule in fixers]
    wanted = [finding for finding in wanted if unsafe or fixers[finding.rule].safe]
    if not wanted:
        return Mended({}, [])
    before = _check(request, {})
    for _ in range(_PASSES):
        attempts = list(_attempts(wanted, fixers, files))
        before, done = _pass(attempts, request, files, before)
        fixed += done
        keys = Counter(_key(finding) for finding, _ in done)
        left = Counter(_key(finding) for finding in wanted)
        left.subtract(keys)
        wanted = [finding for finding in before.findings if left[_key(finding)] > 0]
        if not done or not wanted:
            break
    return Mended(files.contents, fixed)


def proposals(findings: Iterable[Finding], request: CheckRequest) -> list[Finding]:
    """Return ``findings``, each with the fix that would be applied to it alone, if there is one that works."""
    fixers = _fixers(request.rules)
    files = _Files(request)
    shown = []
    before: LintResult | None = None
    for finding in findings:
        done: list[tuple[Finding, Fix]] = []
        if finding.rule in fixers:
            before = before or _check(request, {})
            attempts = list(_attempts([finding], fixers, files))
            _, done = _pass(attempts, request, _Files(request), before)
        shown.append(msgspec.structs.replace(finding, fix=done[0][1]) if done else finding)
    return shown


def _fixers(rules: Sequence[Rule]) -> dict[str, Fixer]:
    return {rule.code: rule.fixer() for rule in rules if rule.fixer is not None}


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.location.path, finding.symbol


def _check(request: CheckRequest, contents: Mapping[str, bytes]) -> LintResult:
    """Check everything, and let nothing hide."""
    settings = msgspec.structs.replace(request.settings, min_severity="note", min_confidence="low")
    overlay = {**request.overlay, **contents}
    return check(replace(request, paths=(), settings=settings, overlay=overlay, progress=None))


def _attempts(findings: Iterable[Finding], fixers: Mapping[str, Fixer], files: _Files) -> Iterable[_Attempt]:
    for finding in findings:
        fixer = fixers[finding.rule]
        found = files.source(finding.location.path)
        if found is None:
            continue
        ways = [
            way for way in _ways(fixer, finding, found[1]) if way and files.tried(finding.location.path, way, fixer)
        ]
        if ways:
            yield _Attempt(finding, fixer, ways)


def _ways(fixer: Fixer, finding: Finding, source: SourceFile) -> list[Edits]:
    try:
        return list(fixer.ways(finding, source))
    except SyntaxError:  # what the parser takes and the tokenizer does not
        return []


def _pass(
    attempts: list[_Attempt], request: CheckRequest, files: _Files, before: LintResult
) -> tuple[LintResult, list[tuple[Finding, Fix]]]:
    """Apply the attempts that go together and work; ``files`` has them then."""
    counts = Counter(map(_key, before.findings))
    while attempts:
        chosen, contents = _together(attempts, files)
        if not chosen:
            break
        after = _check(request, {**files.contents, **contents})
        failed = _failed(chosen, counts, after)
        if not failed:
            files.contents |= contents
            return after, [(attempt.finding, attempt.fix) for attempt in chosen]
        for attempt in chosen:
            if attempt.key in failed or attempt.finding.location.path in failed:
                attempt.ways.pop(0)
        attempts = [attempt for attempt in attempts if attempt.ways]
    return before, []


def _together(attempts: Iterable[_Attempt], files: _Files) -> tuple[list[_Attempt], dict[str, bytes]]:
    """Return the attempts whose first ways do not overlap, and what the files become."""
    chosen: list[_Attempt] = []
    edits: dict[str, list[Edit]] = {}
    for attempt in attempts:
        path = attempt.finding.location.path
        mine = [edit for edit in attempt.ways[0] if edit not in edits.get(path, ())]
        if not any(_overlap(edit, other) for edit in mine for other in edits.get(path, ())):
            chosen.append(attempt)
            edits.setdefault(path, []).extend(mine)
    contents = {path: data for path, held in edits.items() if (data := files.edited(path, held)) is not None}
    return [attempt for attempt in chosen if attempt.finding.location.path in contents], contents


def _grave(finding: Finding) -> bool:
    """Tell whether a fix must not bring this about: hints and guidelines are no reason to leave a mistake."""
    return finding.severity is not Severity.NOTE and finding.confidence is not Confidence.LOW


def _overlap(one: Edit, other: Edit) -> bool:
    first, second = sorted((_span(one), _span(other)))
    return second[0] < first[1] or (first == second and first[0] == first[1] and one.content != other.content)


def _span(edit: Edit) -> tuple[tuple[int, int], tuple[int, int]]:
    at = edit.location
    return (at.line, at.column), (at.end_line, at.end_column)


def _failed(chosen: Iterable[_Attempt], counts: Mapping[tuple[str, str, str], int], after: LintResult) -> set[object]:
    """Return the keys of findings that are still there, and the paths that became worse."""
    now = Counter(map(_key, after.findings))
    tried = Counter(attempt.key for attempt in chosen)
    failed: set[object] = {key for key, number in tried.items() if now[key] > counts.get(key, 0) - number}
    paths = {attempt.finding.location.path for attempt in chosen}
    grave = Counter(_key(finding) for finding in after.findings if _grave(finding))
    failed |= {
        key[1] for key, number in grave.items() if key[1] in paths and key not in tried and number > counts.get(key, 0)
    }
    return failed | {key[1] for key in now if key[0] in _UNREADABLE and key[1] in paths}
