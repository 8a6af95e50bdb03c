from __future__ import annotations

import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from statelint.cli.watch import watch

from .conftest import CLEAN, SERVICE, command, environment

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


def test_a_change_is_checked_at_once(service: Path) -> None:
    output = service / "out.txt"
    with output.open("w") as stream:
        process = subprocess.Popen(
            [command(), "check", "--watch", "--output-format", "concise"],
            cwd=service,
            env=environment(),
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(output, "watching for changes")
            (service / "app" / "chat.py").write_text(CLEAN)
            wait_for(output, "1 file changed; watching for changes")
            assert "No findings." in output.read_text()
            (service / "app" / "chat.py").write_text(SERVICE)
            deadline = time.monotonic() + 60
            while output.read_text().count("SL101") < 2:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


class StoppedError(Exception):
    pass


def test_a_change_during_the_first_run_is_not_missed(tmp_path: Path) -> None:
    runs: list[None] = []

    def run() -> int:
        runs.append(None)
        if len(runs) == 2:
            raise StoppedError
        (tmp_path / "app.py").write_text(CLEAN)
        return 0

    with pytest.raises(StoppedError):
        watch(tmp_path, run)


def wait_for(file: Path, text: str) -> None:
    deadline = time.monotonic() + 60
    while text not in file.read_text():
        assert time.monotonic() < deadline, file.read_text()
        time.sleep(0.1)


def test_it_goes_with_reports_only(run: Run) -> None:
    assert run("check", "--watch", "--fix").returncode == 2
