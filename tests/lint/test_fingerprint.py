from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from lint.projects import FakeProject, finds_word, make_rule

from statelint.config.settings import Settings
from statelint.lint.runner import lint

if TYPE_CHECKING:
    import random

    from statelint.lint.rule import Rule

RULE = make_rule("SL101", "process-state", finds_word("STORE"))


def prints(text: str, path: str = "a.py", rule: Rule = RULE) -> list[str]:
    project = FakeProject({path: text})
    result = lint(project, [rule], Settings(), lines=project.lines)
    return [finding.fingerprint for finding in result.findings]


def test_moving_does_not_change_it() -> None:
    assert prints("STORE = 1\n") == prints("# a comment\n\n\nSTORE = 1\n")


def test_layout_and_comments_do_not_change_it() -> None:
    assert prints("STORE = f(1, 2)\n") == prints("STORE  =  f(1,   2)  # why\n")
    assert prints("x = [\n    STORE,\n]\n") == prints("x = [  # new\n  STORE,\n\n]\n")


def test_rule_path_and_code_change_it() -> None:
    other = make_rule("SL102", "other", finds_word("STORE"))
    texts = [
        prints("STORE = 1\n"),
        prints("STORE = 2\n"),
        prints("STORE = 1\n", "b.py"),
        prints("STORE = 1\n", rule=other),
        prints("x = [\n    STORE,\n    1,\n]\n"),
        prints("x = [\n    STORE,\n    2,\n]\n"),
        prints("x = STORE, '# 1'\n"),
        prints("x = STORE, '# 2'\n"),
    ]
    assert len({text for (text,) in texts}) == len(texts)


def test_equal_ones_are_numbered() -> None:
    twice = prints("STORE = 1\nSTORE = 1\n")
    assert len(set(twice)) == 2
    assert twice[0] == prints("STORE = 1\n")[0]
    assert prints("x = 1\nSTORE = 1\ny = 2\nSTORE = 1\n") == twice


def test_its_form() -> None:
    (text,) = prints("STORE = 1\n")
    assert len(text) == 32
    assert int(text, 16) >= 0


STATEMENTS = {
    "one": "STORE = {}",
    "another": "STORE = 1",
    "a call": "save(STORE, {'# no': 1})",
    "in brackets": "x = [STORE, 1, 'a  b']",
    "nothing": "y = 1",
}
"""Statements whose layout may change at each blank within brackets, by what they are called."""
LAYOUTS = st.sampled_from([" ", "  ", "\n    ", "  # why\n ", "\n\n"])
BETWEEN = st.sampled_from(["", "\n", "# a remark\n", "z = 2\n", "def f():\n    pass\n", "# STORE = 1\n"])


@st.composite
def written(draw: st.DrawFn, names: list[str]) -> str:
    """Write statements down, with other things between them."""
    lines = [draw(BETWEEN)]
    for name in names:
        head, bracket, rest = STATEMENTS[name].partition("[")
        lines += [f"{head}{bracket}{rest.replace(', ', ',' + draw(LAYOUTS))}\n", draw(BETWEEN)]
    return "".join(lines)


@given(st.lists(st.sampled_from(sorted(STATEMENTS)), max_size=6), st.randoms(use_true_random=False), st.data())
def test_they_are_the_same_wherever_and_however_the_code_stands(
    names: list[str], chance: random.Random, data: st.DataObject
) -> None:
    first = prints(data.draw(written(names)))
    found = sum("STORE" in STATEMENTS[name] for name in names)
    assert len(set(first)) == len(first) == found, "no two are the same"
    moved = names[:]
    chance.shuffle(moved)
    assert sorted(prints(data.draw(written(moved)))) == sorted(first)
    assert prints(data.draw(written(names))) == first
    families = [name.partition(":")[0] for name in first]
    kinds = [STATEMENTS[name] for name in names if "STORE" in STATEMENTS[name]]
    assert [families.index(each) for each in families] == [kinds.index(each) for each in kinds]


@given(st.lists(st.sampled_from(sorted(STATEMENTS)), min_size=1, max_size=5), st.integers(0), st.data())
def test_what_else_is_found_or_gone_changes_none(names: list[str], at: int, data: st.DataObject) -> None:
    before = set(prints(data.draw(written(names))))
    gone = names[:]
    del gone[at % len(names)]
    after = set(prints(data.draw(written(gone))))
    assert after <= before
    assert len(before) - len(after) == ("STORE" in STATEMENTS[names[at % len(names)]])
