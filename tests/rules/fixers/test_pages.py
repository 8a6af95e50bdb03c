"""Fixers over all that rule pages show: files still parse, and whatever is reported as fixed is gone for good."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from statelint.lint.packs import load_rules
from statelint.lint.pages import load_page
from statelint.run.fixing import mend
from statelint.run.pipeline import CheckRequest, check

from .conftest import ALL

if TYPE_CHECKING:
    from pathlib import Path

    from statelint.lint.finding import Finding
    from statelint.lint.rule import Rule

RULES = load_rules()
FIXABLE = [rule for rule in RULES if rule.fixer is not None]


@pytest.mark.parametrize("rule", FIXABLE, ids=lambda rule: rule.code)
def test_what_is_fixed_is_gone(rule: Rule, tmp_path: Path) -> None:
    fixed = 0
    for example in load_page(rule).examples:
        root = tmp_path / example.slug
        for file in example.files:
            path = root / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text)
        request = CheckRequest(root=root, paths=(), settings=ALL, rules=RULES, jobs=1)
        found = check(request).findings
        done = mend(found, request, unsafe=True)
        for name, data in done.contents.items():
            ast.parse(data)
            (root / name).write_bytes(data)
        left = check(request).findings
        for code in {finding.rule for finding, _ in done.fixed}:
            mended = sum(finding.rule == code for finding, _ in done.fixed)
            assert _count(left, code) == _count(found, code) - mended
        assert not mend(left, request, unsafe=True).fixed
        fixed += sum(finding.rule == rule.code for finding, _ in done.fixed)
    assert fixed or rule.code in {"SL304"}, "the fixer mends nothing on the rule's own page"


def _count(findings: list[Finding], code: str) -> int:
    return sum(finding.rule == code for finding in findings)
