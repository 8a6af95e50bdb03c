"""How a leak is told: where the id comes from, and the condition that is missing, in the code's own style."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .test_excuses import django, fastapi

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

    Make = Callable[[dict[str, str]], Sample]

SERVICE = """
def by_key(session: Session, key: int):
    return session.get(Note, key)


"""
HANDLER = """
from fastapi import Request
from pydantic import BaseModel


class Wanted(BaseModel):
    note_id: int


@router.{method}("/notes{path}")
async def handle({parameter}, session: Session = Depends(get_session), me: User = Depends(get_current_user)):
    {before}return session.query(Note).{query}
"""
CHILD = """

class Line(Base):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
"""


def told(code: Sample) -> list[tuple[str, str]]:
    return [(leak.origin, leak.predicate) for leak in code.project.isolation.leaks]


@pytest.mark.parametrize(
    ("route", "before", "key", "origin"),
    [
        (("get", "/{note_id}", "note_id: int"), "", "note_id", "path parameter `note_id`"),
        (("get", "/{note_id:int}", "note_id: int"), "", "note_id", "path parameter `note_id`"),
        (("get", "", "note_id: int"), "", "note_id", "the request's `note_id`"),
        (("post", "", "wanted: Wanted"), "", "wanted.note_id", "`note_id` of the request's `wanted`"),
        (
            ("post", "", "request: Request"),
            "data = await request.json()\n    ",
            'data["note_id"]',
            "the request's `note_id`",
        ),
    ],
)
def test_where_the_id_comes_from(sample: Make, route: tuple[str, str, str], before: str, key: str, origin: str) -> None:
    method, path, parameter = route
    query = f"filter(Note.id == {key}).one()"
    body = HANDLER.format(method=method, path=path, parameter=parameter, before=before, query=query)
    assert told(sample(fastapi(body))) == [(origin, "Note.user_id == me.id")]


def test_the_id_is_followed_to_the_endpoint(sample: Make) -> None:
    body = (
        SERVICE
        + '@router.get("/notes/{note_id}")\ndef handle(note_id: int, session: Session = Depends(get_session), '
        + "me: User = Depends(get_current_user)):\n    return by_key(session, note_id)\n"
    )
    assert told(sample(fastapi(body))) == [("path parameter `note_id`", "Note.user_id == me.id")]


@pytest.mark.parametrize(
    ("query", "predicate"),
    [
        ("filter(Note.id == note_id).one()", "Note.user_id == me.id"),
        ("filter_by(id=note_id).one()", "user_id=me.id"),
    ],
)
def test_the_condition_is_written_as_the_query_is(sample: Make, query: str, predicate: str) -> None:
    body = HANDLER.format(method="get", path="/{note_id}", parameter="note_id: int", before="", query=query)
    assert [wanted for _, wanted in told(sample(fastapi(body)))] == [predicate]


def test_rows_that_a_parent_owns_are_joined_with_it(sample: Make) -> None:
    body = HANDLER.format(
        method="get", path="/{line_id}", parameter="line_id: int", before="", query="filter(Line.id == line_id).one()"
    ).replace("query(Note)", "query(Line)")
    files = fastapi("from app.models import Line\n" + body)
    found = told(sample(files | {"app/models.py": files["app/models.py"] + CHILD}))
    assert found == [("path parameter `line_id`", "Note.user_id == me.id, joining Note")]


def test_django_asks_by_keywords(sample: Make) -> None:
    body = (
        "@login_required\ndef handle(request, pk):\n    return JsonResponse({'text': Note.objects.get(pk=pk).text})\n"
    )
    assert told(sample(django(body, ""))) == [("path parameter `pk`", "user=request.user")]
