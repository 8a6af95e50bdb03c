"""Questions for figures over rows, which show none of the rows, and questions for rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from statelint.analysis.queries import gives_figures

from .test_predicates import FRAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..conftest import Sample

    Code = Callable[[str], Sample]

IMPORTS = "from sqlalchemy import exists, func, text\n"


def figures(code: Sample) -> list[bool]:
    return [gives_figures(query) for query in code.project.queries.of(code.function("ask"))]


@pytest.mark.parametrize(
    "body",
    [
        "session.scalar(select(func.count(Note.id)))",
        "session.scalar(select(func.count()).select_from(Note).where(Note.user_id != me))",
        "session.execute(select(func.count(Note.id).label('notes'), func.max(Note.id).label('last'))).one()",
        "session.execute(select(func.count(Note.id).filter(Note.id > key).label('late'))).one()",
        "session.scalar(select(func.coalesce(func.sum(Note.id), 0)))",
        "session.scalar(select(exists(Note).where(Note.status == 'new')))",
        "session.query(func.max(Note.id)).scalar()",
        "session.query(Note).count()",
        "session.query(Note).with_entities(func.avg(Note.id)).scalar()",
        "session.execute(select(Note.status, func.count(Note.id)).group_by(Note.status)).all()",
        "session.execute(select(Note.label_id.label('of'), func.count(Note.id)).group_by(Note.label_id)).all()",
        "session.execute(text('SELECT count(*), max(id) FROM notes WHERE id > 7')).one()",
        "session.execute(text('SELECT EXISTS (SELECT 1 FROM notes)')).one()",
    ],
)
def test_figures(code: Code, body: str) -> None:
    assert figures(code(IMPORTS + FRAME.format(body=body))) == [True]


@pytest.mark.parametrize(
    "body",
    [
        "session.scalars(select(Note)).all()",
        "session.execute(select(Note.user_id, func.count(Note.id)).group_by(Note.user_id)).all()",
        "session.execute(select(Note.text, func.count(Note.id)).group_by(Note.text)).all()",
        "session.execute(select(func.lower(Note.text))).all()",
        "session.query(Note).order_by(func.count(Note.id)).all()",
        "session.execute(text('SELECT user_id, count(*) FROM notes GROUP BY user_id')).all()",
        "session.execute(text('SELECT array_agg(text) FROM notes')).all()",
    ],
)
def test_rows(code: Code, body: str) -> None:
    assert figures(code(IMPORTS + FRAME.format(body=body))) == [False]


@pytest.mark.parametrize(
    ("body", "models"),
    [
        ("select(Note).where(select(Sharing.user_id).where(Sharing.note_id == Note.id).exists())", ["Note"]),
        ("select(Note, select(func.count()).where(Sharing.note_id == Note.id).scalar_subquery())", ["Note"]),
        ("select(select(Sharing.user_id).where(Sharing.note_id == key).exists())", ["Sharing"]),
        ("select(Sharing).join(Note, Sharing.note_id == Note.id).exists()", ["Sharing"]),
    ],
)
def test_a_subquery_about_the_rows_around_it_is_no_question_of_its_own(
    code: Code, body: str, models: list[str]
) -> None:
    sample = code(IMPORTS + FRAME.format(body=f"session.scalars({body}).all()"))
    assert sorted(query.chain.name for query in sample.project.queries.of(sample.function("ask"))) == models
