"""Runs the installed command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Run = Callable[..., subprocess.CompletedProcess[str]]

SERVICE = """\
from fastapi import FastAPI

app = FastAPI()
USER_CONVERSATIONS = {}


@app.post("/api/{user_id}/chat")
async def chat(user_id: str, message: str):
    USER_CONVERSATIONS.setdefault(user_id, []).append(message)
    return {"response": "processed"}
"""

GUIDELINE = """\
import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/weather")
def weather():
    return requests.get("https://weather.example/now").json()
"""

CLEAN = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/health")
async def health():
    return {"status": "ok"}
"""

UNSET = (
    "COLUMNS",
    "FORCE_COLOR",
    "GITHUB_ACTIONS",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_WORKSPACE",
    "NO_COLOR",
    "PRE_COMMIT",
    "STATELINT_CACHE_DIR",
)
"""Variables of the surroundings that change what a run prints or remembers."""


def command() -> str:
    """Return the path of the installed ``statelint``."""
    path = shutil.which("statelint", path=str(Path(sys.executable).parent))
    assert path, "statelint is not installed beside this Python: pip install -e ."
    return path


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    return {**{key: value for key, value in os.environ.items() if key not in UNSET}, "TERM": "xterm", **(extra or {})}


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """Return a project with one file that keeps state and one that is clean."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "service"\n')
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "chat.py").write_text(SERVICE)
    (tmp_path / "app" / "health.py").write_text(CLEAN)
    return tmp_path


@pytest.fixture
def run(service: Path) -> Run:
    """Return a function that runs statelint in ``service``."""

    def runner(
        *args: str, cwd: Path = service, stdin: str | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [command(), *args],
            cwd=cwd,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            env=environment(env),
            check=False,
            timeout=120,
        )

    return runner
