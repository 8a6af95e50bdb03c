"""The examples on rule pages: what they mark is found, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from examples import mismatches, settings_of

from statelint.lint.packs import load_rules
from statelint.lint.pages import HEADINGS, load_page, page_path

if TYPE_CHECKING:
    from statelint.lint.pages import Example
    from statelint.lint.rule import Rule

RULES = load_rules()
PAGES = {rule.code: load_page(rule) for rule in RULES if page_path(rule).is_file()}
EXAMPLES = [
    pytest.param(code, example, id=f"{code}-{example.slug}")
    for code, page in PAGES.items()
    for example in page.examples
]
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
each_page = pytest.mark.parametrize("code", PAGES)


@pytest.mark.parametrize(("code", "example"), EXAMPLES)
def test_example(code: str, example: Example) -> None:
    problems = mismatches(example, code, RULES)
    assert not problems, f"{PAGES[code].source}:{example.line}\n" + "\n".join(problems)


@each_page
def test_options_are_real(code: str) -> None:
    for block in PAGES[code].blocks("toml"):
        settings_of(block)


@each_rule
def test_every_rule_has_a_page(rule: Rule) -> None:
    page = load_page(rule)
    assert page.title == f"{rule.code} {rule.name}"
    assert page.headings == HEADINGS


@each_page
def test_every_page_shows_good_and_bad(code: str) -> None:
    bad = [example for example in PAGES[code].examples if example.bad]
    good = [example for example in PAGES[code].examples if not example.bad]
    assert len(bad) >= 3
    assert len(good) >= 3


@each_page
def test_every_page_is_about_its_own_rule(code: str) -> None:
    for example in PAGES[code].examples:
        marks = {mark.rule for file in example.files for mark in file.expected}
        assert not marks or code in marks, f"{example.slug} shows {marks} only"


def test_there_are_rules() -> None:
    assert {"SL001", "SL002", "SL003", "SL004", "SL101", "SL201", "SL301", "SL302"} <= {rule.code for rule in RULES}


def test_codes_and_names_are_unique() -> None:
    codes = [rule.code for rule in RULES]
    names = [rule.name for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert len(set(names)) == len(names)


def test_no_page_is_orphaned() -> None:
    owned = {page_path(rule).name for rule in RULES}
    found = {entry.name for rule in RULES for entry in page_path(rule).parent.glob("SL*.md")}
    assert found - owned == set()


@each_rule
def test_a_rule_introduces_itself(rule: Rule) -> None:
    assert rule.name == rule.name.lower()
    assert rule.summary.endswith(".")
    assert "\n" not in rule.summary
    assert rule.since.count(".") == 2
