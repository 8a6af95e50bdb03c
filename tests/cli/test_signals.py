"""What happens to a run that is told to end: nothing is left of it, and the next run is none the worse."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from .conftest import command, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def busy(service: Path) -> Path:
    """A project that takes two processes a while."""
    for number in range(30):
        (service / f"m{number}.py").write_text("x = [1, 2]\n" * 7_000)
    return service


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["asked", "killed"])
def test_a_run_that_is_ended_leaves_no_process(
    number: signal.Signals, busy: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    temporary = tmp_path_factory.mktemp("temporary")
    args = [command(), "check", "--jobs", "2", "--output-format", "concise"]
    where = {**environment(), "TMPDIR": str(temporary)}
    process = subprocess.Popen(
        args, cwd=busy, env=where, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    until(lambda: any(temporary.glob("statelint-*/*")))  # the first result: the processes are at work
    process.send_signal(number)
    process.communicate(timeout=60)  # as soon as the last process that holds the output has gone
    until(lambda: not living(process.pid))
    if number == signal.SIGTERM:
        assert process.returncode == 128 + number
        assert list(temporary.iterdir()) == []
    after = subprocess.run(args, cwd=busy, env=where, capture_output=True, text=True, timeout=300, check=False)
    assert after.returncode == 1
    assert "SL101" in after.stdout


@pytest.mark.parametrize("wait", [0, 0.05, 0.1, 0.2, 0.3, 0.5])
def test_a_run_that_is_asked_to_end_while_its_processes_start_says_nothing(
    wait: float, busy: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    temporary = tmp_path_factory.mktemp("temporary")
    args = [command(), "check", "--jobs", "3", "--no-cache"]
    process = subprocess.Popen(
        args, cwd=busy, env={**environment(), "TMPDIR": str(temporary)}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    until(lambda: any(temporary.iterdir()))
    time.sleep(wait)
    process.terminate()
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (128 + signal.SIGTERM, "")
    until(lambda: not living(process.pid))
    assert list(temporary.iterdir()) == []


def living(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def until(holds: Callable[[], bool]) -> None:
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.05)
    pytest.fail("it takes more than a minute")
