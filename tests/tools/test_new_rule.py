"""The scaffold for rules: what it writes works as it stands."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from examples import mismatches

from statelint.lint.pages import HEADINGS, load_page

if TYPE_CHECKING:
    from statelint.lint.rule import Rule

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(CHECKOUT / "tools"))
    return importlib.import_module("new_rule")


@pytest.fixture
def created(tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rule:
    """The scaffolded rule SL199, imported."""
    module, _ = tool.create("SL199", "bad-thing", tmp_path)
    spec = importlib.util.spec_from_file_location("bad_thing", module)
    imported = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bad_thing", imported)
    spec.loader.exec_module(imported)
    return imported.BadThing()


def test_the_page_is_complete_and_its_examples_pass(created: Rule) -> None:
    page = load_page(created)
    assert page.title == "SL199 bad-thing"
    assert page.headings == HEADINGS
    assert sum(example.bad for example in page.examples) >= 3
    assert sum(not example.bad for example in page.examples) >= 3
    for example in page.examples:
        assert mismatches(example, "SL199", [created]) == []


def test_the_module_passes_the_linters(created: Rule, tmp_path: Path) -> None:
    for arguments in (["check"], ["format", "--check"]):
        command = [
            sys.executable,
            "-m",
            "ruff",
            *arguments,
            "--config",
            str(CHECKOUT / "pyproject.toml"),
            str(tmp_path),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_rule_joins_its_family(tool, tmp_path: Path) -> None:
    from statelint.lint.packs import load_rules
    from statelint.lint.pages import page_path

    (process_state,) = [rule for rule in load_rules() if rule.code == "SL101"]
    module, _ = tool.create("SL199", "bad-thing", tmp_path)
    assert module.parent.name == page_path(process_state).parent.name


@pytest.mark.parametrize(
    ("code", "name", "reason"),
    [
        ("SL101", "bad-thing", "is there already"),
        ("SL199", "process-state", "is there already"),
        ("SL999", "bad-thing", "not a code of a family"),
        ("bad", "bad-thing", "not a code of a family"),
        ("SL199", "BadThing", "not in kebab case"),
    ],
)
def test_wrong_codes_and_names_are_refused(tool, tmp_path: Path, code: str, name: str, reason: str) -> None:
    with pytest.raises(tool.WrongError, match=reason):
        tool.create(code, name, tmp_path)
    assert list(tmp_path.iterdir()) == []
