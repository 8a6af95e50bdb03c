"""Mends small projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from statelint.config.settings import Settings
from statelint.lint.packs import load_rules
from statelint.run.fixing import mend
from statelint.run.pipeline import CheckRequest, check

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Mend = Callable[..., str]

ALL = Settings(min_severity="note", min_confidence="low")


@pytest.fixture
def mended(tmp_path: Path) -> Mend:
    """Return a function that mends a project of one or more files, and returns what the first one becomes.

    What was mended has nothing left to mend.
    """

    def run(text: str, *, rule: str, unsafe: bool = True, **others: str) -> str:
        (tmp_path / "pyproject.toml").touch()
        files = {"app.py": text, **{f"{name}.py": content for name, content in others.items()}}
        for path, content in files.items():
            (tmp_path / path).write_bytes(content.encode())
        request = CheckRequest(root=tmp_path, paths=(), settings=ALL, rules=load_rules(), jobs=1)
        found = [finding for finding in check(request).findings if finding.rule == rule]
        assert found, f"nothing to mend: no {rule}"
        done = mend(found, request, unsafe=unsafe)
        for path, data in done.contents.items():
            (tmp_path / path).write_bytes(data)
        left = [finding for finding in check(request).findings if finding.rule == rule]
        assert len(left) == len(found) - len(done.fixed)
        assert not mend(left, request, unsafe=unsafe).contents, "a second run mends more"
        return (tmp_path / "app.py").read_bytes().decode()

    return run
