"""Search in explain, check --explain and why-not, from end to end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .test_adoption import TestInit

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

NOTES = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import get_current_user
from app.models import Country, Note, User

app = FastAPI()


@app.get("/notes/{id}")
def note(id: int, db: Session, user: User = Depends(get_current_user)):
    return db.scalars(select(Note).where(Note.id == id, Note.user_id == user.id)).one()


@app.get("/open/{id}")
def opened(id: int, db: Session):
    return db.scalars(select(Note).where(Note.id == id)).one()


@app.get("/countries/{id}")
def country(id: int, db: Session):
    return db.scalars(select(Country).where(Country.id == id)).one()
"""


@pytest.fixture
def notes(service: Path) -> Path:
    (service / "app" / "models.py").write_text(TestInit.MODELS)
    (service / "app" / "notes.py").write_text(NOTES)
    return service


def test_words_are_searched_for(run: Run) -> None:
    lines = run("explain", "time", "limit").stdout.splitlines()
    assert lines[0].startswith("SL704  call-without-timeout")
    found = json.loads(run("explain", "time limit", "--output-format", "json").stdout)
    assert (found[0]["code"], found[0]["fix"]) == ("SL704", "unsafe")


def test_a_slip_is_answered_with_the_closest_rule(run: Run) -> None:
    done = run("explain", "proces-state")
    assert done.returncode == 2
    assert "Did you mean SL101 (process-state)?" in done.stderr


def test_a_finding_is_explained(run: Run) -> None:
    shown = run("check", "--explain", env={"COLUMNS": "200"}).stdout
    assert "= why: " in shown
    assert "= evidence: defined here: USER_CONVERSATIONS (app/chat.py:4)" in shown
    assert "= silence: # statelint: ignore[SL101] REASON at app/chat.py:9, or alone on the line above" in shown
    assert "= why: " not in run("check").stdout


@pytest.mark.parametrize(
    ("place", "rule", "answer"),
    [
        ("app/notes.py:13", "SL301", "app/notes.py:13: the query for Note is scoped: owner in the query (predicate)."),
        ("app/notes.py:18", "unscoped-read", "app/notes.py:18: it is reported: Note is read by "),
        ("app/notes.py:23", "SL301", "Country has no owner, or is public"),
        ("app/notes.py:1", "SL301", "nothing was seen there that SL301 unscoped-read looks at"),
        ("app/chat.py:9:5", "SL101", "it is reported"),
    ],
)
def test_why_not(place: str, rule: str, answer: str, run: Run, notes: Path) -> None:
    done = run("why-not", place, rule)
    assert done.returncode == 0, done.stderr
    assert answer in done.stdout


def test_why_not_knows_what_hides_a_finding(run: Run, notes: Path) -> None:
    path = notes / "app" / "notes.py"
    path.write_text(
        NOTES.replace(
            '== id)).one()\n\n\n@app.get("/c', '== id)).one()  # statelint: ignore[SL301] T-1\n\n\n@app.get("/c'
        )
    )
    assert "a comment silences it (app/notes.py:18): T-1." in run("why-not", "app/notes.py:18", "SL301").stdout
    path.write_text(NOTES)
    for text, answer in (
        ('ignore = ["SL301"]', "SL301 is not selected"),
        ('per-file-ignores = { "app/**" = ["SL3"] }', "per-file-ignores switches SL301 off"),
        ('exclude = ["notes.py"]', "app/notes.py is not read"),
    ):
        (notes / "statelint.toml").write_text(text + "\n")
        assert answer in run("why-not", "app/notes.py:18", "SL301").stdout, text
    (notes / "statelint.toml").unlink()
    run("baseline", "create")
    assert "it is in the baseline" in run("why-not", "app/notes.py:18", "SL301").stdout


def test_why_not_wants_a_place(run: Run) -> None:
    assert "PATH:LINE" in run("why-not", "app/chat.py", "SL101").stderr
    assert run("why-not", "app/nosuch.py:1", "SL101").returncode == 2
