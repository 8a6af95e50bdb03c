from __future__ import annotations

import signal
import subprocess
import time
from typing import TYPE_CHECKING

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


def wait_for(file: Path, text: str) -> None:
    deadline = time.monotonic() + 60
    while text not in file.read_text():
        assert time.monotonic() < deadline, file.read_text()
        time.sleep(0.1)


def test_it_goes_with_reports_only(run: Run) -> None:
    assert run("check", "--watch", "--fix").returncode == 2
