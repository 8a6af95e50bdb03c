from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Mend

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
FASTAPI = """\
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

import models
from auth import get_current_user
from models import Note, User

app = FastAPI()


@app.get("/notes/{note_id}")
def note(note_id: int, db: Session, user: User = Depends(get_current_user)):
    return QUERY
"""
DJANGO = """\
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views import View

from django_models import Note


@login_required
def note(request, pk):
    return QUERY


urlpatterns = [path("notes/<int:pk>", note)]
"""
DJANGO_MODELS = """\
from django.conf import settings
from django.db import models


class Note(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "db.scalars(select(Note).where(Note.id == note_id)).one()",
            "db.scalars(select(Note).where(Note.id == note_id, Note.user_id == user.id)).one()",
        ),
        (
            "db.scalars(select(models.Note).where(models.Note.id == note_id)).one()",
            "db.scalars(select(models.Note).where(models.Note.id == note_id, models.Note.user_id == user.id)).one()",
        ),
        (
            "db.query(Note).filter_by(id=note_id).one()",
            "db.query(Note).filter_by(id=note_id, user_id=user.id).one()",
        ),
        (
            "(\n        db.query(Note)\n        .filter(Note.id == note_id)  # by id\n        .one()\n    )",
            "(\n        db.query(Note)\n        .filter(Note.id == note_id, Note.user_id == user.id)  # by id\n"
            "        .one()\n    )",
        ),
    ],
)
def test_sqlalchemy_in_the_querys_own_style(before: str, after: str, mended: Mend) -> None:
    text = FASTAPI.replace("QUERY", before)
    assert mended(text, rule="SL301", models=MODELS) == FASTAPI.replace("QUERY", after)


def test_a_caller_that_is_handed_over_by_keyword(mended: Mend) -> None:
    text = FASTAPI.replace("note_id: int, db", "*, note_id: int, db")
    before = text.replace("QUERY", "db.query(Note).filter_by(id=note_id).one()")
    after = text.replace("QUERY", "db.query(Note).filter_by(id=note_id, user_id=user.id).one()")
    assert mended(before, rule="SL301", models=MODELS) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("get_object_or_404(Note, pk=pk)", "get_object_or_404(Note, pk=pk, owner=request.user)"),
        ("Note.objects.get(pk=pk)", "Note.objects.get(pk=pk, owner=request.user)"),
        ("Note.objects.filter(pk=pk).first()", "Note.objects.filter(pk=pk, owner=request.user).first()"),
    ],
)
def test_django(before: str, after: str, mended: Mend) -> None:
    text = DJANGO.replace("QUERY", before)
    assert mended(text, rule="SL301", django_models=DJANGO_MODELS) == DJANGO.replace("QUERY", after)


def test_without_a_verified_caller_nothing_is_done(mended: Mend) -> None:
    text = FASTAPI.replace(", user: User = Depends(get_current_user)", ", user_id: int")
    text = text.replace("QUERY", "db.scalars(select(Note).where(Note.id == note_id)).one()")
    # Others are asked who they are, or there would be no caller to restrict the query to (SL310).
    text += '\n\n@app.get("/me")\ndef me(user: User = Depends(get_current_user)):\n    return user.id\n'
    assert mended(text, rule="SL301", models=MODELS) == text


def test_what_offers_no_condition_is_left_alone(mended: Mend) -> None:
    text = FASTAPI.replace("QUERY", "db.get(Note, note_id)")
    assert mended(text, rule="SL301", models=MODELS) == text


def test_a_relation_takes_the_user(mended: Mend) -> None:
    text = DJANGO.replace("QUERY", "get_object_or_404(Note, pk=pk)")
    text = text.replace("    return", "    user = request.user\n    return")
    assert "get_object_or_404(Note, pk=pk, owner=user)" in mended(text, rule="SL301", django_models=DJANGO_MODELS)
