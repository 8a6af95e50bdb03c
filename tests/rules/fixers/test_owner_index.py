from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Mend

SQLALCHEMY = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase): ...


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    COLUMN
"""
SQLMODEL = """\
from sqlalchemy import Column, ForeignKey
from sqlmodel import Field, SQLModel


class User(SQLModel, table=True):
    id: int = Field(primary_key=True)


class Note(SQLModel, table=True):
    id: int = Field(primary_key=True)
    COLUMN
"""
DJANGO = """\
from django.conf import settings
from django.db import models


class Note(models.Model):
    COLUMN
"""


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        (
            SQLALCHEMY,
            'user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))  # whose',
            'user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)  # whose',
        ),
        (
            SQLALCHEMY,
            'user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=False)',
            'user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)',
        ),
        (SQLALCHEMY, "user_id: Mapped[int]", "user_id: Mapped[int] = mapped_column(index=True)"),
        (
            SQLMODEL,
            'user_id: int = Field(foreign_key="user.id")',
            'user_id: int = Field(foreign_key="user.id", index=True)',
        ),
        (
            SQLMODEL,
            'user_id: int = Field(sa_column=Column(ForeignKey("user.id")))',
            'user_id: int = Field(sa_column=Column(ForeignKey("user.id"), index=True))',
        ),
        (SQLMODEL, "user_id: int | None = None", "user_id: int | None = Field(default=None, index=True)"),
        (DJANGO, "user_id = models.IntegerField()", "user_id = models.IntegerField(db_index=True)"),
        (
            DJANGO,
            "user = models.ForeignKey(\n        settings.AUTH_USER_MODEL,  # whose\n        models.CASCADE,\n"
            "        db_index=False,\n    )",
            "user = models.ForeignKey(\n        settings.AUTH_USER_MODEL,  # whose\n        models.CASCADE,\n"
            "        db_index=True,\n    )",
        ),
    ],
)
def test_a_column_is_indexed_as_its_library_does(text: str, before: str, after: str, mended: Mend) -> None:
    assert mended(text.replace("COLUMN", before), rule="SL603") == text.replace("COLUMN", after)


def test_no_index_without_being_asked_to(mended: Mend) -> None:
    text = DJANGO.replace("COLUMN", "user_id = models.IntegerField()")
    assert mended(text, rule="SL603", unsafe=False) == text
