"""README and CONTRIBUTING: their settings are real, and their links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest
from examples import settings_of
from markdown_it import MarkdownIt

from statelint.catalogue.loader import load
from statelint.catalogue.schema import Library
from statelint.lint.packs import load_rules
from statelint.lint.selection import Selection

CHECKOUT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"]


def blocks(document: str) -> list[str]:
    tokens = MarkdownIt("commonmark").parse((CHECKOUT / document).read_text())
    return [token.content for token in tokens if token.type == "fence" and token.info.startswith("toml")]


@pytest.mark.parametrize("text", blocks("README.md") + blocks("CONTRIBUTING.md"))
def test_toml_is_valid(text: str) -> None:
    table = tomllib.loads(text)
    if "tool" in table:
        settings = settings_of(text)
        load(settings.catalogue)
        Selection(load_rules(), settings)
    else:
        assert msgspec.convert(table, Library).imports


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    text = re.sub(r"`[^`\n]*`", "", (CHECKOUT / document).read_text())  # code may look like a link
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (CHECKOUT / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS)
def test_rules_are_called_by_their_names(document: str) -> None:
    names = {rule.code: rule.name for rule in load_rules()}
    for code, name in re.findall(r"`(SL\d{3}) ([a-z-]+)`", (CHECKOUT / document).read_text()):
        assert names[code] == name


def test_the_capture_in_the_readme_is_real() -> None:
    (shown,) = re.findall(r"```console\n\$ statelint (.*?)\n(.*?)```", (CHECKOUT / "README.md").read_text(), re.DOTALL)
    command = [sys.executable, "-m", "statelint", *shown[0].split()]
    environment = {**os.environ, "COLUMNS": "100"}
    run = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    printed = run.stdout.splitlines()
    heads = [line for line in shown[1].splitlines() if re.match(r"\w+\[SL|  --> ", line)]
    assert len(heads) >= 6
    assert [line for line in heads if line not in printed] == []


def test_the_changelog_names_every_rule() -> None:
    changelog = (CHECKOUT / "CHANGELOG.md").read_text()
    assert [rule.code for rule in load_rules() if rule.code not in changelog] == []
