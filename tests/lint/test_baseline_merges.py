"""What holds for every baseline, however its file came about: written, updated, pruned, or merged from branches."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from lint.test_baseline import entry, result

from statelint.lint.baseline import apply, collect, family_of, parse, pruned, text

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from statelint.lint.baseline import Entry, Stale
    from statelint.lint.finding import Finding, LintResult

COUNTS = st.dictionaries(st.sampled_from("fghij"), st.integers(1, 4))
NOTES = st.sampled_from(["", "why", "because"])
DOUBLED = st.lists(st.builds(entry, st.sampled_from("fgh"), st.integers(1, 4), NOTES), max_size=6)
"""Entries as they may stand in a file after a merge: some of them twice, with other counts and notes."""


def read(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries of a file that has a line for each of ``entries``."""
    return parse("".join(text([each]) for each in entries))


def having(counts: dict[str, int]) -> LintResult:
    """Return a result with so many findings of each family."""
    names = [name if n == 1 else f"{name}:{n}" for name, count in counts.items() for n in range(1, count + 1)]
    return result(*names)


def counted(findings: Iterable[Finding]) -> Counter[str]:
    return Counter(family_of(finding.fingerprint) for finding in findings)


def left(stale: Iterable[Stale]) -> Counter[str]:
    total: Counter[str] = Counter()
    for item in stale:
        total[item.entry.fingerprint] += item.left
    return total


@given(COUNTS, DOUBLED)
def test_what_is_found_is_either_in_it_or_reported_and_what_is_in_it_is_either_found_or_stale(
    found: dict[str, int], entries: list[Entry]
) -> None:
    held: Counter[str] = Counter()
    for each in entries:
        held[each.fingerprint] = max(held[each.fingerprint], each.count)
    shown, stale = apply(having(found), read(entries), "b")
    assert counted(shown.findings) == Counter(found) - held
    assert shown.baselined + len(shown.findings) == sum(found.values())
    assert left(stale) == held - Counter(found)
    assert all(1 <= item.left <= item.entry.count for item in stale)


@given(COUNTS, DOUBLED, st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(found: dict[str, int], entries: list[Entry], chance: random.Random) -> None:
    other = entries[:]
    chance.shuffle(other)
    entries, other = read(entries), read(other)
    one, one_stale = apply(having(found), entries, "b")
    two, two_stale = apply(having(found), other, "b")
    assert one == two
    assert left(one_stale) == left(two_stale)
    assert text(pruned(entries, one_stale)) == text(pruned(other, two_stale))


@given(COUNTS, DOUBLED)
def test_pruning_leaves_what_is_found_and_is_done_once_and_for_all(found: dict[str, int], entries: list[Entry]) -> None:
    entries = read(entries)
    before, stale = apply(having(found), entries, "b")
    kept = read(pruned(entries, stale))
    after, none = apply(having(found), kept, "b")
    assert after == before
    assert none == []
    assert {(e.fingerprint, e.note) for e in kept} <= {(e.fingerprint, e.note) for e in entries}
    assert text(pruned(kept, none)) == text(kept)


@given(COUNTS, DOUBLED, NOTES)
def test_an_update_holds_exactly_what_is_found_and_loses_no_note(
    found: dict[str, int], entries: list[Entry], note: str
) -> None:
    made = read(collect(having(found).findings, read(entries), note))
    assert {each.fingerprint: each.count for each in made} == found
    shown, stale = apply(having(found), made, "b")
    assert (shown.findings, stale) == ([], [])
    known: dict[str, set[str]] = {}
    for each in entries:
        known.setdefault(each.fingerprint, set()).add(each.note)
    for each in made:
        assert each.note in (known.get(each.fingerprint, set()) - {""} or known.get(each.fingerprint, {note}))
    assert text(collect(having(found).findings, made, "other")) == text(made)


@given(COUNTS, COUNTS, COUNTS)
def test_branches_that_are_merged_line_by_line_keep_what_either_added_and_neither_removed(
    base: dict[str, int], one: dict[str, int], other: dict[str, int]
) -> None:
    def lines(counts: dict[str, int]) -> set[str]:
        return set(text(collect(having(counts).findings)).splitlines())

    ours, theirs, old = lines(one), lines(other), lines(base)
    merged = parse("\n".join(ours & theirs | (ours - old) | (theirs - old)))
    for name in {*base, *one, *other}:
        then, here, there = (counts.get(name, 0) for counts in (base, one, other))
        wanted = max(here, there) if here == there or then not in (here, there) else here if there == then else there
        shown, stale = apply(having({name: wanted} if wanted else {}), merged, "b")
        assert shown.findings == []
        assert left(stale)[name] == 0
