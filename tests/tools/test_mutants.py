"""The tool that plants mistakes: it names those that tests do not notice, and no other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools" / "mutants.py"
MODULE = """\
LIMIT = 3
WORDS = frozenset({"known", "other"})


def allowed(number: int) -> bool:
    \"\"\"Tell.\"\"\"
    return number < LIMIT


class Door:
    def __init__(self) -> None:
        self.open = False

    def name(self) -> str:
        return "front" if self.open else "back"


def is_word(text: str) -> bool:
    if not text:
        return False
    return text in WORDS


def unused(number: int) -> int:
    return number + 1
"""
TESTS = """\
from doors import Door, allowed, is_word


def test_limits():
    assert allowed(2)
    assert not allowed(3)


def test_doors():
    assert Door().name() == "back"


def test_words():
    assert is_word("known")
    assert not is_word("")
"""


def test_survivors_are_named(tmp_path: Path) -> None:
    (tmp_path / "doors.py").write_text(MODULE)
    (tmp_path / "test_doors.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, str(TOOL), "doors.py", "--tests", "test_doors.py"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = [line.partition("doors.py:")[2] for line in done.stdout.splitlines() if line.startswith(str(tmp_path))]
    assert found == [
        "2: 'other' → '' (3 tests)",
        "15: 'front' → '' (1 tests)",
        "25: return → None (no test executes it)",
        "25: Add → Sub (no test executes it)",
        "25: 1 → 2 (no test executes it)",
    ], done.stdout + done.stderr
    assert "13 of 18 mutants noticed (72.2%), of 18 in all; 3 that no test executes" in done.stdout
