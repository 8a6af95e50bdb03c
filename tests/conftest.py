"""What every test starts from: an environment that says nothing about colours, terminals, CI or a surrounding git."""

from __future__ import annotations

import os

import pytest

_TELLTALE = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM", "CI", "PRE_COMMIT", "GITHUB_")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove what would change outputs, and what git sets while it runs a hook."""
    for name in list(os.environ):
        if name.startswith((*_TELLTALE, "GIT_")):
            monkeypatch.delenv(name)
