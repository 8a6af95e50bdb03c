"""The HTML report in a real browser."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from .conftest import command, environment

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PROGRAMS = Path(__file__).parents[2] / "fixtures" / "anti_patterns"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    args = [command(), "check", "--no-cache", "-q", "--output-format", f"html={file}", str(PROGRAMS)]
    done = subprocess.run(args, env=environment(), capture_output=True, check=False, timeout=120)
    assert done.returncode == 1, done.stderr
    return file


def browse(page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM
    args = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={page.parent / 'profile'}"]
    return subprocess.run(
        [*args, *options, page.as_uri()], capture_output=True, text=True, check=True, timeout=120, cwd=page.parent
    )


def test_the_browser_sees_all_parts_and_complains_of_nothing(page: Path) -> None:
    done = browse(page, "--dump-dom", "--enable-logging=stderr", "--v=0")
    assert "CONSOLE" not in done.stderr
    for part in ('id="fix"', 'id="isolation"', 'id="state"', "<svg", "SL301 unscoped-read", "</footer>"):
        assert part in done.stdout


def test_it_can_be_looked_at(page: Path) -> None:
    shots = {}
    for name, *options in (("light",), ("dark", "--blink-settings=preferredColorScheme=0")):
        browse(page, *options, f"--screenshot={name}.png", "--window-size=1000,800")
        data = (page.parent / f"{name}.png").read_bytes()
        assert struct.unpack(">II", data[16:24]) == (1000, 800)
        shots[name] = data
    assert len(shots["light"]) > 20_000, "an empty page is smaller"
    assert shots["light"] != shots["dark"]
