"""Generic repositories: what a call of one asks, by the model that the object was made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

    Code = Callable[[str], Sample]

HEAD = """\
from typing import Generic, TypeVar
from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import delete, select
from sqlmodel import Field, SQLModel
from auth import get_current_user

T = TypeVar("T")
router = APIRouter()


class User(SQLModel, table=True):
    id: int = Field(primary_key=True)


class Tag(SQLModel, table=True):
    id: int = Field(primary_key=True)


class Note(SQLModel, table=True):
    id: int = Field(primary_key=True)
    user_id: int = Field(foreign_key="user.id")


class Repository(Generic[T]):
    def __init__(self, model: type[T]):
        self.model = model

    def get(self, session, id):
        return session.get(self.model, id)

    def one(self, session, condition=None):
        statement = select(self.model)
        if condition is not None:
            statement = statement.where(condition)
        return session.scalars(statement).first()

    def has(self, session, condition):
        return session.scalar(select(select(self.model).where(condition).exists()))

    def find(self, session, limit, **filters):
        return session.scalars(select(self.model).filter_by(**filters).limit(limit)).first()

    def remove(self, session, id):
        row = self.get(session, id)
        session.delete(row)


class NoteRepository(Repository[Note]):
    def __init__(self):
        super().__init__(Note)

    def by_key(self, session, key):
        return session.scalars(select(self.model).where(self.model.id == key)).first()

    def counted(self, session, key, fallback):
        row = session.scalars(select(self.model).where(self.model.id == key))
        return row.first() if fallback else fallback


def remove_any(session, model, id):
    session.execute(delete(model).where(model.id == id))


notes = Repository[Note](Note)
tags = Repository[Tag](Tag)
mine = NoteRepository()


@router.get("/notes/{note_id}")
def endpoint(note_id: int, session=Depends(get_session), user: User = Depends(get_current_user)):
"""


def verdicts(code: Code, body: str) -> list[tuple[str, str, str | None]]:
    text = HEAD + "".join(f"    {line}\n" for line in body.splitlines())
    project = code(text).project
    return [
        (verdict.query.chain.name, verdict.query.verb, verdict.proof and str(verdict.proof))
        for verdict in project.isolation.verdicts
        if verdict.query.function.name == "endpoint"
    ]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("return notes.get(session, note_id)", ("Note", "read", None)),
        ("return tags.get(session, note_id)", ("Tag", "read", "not-owned")),
        ("return mine.get(session, id=note_id)", ("Note", "read", None)),
        ("return notes.one(session, Note.id == note_id)", ("Note", "read", None)),
        ("return notes.one(session, (Note.id == note_id) & (Note.user_id == user.id))", ("Note", "read", "predicate")),
        ("return notes.one(session)", ("Note", "read", None)),
        ("return notes.find(session, limit=user.id, id=note_id)", ("Note", "read", None)),
        ("return notes.find(session, 1, id=note_id, user_id=user.id)", ("Note", "read", "predicate")),
        ("notes.remove(session, note_id)", ("Note", "delete", None)),
        ("remove_any(session, Note, note_id)", ("Note", "delete", None)),
        (
            "note = notes.get(session, note_id)\nif note.user_id == user.id:\n    return note",
            ("Note", "read", "checked"),
        ),
    ],
)
def test_a_call_is_a_query_of_the_model_that_the_repository_holds(
    code: Code, body: str, found: tuple[str, str, str | None]
) -> None:
    assert verdicts(code, body) == [found]


@pytest.mark.parametrize(
    ("condition", "proof"),
    [("Note.id == note_id", None), ("(Note.id == note_id) & (Note.user_id == user.id)", "predicate")],
)
@pytest.mark.parametrize("method", ["one", "has"])
def test_a_repository_that_a_service_is_handed_is_of_the_model_that_it_is_declared_for(
    code: Code, method: str, condition: str, proof: str | None
) -> None:
    service = (
        "\n\nclass Service:\n    def __init__(self, store: Repository[Note]):\n        self.store = store\n\n"
        f"    def find(self, session, note_id, user):\n        return self.store.{method}(session, {condition})\n\n\n"
        "def make(model):\n    return Repository(model)\n\n\nservice = Service(make(Note))\n"
    )
    route = "\n\n@router.get"
    project = code((HEAD + "    return service.find(session, note_id, user)\n").replace(route, service + route)).project
    found = [verdict for verdict in project.isolation.verdicts if verdict.query.function.name == "find"]
    assert [(verdict.query.chain.name, verdict.proof) for verdict in found if verdict.query.given] == [("Note", proof)]


def test_a_condition_that_cannot_be_read_is_no_query(code: Code) -> None:
    assert verdicts(code, "return notes.one(session, visible_to(user))") == []


@pytest.mark.parametrize("call", ["by_key(session, note_id)", "counted(session, note_id, None)"])
def test_a_repository_of_one_model_asks_itself(code: Code, call: str) -> None:
    project = code(HEAD + f"    return mine.{call}\n").project
    name = call.partition("(")[0]
    (found,) = [verdict for verdict in project.isolation.verdicts if verdict.query.function.name == name]
    assert (found.query.chain.name, found.proof) == ("Note", None)


@pytest.mark.parametrize(
    ("check", "leaks"),
    [
        ("if note.user_id != user.id:\n    if not shared(user.id, note_id):\n        raise Hidden", 0),
        ("if note.user_id == user.id:\n    return note\nif not shared(user.id, note_id):\n    raise Hidden", 0),
        ("if note.user_id != user.id:\n    if not is_open():\n        raise Hidden", 1),
        ("if not shared(user.id, 1):\n    raise Hidden", 1),
    ],
)  # fmt: skip
def test_a_permission_may_stand_in_for_ownership(code: Code, check: str, leaks: int) -> None:
    body = f"note = session.get(Note, note_id)\n{check}\nreturn note"
    found = [proof for name, _, proof in verdicts(code, body) if name == "Note"]
    assert found.count(None) == leaks
