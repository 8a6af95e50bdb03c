"""What statements compare: the same conditions in many spellings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Sample

    Code = Callable[[str], Sample]

FRAME = """
from sqlalchemy import ForeignKey, and_, exists, or_, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Sharing(Base):
    __tablename__ = "sharings"
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


def ask(session, key, me, more):
    {body}
"""
BOTH = [("id", "=="), ("user_id", "==")]


def asked(code: Sample) -> list[list[tuple[str, str]]]:
    queries = code.project.queries
    return [
        [(".".join(atom.column), atom.op) for atom in queries.atoms(query)]
        for query in queries.of(code.function("ask"))
    ]


@pytest.mark.parametrize(
    "body",
    [
        "session.scalars(select(Note).where(Note.id == key, Note.user_id == me)).all()",
        "session.scalars(select(Note).where(Note.id == key).where(Note.user_id == me)).all()",
        "session.scalars(select(Note).where(and_(Note.id == key, Note.user_id == me))).all()",
        "session.scalars(select(Note).where((Note.id == key) & (Note.user_id == me))).all()",
        "session.scalars(select(Note).filter_by(id=key, user_id=me)).all()",
        "session.query(Note).filter(Note.id == key, Note.user_id == me).first()",
        "session.query(Note).filter_by(**{'id': key, 'user_id': me}).first()",
        "terms = [Note.id == key, Note.user_id == me]\n    session.query(Note).filter(*terms).first()",
        "q = session.query(Note).filter(Note.id == key)\n    q = q.filter(Note.user_id == me)\n    q.first()",
    ],
)
def test_one_condition_in_many_spellings(code: Code, body: str) -> None:
    assert asked(code(FRAME.replace("{body}", body))) == [BOTH]


def test_a_row_by_its_key(code: Code) -> None:
    assert asked(code(FRAME.replace("{body}", "session.get(Note, key)"))) == [[("pk", "==")]]


def test_what_only_one_branch_asks_is_optional(code: Code) -> None:
    body = (
        "q = session.query(Note).filter(Note.id == key)\n    if more:\n"
        "        q = q.filter(Note.user_id == me)\n    q.all()"
    )
    project = code(FRAME.replace("{body}", body))
    queries = project.project.queries
    (query,) = queries.of(project.function("ask"))
    assert [(atom.column[-1], atom.optional >= 0) for atom in queries.atoms(query)] == [
        ("id", False),
        ("user_id", True),
    ]


def test_exclusion_is_told(code: Code) -> None:
    body = "session.query(Note).filter(Note.user_id != me).all()"
    assert asked(code(FRAME.replace("{body}", body))) == [[("user_id", "!=")]]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("exists().where(Sharing.note_id == Note.id, Sharing.user_id == me)", True),
        ("select(Sharing.note_id).where(Sharing.note_id == Note.id, Sharing.user_id == me).exists()", True),
        ("exists().where(Sharing.user_id == me)", False),
        ("select(Sharing.note_id).where(Sharing.user_id == me).exists()", False),
    ],
)
def test_existence_counts_where_it_is_about_the_row(code: Code, condition: str, found: bool) -> None:
    body = f"session.scalars(select(Note).where({condition})).all()"
    asks = [atom for query in asked(code(FRAME.replace("{body}", body))) for atom in query]
    assert (("user_id", "==") in asks) is found
