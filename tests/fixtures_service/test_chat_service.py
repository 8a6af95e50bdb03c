"""The reference chat service's own tests pass; they run in its folder, with its configuration."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SERVICE = Path(__file__).parents[2] / "fixtures" / "chat_service"
TESTS = ["pytest", "-q", "-rs", "-n", "0", "-p", "no:cacheprovider"]


@pytest.mark.parametrize("command", [TESTS, ["mypy"]], ids=["pytest", "mypy"])
def test_reference_service(command: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", *command], cwd=SERVICE, capture_output=True, text=True, timeout=1200, check=False
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    if missing := sorted(set(re.findall(r"\S+ is not installed: .+", ended.stdout))):
        pytest.skip(f"passed but for what needs a server: {'; '.join(missing)}")
