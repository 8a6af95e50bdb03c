from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lint.projects import at

from statelint.lint.baseline import BaselineError, Entry, apply, collect, parse, pruned, text
from statelint.lint.finding import Confidence, Finding, LintResult, Severity

LINE = '{"path": "a.py", "rule": "SL101", "symbol": "s", "fingerprint": "f"}'


def finding(fingerprint: str, path: str = "a.py", rule: str = "SL101") -> Finding:
    return Finding(
        rule=rule,
        name="process-state",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        message="m",
        location=at(path, 1),
        symbol="s",
        fingerprint=fingerprint,
    )


def result(*fingerprints: str) -> LintResult:
    return LintResult(findings=[finding(each) for each in fingerprints], suppressed=[])


def entry(fingerprint: str, count: int = 1, note: str = "", path: str = "a.py") -> Entry:
    return Entry(path=path, rule="SL101", symbol="s", fingerprint=fingerprint, count=count, note=note)


def test_equal_findings_are_counted() -> None:
    (made,) = collect(result("f", "f:2", "f:3").findings)
    assert (made.fingerprint, made.count) == ("f", 3)


def test_what_is_in_the_baseline_is_left_out_and_counted() -> None:
    left, stale = apply(result("f", "g"), [entry("f")], "b")
    assert [item.fingerprint for item in left.findings] == ["g"]
    assert left.baselined == 1
    assert stale == []


def test_one_more_than_the_baseline_counts_is_new() -> None:
    left, stale = apply(result("f", "f:2", "f:3"), [entry("f", 2)], "b")
    assert [item.fingerprint for item in left.findings] == ["f:3"]
    assert stale == []


def test_fewer_than_the_baseline_counts_is_stale() -> None:
    entries = [entry("f", 3), entry("g")]
    left, stale = apply(result("f"), entries, "b")
    assert left.findings == []
    assert [(item.entry.fingerprint, item.left) for item in stale] == [("f", 2), ("g", 1)]
    assert [(item.fingerprint, item.count) for item in pruned(entries, stale)] == [("f", 1)]


def test_entries_that_a_merge_doubled_count_once() -> None:
    left, stale = apply(result("f", "f:2"), [entry("f"), entry("f")], "b")
    assert [item.fingerprint for item in left.findings] == ["f:2"]
    assert stale == []


def test_notes_stay_and_new_entries_get_one() -> None:
    made = collect(result("f", "g").findings, [entry("f", note="known")], "today's")
    assert [item.note for item in made] == ["known", "today's"]


def test_the_order_is_stable_and_lines_are_apart() -> None:
    entries = [entry("b"), entry("a"), entry("c", path="0.py")]
    lines = text(entries).splitlines()
    assert [line[-4:-1] for line in lines] == ['"c"', '"a"', '"b"']
    assert text(reversed(entries)) == text(entries)


NAMES = st.text(st.characters(codec=None), max_size=20)


@given(st.lists(st.builds(entry, NAMES, st.integers(1, 9), NAMES, NAMES), max_size=5, unique_by=lambda each: each.key))
def test_what_is_written_is_read_again(entries: list[Entry]) -> None:
    written = text(entries)
    assert written.isascii()
    again = parse(written)
    assert [(*item.key, item.count, item.note) for item in again] == sorted(
        (*item.key, item.count, item.note) for item in entries
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("<<<<<<< HEAD", "line 2 is not JSON: a merge conflict"),
        ("{", "line 2 is not JSON"),
        ("[" * 10_000, "line 2 is not JSON"),
        ("[]", "line 2 is no JSON object"),
        ('{"path": "a.py"}', "line 2 has no 'rule'"),
        (LINE[:-1] + ', "count": 0}', "line 2: 'count'"),
        (LINE[:-1] + ', "count": true}', "line 2: 'count'"),
        (LINE[:-1] + ', "note": 1}', "line 2: 'note'"),
    ],
)
def test_mistakes_are_named_with_their_line(line: str, message: str) -> None:
    with pytest.raises(BaselineError, match=message):
        parse(f"{LINE}\n{line}\n")
