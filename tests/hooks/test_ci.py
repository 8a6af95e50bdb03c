"""The GitHub action and the GitLab job: their scripts are run here as those services would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).parents[2]
SERVICE = """\
from fastapi import FastAPI

app = FastAPI()
CARTS = {}


@app.post("/cart/{user_id}")
def add(user_id: str):
    CARTS[user_id] = 1
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text(SERVICE)
    return tmp_path


def bash(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, **variables}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120)


def test_the_action_annotates_summarises_and_writes_sarif(project: Path) -> None:
    action = yaml.safe_load((CHECKOUT / "action.yml").read_text())
    (check,) = [step for step in action["runs"]["steps"] if step.get("id") == "check"]
    runner = project / "runner"
    (runner / "statelint").mkdir(parents=True)
    (runner / "statelint" / "bin").symlink_to(Path(sys.executable).parent)
    variables = {
        "RUNNER_TEMP": str(runner),
        "GITHUB_OUTPUT": str(runner / "output"),
        "GITHUB_STEP_SUMMARY": str(runner / "summary.md"),
    }
    done = bash(check["run"], project, PATHS="", ARGS="--no-cache --min-severity note", **variables)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error title=SL101 process-state,file=app/main.py")
    assert json.loads((runner / "statelint.sarif").read_text())["runs"][0]["results"]
    assert "| error | SL101 process-state |" in (runner / "summary.md").read_text()
    assert (runner / "output").read_text() == f"sarif-file={runner}/statelint.sarif\n"
    assert bash(check["run"], project, PATHS="app/nosuch", ARGS="", **variables).returncode == 2


def test_the_action_hands_no_input_to_the_shell_as_text() -> None:
    action = yaml.safe_load((CHECKOUT / "action.yml").read_text())
    scripts = [step["run"] for step in action["runs"]["steps"] if "run" in step]
    assert len(scripts) == 2
    assert not any("${{" in script for script in scripts)


def test_the_gitlab_job_writes_both_reports(project: Path) -> None:
    job = yaml.safe_load((CHECKOUT / "docs" / "ci" / "gitlab.yml").read_text())["statelint"]
    _, check = job["script"]
    assert bash(check, project).returncode == 1
    reports = job["artifacts"]["reports"]
    (issue,) = json.loads((project / reports["codequality"]).read_text())
    assert issue["check_name"] == "SL101"
    assert "<testsuites" in (project / reports["junit"]).read_text()
