"""``statelint map``: the isolation inventory of a service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

MODELS = """\
from sqlmodel import Field, SQLModel


class User(SQLModel, table=True):
    id: int = Field(primary_key=True)


class Note(SQLModel, table=True):
    id: int = Field(primary_key=True)
    user_id: int = Field(foreign_key="user.id")
    text: str


class Tag(SQLModel, table=True):
    id: int = Field(primary_key=True)
    note_id: int = Field(foreign_key="note.id")


class Country(SQLModel, table=True):
    id: int = Field(primary_key=True)
"""

ROUTES = """\
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from sqlmodel import select

from shop.auth import get_current_user, require_admin
from shop.models import Country, Note, Tag

app = FastAPI()
router = APIRouter(prefix="/notes")
admin = APIRouter(dependencies=[Depends(require_admin)])


@router.get("/{note_id}")
def read(note_id: int, session=Depends(get_session), user=Depends(get_current_user)):
    return session.get(Note, note_id)


@router.put("/{note_id}")
def change(note_id: int, text: str, session=Depends(get_session), user=Depends(get_current_user)):
    note = session.get(Note, note_id)
    if note.user_id != user.id:
        raise HTTPException(403)
    note.text = text


@router.get("/")
def mine(session=Depends(get_session), user=Depends(get_current_user)):
    return session.exec(select(Note).where(Note.user_id == user.id)).all()


@admin.delete("/tags/{tag_id}")
def purge(tag_id: int, session=Depends(get_session)):
    session.delete(session.get(Tag, tag_id))


@app.get("/countries")
def countries(session=Depends(get_session)):
    return session.exec(select(Country)).all()


app.include_router(router, prefix="/api")
app.include_router(admin, prefix="/admin")
"""


@pytest.fixture
def shop(service: Path) -> Path:
    folder = service / "shop"
    folder.mkdir()
    (folder / "models.py").write_text(MODELS)
    (folder / "routes.py").write_text(ROUTES)
    return service


def table(run: Run, *args: str) -> list[tuple[str, str, str, str]]:
    done = run("map", "--output-format", "json", *args)
    assert done.stderr == ""
    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer["version"] == 1
    return [
        (entry["entry"], access["model"], access["action"], access["state"])
        for entry in answer["entries"]
        for access in entry["accesses"]
    ]


def test_each_access_has_its_state(run: Run, shop: Path) -> None:
    assert table(run) == [
        ("GET /api/notes/{note_id}", "Note", "read", "unscoped"),
        ("PUT /api/notes/{note_id}", "Note", "update", "checked"),
        ("GET /api/notes/", "Note", "read", "scoped"),
        ("DELETE /admin/tags/{tag_id}", "Tag", "delete", "admin"),
    ]


def test_whoever_names_the_owner_sees_anybodys_rows(run: Run, shop: Path) -> None:
    (shop / "shop" / "routes.py").write_text(
        ROUTES
        + """

@app.get("/users/{user_id}/notes")
def of_user(user_id: int, session=Depends(get_session), user=Depends(get_current_user)):
    return session.exec(select(Note).where(Note.user_id == user_id)).all()
"""
    )
    assert table(run, "--entry", "of_user") == [("GET /users/{user_id}/notes", "Note", "read", "unscoped")]


def test_a_statement_built_before_it_runs_is_placed_where_it_begins(run: Run, shop: Path) -> None:
    (shop / "shop" / "routes.py").write_text(
        ROUTES
        + """

@app.get("/any/{note_id}")
def any_note(note_id: int, session=Depends(get_session), user=Depends(get_current_user)):
    statement = select(Note).where(Note.id == note_id)
    return session.exec(statement).one()
"""
    )
    assert table(run, "--entry", "any_note") == [("GET /any/{note_id}", "Note", "read", "unscoped")]


def test_public_models_are_shown_as_such(run: Run, shop: Path) -> None:
    (shop / "pyproject.toml").write_text('[tool.statelint]\npublic-models = ["Note"]\n')
    assert {row[3] for row in table(run, "--model", "note")} == {"public"}


def test_filters(run: Run, shop: Path) -> None:
    assert [row[1] for row in table(run, "--model", "tag")] == ["Tag"]
    assert [row[0] for row in table(run, "--entry", "PUT")] == ["PUT /api/notes/{note_id}"]
    assert [row[0] for row in table(run, "--entry", "mine")] == ["GET /api/notes/"]
    assert table(run, "app") == []
    assert len(table(run, "shop/routes.py")) == 4


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_text_fits_the_terminal(columns: int, run: Run, shop: Path) -> None:
    done = run("map", env={"COLUMNS": str(columns)})
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= columns
    assert lines[0] == "GET /api/notes/{note_id}  shop/routes.py:13"
    assert lines[1].startswith("  unscoped  Note  read")
    assert "shop/routes.py:14" in done.stdout
    assert (
        " ".join(lines[lines.index("", len(lines) - 4) + 1 :])
        == "4 entry points touch owned rows: 1 unscoped, 1 admin, 1 checked, 1 scoped."
    )


def test_nothing_to_show_is_said(run: Run) -> None:
    assert run("map").stdout == "No entry point touches owned rows.\n"


def test_a_wrong_path_is_an_error(run: Run) -> None:
    done = run("map", "missing")
    assert done.returncode == 2
    assert "missing" in done.stderr
    assert done.stdout == ""
