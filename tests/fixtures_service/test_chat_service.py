"""The reference chat service's own tests pass; they run in its folder, with its configuration."""

import subprocess
import sys
from pathlib import Path

import pytest

SERVICE = Path(__file__).parents[2] / "fixtures" / "chat_service"


@pytest.mark.parametrize(
    "command", [["pytest", "-q", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider"], ["mypy"]], ids=" ".join
)
def test_reference_service(command: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", *command], cwd=SERVICE, capture_output=True, text=True, timeout=1200, check=False
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
