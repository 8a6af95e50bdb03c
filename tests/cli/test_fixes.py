"""Fixes from end to end: preview, safe and unsafe, files left whole."""

from __future__ import annotations

import json
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

CALLS = """\
import requests
from flask import Flask

app = Flask(__name__)


@app.get("/prices")
def prices():
    x = 1  # statelint: ignore[SL301] not any more
    return requests.get("https://x.example").json()
"""
NOTES = ("--min-severity", "note")


@pytest.fixture
def calls(service: Path) -> Path:
    (service / "app" / "chat.py").unlink()
    path = service / "app" / "calls.py"
    path.write_bytes(CALLS.replace("\n", "\r\n").encode())
    path.chmod(0o750)
    return path


def test_safe_fixes_are_applied_and_others_offered(run: Run, calls: Path) -> None:
    done = run("check", "--fix", "--show-fixes", *NOTES)
    assert "app/calls.py:9: SL001 unused-suppression: remove what silences nothing\n" in done.stderr
    assert "Fixed 1 finding in 1 file.\n" in done.stderr
    assert "--diff --unsafe-fixes" in done.stderr
    assert "SL704" in done.stdout
    assert "SL001" not in done.stdout
    expected = CALLS.replace("  # statelint: ignore[SL301] not any more", "").replace("\n", "\r\n")
    assert calls.read_bytes().decode() == expected
    assert stat.S_IMODE(calls.stat().st_mode) == 0o750


def test_unsafe_fixes_on_request_and_nothing_twice(run: Run, calls: Path) -> None:
    done = run("check", "--fix", "--unsafe-fixes", *NOTES)
    assert "Fixed 2 findings in 1 file.\n" in done.stderr
    assert done.returncode == 0
    after = calls.read_bytes()
    assert b'requests.get("https://x.example", timeout=10)' in after
    assert "Fixed 0 findings in 0 files.\n" in run("check", "--fix", "--unsafe-fixes", *NOTES).stderr
    assert calls.read_bytes() == after


@pytest.mark.parametrize("name", ["calls.py", "é calls.py", 'a\n"b"\\\x1b[2J.py', "\udcff.py"])
def test_the_preview_is_a_patch_and_writes_nothing(name: str, run: Run, calls: Path, service: Path) -> None:
    calls = calls.rename(calls.with_name(name))
    calls.write_text(CALLS)
    done = run("check", "--diff", "--unsafe-fixes", *NOTES)
    assert done.returncode == 1
    assert calls.read_text() == CALLS
    subprocess.run(["git", "apply", "-p1", "-"], cwd=service, input=done.stdout, text=True, check=True)
    assert "timeout=10" in calls.read_text()
    assert run("check", "--diff", "--unsafe-fixes", *NOTES).returncode == 0


def test_what_can_be_fixed_is_shown_and_told(run: Run, calls: Path) -> None:
    done = run("check", "--show-fixes", *NOTES)
    assert "fix: add a time limit of 10 seconds" in done.stdout
    findings = json.loads(run("check", "--show-fixes", "--output-format", "json", *NOTES).stdout)["findings"]
    fixes = {item["rule"]: item["fix"] for item in findings}
    assert fixes["SL001"]["safe"] is True
    assert fixes["SL704"]["safe"] is False
    assert fixes["SL704"]["edits"][0]["content"] == ", timeout=10"


def test_a_file_that_does_not_parse_is_left_alone(run: Run, calls: Path) -> None:
    broken = CALLS + "def (:\n"
    calls.write_text(broken)
    assert run("check", "--fix", "--unsafe-fixes", *NOTES).returncode == 1
    assert calls.read_text() == broken


@pytest.mark.parametrize("args", [["--unsafe-fixes"], ["--fix", "--add-ignore"], ["-", "--fix"]])
def test_contradictions(args: list[str], run: Run) -> None:
    assert run("check", *args, stdin="").returncode == 2


@pytest.mark.parametrize("args", [["--diff", "origin/main"], ["--diff=origin/main"]])
def test_a_revision_is_told_apart_from_the_preview(args: list[str], run: Run) -> None:
    done = run("check", *args)
    assert done.returncode == 2
    assert "for findings since a git revision, use --since origin/main" in " ".join(done.stderr.split())
