from __future__ import annotations

import pytest
from lint.projects import make_rule

from statelint.config.settings import Settings
from statelint.lint.selection import Selection, SelectionError

RULES = [
    make_rule(code, name)
    for code, name in [
        ("SL001", "unused-suppression"), ("SL101", "process-state"), ("SL102", "default-state"),
        ("SL301", "unscoped-read"), ("SLX101", "other-state"),
    ]
]  # fmt: skip


def selected(**settings: object) -> set[str]:
    return set(Selection(RULES, Settings(**settings)).codes)


@pytest.mark.parametrize(
    ("selector", "codes"),
    [
        ("ALL", {"SL001", "SL101", "SL102", "SL301", "SLX101"}),
        ("SL", {"SL001", "SL101", "SL102", "SL301"}),
        ("SL1", {"SL101", "SL102"}),
        ("SL10", {"SL101", "SL102"}),
        ("SL101", {"SL101"}),
        ("process-state", {"SL101"}),
        ("SLX", {"SLX101"}),
        ("SL7", set()),
    ],
)
def test_selectors(selector: str, codes: set[str]) -> None:
    assert selected(select=(selector,)) == codes
    assert selected(select=(), extend_select=(selector,)) == codes
    assert selected(select=("ALL",), ignore=(selector,)) == selected(select=("ALL",)) - codes


def test_ignore_wins() -> None:
    assert selected(select=("SL101",), extend_select=("SL1",), ignore=("SL101",)) == {"SL102"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"select": ("SL111",)}, "select: 'SL111' is no rule code, prefix or name; did you mean 'SL1"),
        ({"ignore": ("proces-state",)}, "ignore: 'proces-state' is no rule .*; did you mean 'process-state'"),
        ({"extend_select": ("sl301",)}, "extend-select: 'sl301' .*; did you mean 'SL301'"),
        ({"per_file_ignores": {"a/*": ("unscopedread",)}}, "per-file-ignores.'a/.': .* did you mean 'unscoped-read'"),
        ({"select": ("S",)}, "'S' is no rule"),
        ({"select": ("",)}, "'' is no rule"),
        ({"select": ("zzzzzz",)}, "'zzzzzz' is no rule code, prefix or name$"),
    ],
)
def test_unknown_selectors_are_errors(settings: dict[str, object], message: str) -> None:
    with pytest.raises(SelectionError, match=message):
        selected(**settings)


def test_per_file_ignores() -> None:
    globs = {"tests": ("ALL",), "app/*.py": ("SL1",), "!app": ("SL301",)}
    selection = Selection(RULES, Settings(per_file_ignores=globs))
    assert selection.ignored_in("app/main.py") == {"SL101", "SL102"}
    assert selection.ignored_in("app/deep/main.py") == frozenset()
    assert selection.ignored_in("lib/main.py") == {"SL301"}
    assert selection.ignored_in("lib/tests/test_main.py") == {rule.code for rule in RULES}
