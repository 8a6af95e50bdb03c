"""Models and frames of handlers; ``OWNER`` stands for the owner column, ``{body}`` for what is done."""

from __future__ import annotations

USES = (
    ("read", "return row"),
    ("update", "row.text = text\nsession.commit()\nreturn {}"),
    ("delete", "session.delete(row)\nsession.commit()\nreturn {}"),
)
DECLARATIVE = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    hashed_password = Column(String)
    email = Column(String)


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    OWNER = Column(Integer, ForeignKey("users.id"))
    text = Column(String)
    user = relationship("User")
"""
MAPPED = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    OWNER: Mapped[int] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str]
    user: Mapped[User] = relationship()
"""
SQLMODEL = """\
from sqlmodel import Field, Relationship, SQLModel


class User(SQLModel, table=True):
    id: int = Field(primary_key=True)


class Note(SQLModel, table=True):
    id: int = Field(primary_key=True)
    OWNER: int = Field(foreign_key="user.id")
    text: str
    user: User = Relationship()
"""
FLASK_MODELS = """\
from flask_login import UserMixin
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class User(UserMixin, db.Model):
    id = db.Column(db.Integer, primary_key=True)


class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    OWNER = db.Column(db.Integer, db.ForeignKey("user.id"))
    text = db.Column(db.String)
    user = db.relationship("User", backref="notes")
"""
DJANGO_MODELS = """\
from django.conf import settings
from django.db import models


class Note(models.Model):
    OWNER = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField()
"""
FASTAPI = """\
from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app import helpers
from app.auth import get_current_user
from app.db import get_session
from app.models import Note, User

router = APIRouter()


@router.post("/notes/{note_id}")
def handle(note_id: int, text: str, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
{body}
"""
HELPER = """\
from fastapi import HTTPException
from sqlalchemy import and_, or_, select

from app.models import Note, User


{body}
"""
FLASK = """\
from flask import Blueprint, abort, request
from flask_login import current_user, login_required

from app import helpers
from app.models import Note, User, db

bp = Blueprint("notes", __name__)
session = db.session


@bp.route("/notes/<int:note_id>", methods=["POST"])
@login_required
def handle(note_id):
    text = request.form["text"]
{body}
"""
DJANGO = """\
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import JsonResponse
from django.shortcuts import get_object_or_404

from app import helpers
from app.models import Note


@login_required
def handle(request, note_id):
    user = request.user
    text = request.POST["text"]
{body}
"""
