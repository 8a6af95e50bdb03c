from __future__ import annotations

from typing import TYPE_CHECKING

from lint.projects import FakeProject, finds_word, make_rule

from statelint.config.settings import Settings
from statelint.lint.runner import lint

if TYPE_CHECKING:
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
