"""README and CONTRIBUTING: their settings are real, and their links lead somewhere."""

from __future__ import annotations

import re
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
    for target in re.findall(r"\]\(([^)#]+)\)", (CHECKOUT / document).read_text()):
        if "://" not in target:
            assert (CHECKOUT / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS)
def test_rules_are_called_by_their_names(document: str) -> None:
    names = {rule.code: rule.name for rule in load_rules()}
    for code, name in re.findall(r"`(SL\d{3}) ([a-z-]+)`", (CHECKOUT / document).read_text()):
        assert names[code] == name
