"""The pre-commit hooks, run by the real pre-commit on a small repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]

MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase): ...


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
"""

LEGACY = """\
from fastapi import APIRouter

router = APIRouter()
DRAFTS = {}


@router.post("/drafts/{user_id}")
def draft(user_id: int, text: str):
    DRAFTS[user_id] = text
"""

VIEWS = """\
from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import current_user
from app.db import get_db
from app.models import Note, User

router = APIRouter()


@router.get("/notes/{note_id}")
def read(note_id: int, db: Session = Depends(get_db), user: User = Depends(current_user)):
    return db.scalars(select(Note).where(Note.id == note_id)).first()
"""

GOOD_VIEWS = VIEWS.replace("Note.id == note_id", "Note.id == note_id, Note.user_id == user.id")


def git(*arguments: str, cwd: Path) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git("init", "--quiet", "--initial-branch=main", cwd=folder)
    git("add", "--all", "--force", cwd=folder)
    git("commit", "--quiet", "--no-verify", "--message=first", cwd=folder)


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout as it stands, as a repository that hooks are installed from."""
    folder = tmp_path_factory.mktemp("tool")
    for entry in ("statelint", "rules"):
        shutil.copytree(CHECKOUT / entry, folder / entry, ignore=shutil.ignore_patterns("__pycache__"))
    for entry in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(CHECKOUT / entry, folder / entry)
    commit(folder)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A service with a committed sin of its own (`app/legacy.py`) and clean views."""
    folder = tmp_path / "service"
    (folder / "app").mkdir(parents=True)
    for name, text in {"__init__": "", "models": MODELS, "legacy": LEGACY, "views": GOOD_VIEWS}.items():
        (folder / "app" / f"{name}.py").write_text(text)
    commit(folder)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pre-commit-home")


def pre_commit(*arguments: str, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PRE_COMMIT_HOME": str(home)}
    # Like pre-commit's own environment for the hooks, this takes packages from the index: the first run is slow.
    command = [sys.executable, "-m", "pre_commit", *arguments, "--color=never", "--verbose"]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def change(project: Path, views: str) -> None:
    """Stage ``views`` as the only change."""
    (project / "app" / "views.py").write_text(views + "\n# changed\n")
    git("add", "app/views.py", cwd=project)


def test_a_good_change_passes(tool: Path, project: Path, home: Path) -> None:
    change(project, GOOD_VIEWS)
    run = pre_commit("try-repo", str(tool), "statelint", cwd=project, home=home)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Passed" in run.stdout


def test_a_bad_change_fails(tool: Path, project: Path, home: Path) -> None:
    """Both hooks in one run: the first reports on the change, the second on everything."""
    change(project, VIEWS)
    run = pre_commit("try-repo", str(tool), "--hook-stage=pre-push", "--files=app/views.py", cwd=project, home=home)
    assert run.returncode == 1, run.stdout + run.stderr
    changed, heading, everything = run.stdout.partition("statelint (whole project)")
    assert heading
    assert "SL301" in changed
    assert "app/views.py" in changed
    assert "app/legacy.py" not in changed
    assert "SL101" in everything
    assert "app/legacy.py" in everything
