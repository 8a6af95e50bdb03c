"""The baseline: findings that a project puts up with for now, so that only new ones are reported.

Its file has one JSON object a line, sorted, without line numbers or dates, so that branches merge without conflicts. An
entry stands for ``count`` findings with equal fingerprints; its ``note`` is for people.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.lint.finding import Finding, LintResult

_TEXTS = ("path", "rule", "symbol", "fingerprint")


class BaselineError(ValueError):
    """A baseline file cannot be used. The message names the line."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """``count`` findings of ``rule`` with the same ``fingerprint``; ``line`` is where the file says so."""

    path: str
    rule: str
    symbol: str
    fingerprint: str
    count: int = 1
    note: str = ""
    line: int = 0

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What entries are sorted by."""
        return self.path, self.rule, self.symbol, self.fingerprint


@dataclass(frozen=True)
class Stale:
    """``left`` of an entry's findings are no longer there."""

    entry: Entry
    left: int
    file: str
    """Path of the baseline, relative to the project's root."""


def family_of(fingerprint: str) -> str:
    """Return what findings that agree in everything have in common."""
    return fingerprint.partition(":")[0]


def parse(text: str) -> list[Entry]:
    """Return the entries of a baseline file; of two for the same, after a merge, the higher count and a note stay.

    Raises BaselineError.
    """
    entries: dict[tuple[str, str, str, str], Entry] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            entry = _entry(line, number)
            known = entries.setdefault(entry.key, entry)
            notes = {known.note, entry.note} - {""}
            count = max(known.count, entry.count)
            entries[entry.key] = replace(known, count=count, note=min(notes, default=""))
    return list(entries.values())


def _entry(line: str, number: int) -> Entry:
    try:
        values: Any = json.loads(line)
    except (ValueError, RecursionError):
        hint = ": a merge conflict?" if line.startswith(("<<<<<<<", "=======", ">>>>>>>")) else ""
        raise BaselineError(f"line {number} is not JSON{hint}") from None
    if not isinstance(values, dict):
        raise BaselineError(f"line {number} is no JSON object")
    for name in _TEXTS:
        if not isinstance(values.get(name), str):
            raise BaselineError(f"line {number} has no {name!r}")
    count, note = values.get("count", 1), values.get("note", "")
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise BaselineError(f"line {number}: 'count' must be a number above 0")
    if not isinstance(note, str):
        raise BaselineError(f"line {number}: 'note' must be a text")
    return Entry(**{name: values[name] for name in _TEXTS}, count=count, note=note, line=number)


def text(entries: Iterable[Entry]) -> str:
    """Return the file that holds ``entries``."""
    lines = []
    for entry in sorted(entries, key=lambda entry: entry.key):
        values: dict[str, object] = {name: getattr(entry, name) for name in _TEXTS}
        if entry.count > 1:
            values["count"] = entry.count
        if entry.note:
            values["note"] = entry.note
        lines.append(json.dumps(values) + "\n")
    return "".join(lines)


def collect(findings: Iterable[Finding], known: Iterable[Entry] = (), note: str = "") -> list[Entry]:
    """Return the entries for ``findings``: with the notes of those ``known``, new ones with ``note``."""
    notes = {entry.fingerprint: entry.note for entry in known}
    entries: dict[str, Entry] = {}
    for finding in findings:
        family = family_of(finding.fingerprint)
        entry = entries.get(family)
        if entry is None:
            entries[family] = Entry(
                path=finding.location.path,
                rule=finding.rule,
                symbol=finding.symbol,
                fingerprint=family,
                note=notes.get(family, note),
            )
        else:
            entries[family] = replace(entry, count=entry.count + 1)
    return list(entries.values())


def apply(result: LintResult, entries: Iterable[Entry], file: str) -> tuple[LintResult, list[Stale]]:
    """Return ``result`` without the findings in the baseline ``file``, and the entries that stand for fewer now.

    Where more findings are equal than the baseline counts, the last of them are new.
    """
    entries = list(entries)
    room = _counts(entries)
    kept = []
    for finding in result.findings:
        family = family_of(finding.fingerprint)
        if room[family] > 0:
            room[family] -= 1
        else:
            kept.append(finding)
    stale = []
    for entry in entries:
        left = min(room[entry.fingerprint], entry.count)
        if left:
            room[entry.fingerprint] -= left
            stale.append(Stale(entry, left, file))
    baselined = result.baselined + len(result.findings) - len(kept)
    return msgspec.structs.replace(result, findings=kept, baselined=baselined), stale


def _counts(entries: Iterable[Entry]) -> Counter[str]:
    """Return how many findings are expected; two entries for the same, after a merge, are one."""
    counts: Counter[str] = Counter()
    for entry in entries:
        counts[entry.fingerprint] = max(entry.count, counts[entry.fingerprint])
    return counts


def pruned(entries: Iterable[Entry], stale: Iterable[Stale]) -> list[Entry]:
    """Return ``entries`` without what is stale."""
    left = {item.entry.key: item.left for item in stale}
    kept = [replace(entry, count=entry.count - left.get(entry.key, 0)) for entry in entries]
    return [entry for entry in kept if entry.count > 0]
