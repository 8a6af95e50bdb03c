"""The coverage page: it is up to date, what it names exists, and no bullet of the document is left out."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from statelint.lint.packs import load_rules

CHECKOUT = Path(__file__).parents[2]
SEEDS = CHECKOUT.parent / "shared" / "seeds"
RULES = {rule.code: rule for rule in load_rules()}


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(CHECKOUT / "tools"))
    return importlib.import_module("coverage_table")


def test_the_page_is_up_to_date(tool) -> None:
    assert tool.PAGE.read_text() == tool.table(tool.Document.read(), RULES)


def test_every_rule_and_part_named_is_there(tool) -> None:
    assert tool.mistakes(tool.Document.read(), RULES) == []


def test_what_is_not_there_is_a_mistake(tool) -> None:
    part = "patterns/token_authentication.py"
    points = [
        tool.Point("rule", rules=["SL999"]),
        tool.Point("file", kept_by=["patterns/nowhere.py"]),
        tool.Point("name", kept_by=[f"{part}::nobody"]),
        tool.Point("nothing"),
        tool.Point("fine", rules=["SL101"], kept_by=[part, f"{part}::refresh"]),
    ]
    found = tool.mistakes(tool.Document([tool.Section("Heading", points)]), RULES)
    assert [mistake.partition(":")[0] for mistake in found] == ["rule", "file", "name", "nothing"]


def test_every_rule_about_services_serves_the_document(tool) -> None:
    served = {code for point in tool.Document.read().points for code in point.rules}
    left = [code for code in RULES if not code.startswith("SL0") and code not in served]
    assert left == [], "name them in tools/document.toml where they belong, and run `make coverage`"


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the document itself is not at hand")
def test_every_bullet_and_pattern_of_the_document_is_there(tool) -> None:
    text = re.sub(r"```.*?```", "", next(SEEDS.glob("*.txt")).read_text(), flags=re.DOTALL).replace("**", "")
    asked = re.findall(r"^(?:- |### (?=(?:Anti-)?Pattern \d))(.+)$", text, re.MULTILINE)
    assert len(asked) > 50
    assert [point.says for point in tool.Document.read().points] == asked
