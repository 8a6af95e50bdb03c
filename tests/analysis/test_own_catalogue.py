"""What a project says about its own libraries is honoured: the example in CONTRIBUTING.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from examples import settings_of

from statelint.analysis.project import analyse
from statelint.catalogue.loader import load
from statelint.config.settings import Settings
from statelint.extract.extractor import extract
from statelint.lint.packs import load_rules
from statelint.lint.runner import lint

GUIDE = Path(__file__).parents[2] / "CONTRIBUTING.md"
SOURCE = """
from acme.collections import ExpiringMap
from acme.di import one_per_process
from acme.llm import RamMemory
from fastapi import FastAPI

app = FastAPI()
ACME_STORE = "local"
memory = RamMemory()
table = ExpiringMap()


@one_per_process
class Carts:
    def __init__(self):
        self.items = {}

    def put(self, user_id, item):
        self.items[user_id] = item


@app.put("/{user_id}/{item}")
def put(user_id: str, item: str):
    table.put(user_id, item)
    Carts().put(user_id, item)
    return memory.load(user_id)
"""
ABOUT = {"SL101": "`table`", "SL201": "`Carts`", "SL202": "`memory`", "SL207": "`ACME_STORE`"}


def findings(settings: Settings) -> dict[str, str]:
    """Return what is found in the source, by rule."""
    catalogue = load(settings.catalogue)
    project = analyse([extract("app.py", SOURCE.encode(), catalogue)], catalogue, settings)
    result = lint(project, load_rules(), settings, lines=lambda _: SOURCE.splitlines())
    return {finding.rule: finding.message for finding in result.findings}


@pytest.fixture(scope="module")
def own() -> Settings:
    blocks = re.findall(r'```toml title="pyproject.toml"\n(.*?)```', GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return settings_of(next(block for block in blocks if "tool.statelint.catalogue" in block))


def test_the_libraries_are_unknown_without_the_entries() -> None:
    assert not findings(Settings()).keys() & ABOUT.keys()


@pytest.mark.parametrize(("rule", "subject"), ABOUT.items())
def test_the_entries_make_them_known(own: Settings, rule: str, subject: str) -> None:
    assert subject in findings(own)[rule]
