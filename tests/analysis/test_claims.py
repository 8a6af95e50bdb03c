"""Owners whom the client names: in what the request says, and in what is made of it.

``«right|wrong»`` marks the caller, and the client's word in its place.
"""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

import pytest

from .test_excuses import MARKED, django, fastapi

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

    Make = Callable[[dict[str, str]], Sample]

OF_FLASK = """from dataclasses import dataclass, replace
from flask import Flask, jsonify, request, abort
from flask_login import UserMixin, current_user, login_required
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class User(UserMixin, db.Model):
    id = db.Column(db.Integer, primary_key=True)


class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("user.id"))
    text = db.Column(db.String)


@app.route("/notes", methods=["GET", "POST"])
@login_required
def notes():
{body}
    return jsonify([note.text for note in found])
"""
OF_DJANGO = """
@login_required
def handle(request, pk):
    notes = Note.objects.filter(user_id=«request.user.pk|{expression}»)
    return JsonResponse({{"notes": [note.text for note in notes]}})
"""
TOOL = """from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.fastmcp import FastMCP
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from db import SessionLocal

mcp = FastMCP("notes")


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str]


@mcp.tool()
def notes(user_id: int) -> list[str]:
    token = get_access_token()
    if token is None:
        raise ValueError("log in")
    with SessionLocal() as session:
        return [note.text for note in session.scalars(select(Note).where(Note.user_id == «token.client_id|user_id»))]


mcp.run(transport="streamable-http")
"""
FLASK = {
    "json": 'request.json["user_id"]',
    "args": 'request.args.get("user_id")',
    "form": 'request.form["user_id"]',
    "converted": 'int(request.args["user_id"])',
    "values": 'request.values.get("user_id", type=int)',
    "get_json": 'request.get_json()["user_id"]',
}
DJANGO = {"post": 'request.POST["user_id"]', "get": 'request.GET.get("user_id")'}
REST = {
    "drf": """
from rest_framework.views import APIView
from rest_framework.response import Response


class Listed(APIView):
    permission_classes = [permissions.IsAuthenticated]

    def post(self, request):
        notes = Note.objects.filter(user_id=«request.user.pk|request.data["user_id"]»)
        return Response([note.text for note in notes])
""",
    "drf-get_queryset": """
class Listed(generics.ListAPIView):
    serializer_class = NoteSerializer
    permission_classes = [permissions.IsAuthenticated]

    def get_queryset(self):
        return Note.objects.filter(user_id=«self.request.user.pk|self.request.query_params["user_id"]»)
""",
}
FASTAPI = {
    "replace": """
from dataclasses import replace


@router.get("/notes")
def read(user_id: int, session: Session = Depends(get_session), principal: User = Depends(get_current_user)):
    «|principal = replace(principal, id=user_id)
    »return session.scalars(select(Note).where(Note.user_id == principal.id)).all()
""",
    "factory": """
from dataclasses import dataclass


@dataclass
class Caller:
    user_id: int

    @classmethod
    def of(cls, user_id: int) -> "Caller":
        return cls(user_id)


@router.get("/notes")
def read(user_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    caller = Caller.of(«user.id|user_id»)
    return session.scalars(select(Note).where(Note.user_id == caller.user_id)).all()
""",
    "constructor": """
from dataclasses import dataclass


@dataclass
class Caller:
    user_id: int


@router.get("/notes")
def read(user_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    caller = Caller(user_id=«user.id|user_id»)
    return session.scalars(select(Note).where(Note.user_id == caller.user_id)).all()
""",
    "starlette-json": """
from fastapi import Request


@router.post("/notes")
async def read(request: Request, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    body = await request.json()
    return session.scalars(select(Note).where(Note.user_id == «user.id|body["user_id"]»)).all()
""",
    "raw": """
@router.get("/notes")
def read(user_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    return session.execute(text("SELECT * FROM notes WHERE user_id = :u"), {"u": «user.id|user_id»}).all()
""",
}


def flask(body: str) -> dict[str, str]:
    return {"app.py": OF_FLASK.replace("{body}", indent(body, "    "))}


PAIRS = (
    {
        f"flask-{name}": flask(f"found = Note.query.filter_by(user_id=«current_user.id|{expression}»).all()")
        for name, expression in FLASK.items()
    }
    | {
        "flask-compared": flask(
            'user_id = request.json["user_id"]\n«if user_id != current_user.id:\n    abort(403)\n»'
            "found = Note.query.filter(Note.user_id == user_id).all()"
        )
    }
    | {f"django-{name}": django(OF_DJANGO.format(expression=text), "") for name, text in DJANGO.items()}
    | {name: django(body, "") for name, body in REST.items()}
    | {name: fastapi(body) for name, body in FASTAPI.items()}
    | {"mcp": {"server.py": TOOL}}
)


def claims(code: Sample) -> list[str]:
    return [leak.given for leak in code.project.isolation.claims]


def version(name: str, number: int) -> dict[str, str]:
    return {path: MARKED.sub(rf"\{number}", text) for path, text in PAIRS[name].items()}


@pytest.mark.parametrize("name", PAIRS)
def test_the_caller_is_no_claim(sample: Make, name: str) -> None:
    assert claims(sample(version(name, 1))) == []


@pytest.mark.parametrize("name", PAIRS)
def test_the_clients_word_is_one(sample: Make, name: str) -> None:
    assert claims(sample(version(name, 2))) == ["user_id"]


MEMBERS = """
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db import models
from django.http import JsonResponse
from django.urls import path


class Room(models.Model):
    name = models.CharField(max_length=20)
    member = models.ManyToManyField(User)


@login_required
def rooms(request, user_id: int):
    found = Room.objects.filter({})
    return JsonResponse({{"rooms": [room.name for room in found]}})


urlpatterns = [path("users/<int:user_id>/rooms", rooms)]
"""


@pytest.mark.parametrize(
    ("condition", "named"),
    [
        ("member=user_id", ["user_id"]),
        ("member=request.user", []),
        # Who else is in a room of the caller's.
        ("member=user_id, name=request.user.username", []),
    ],
)
def test_whose_memberships_the_client_chooses(sample: Make, condition: str, named: list[str]) -> None:
    made = sample({"main.py": MEMBERS.format(condition)})
    assert [leak.given for leak in made.project.isolation.claims] == named


def test_a_module_that_nobody_imports_is_a_hint(sample: Make) -> None:
    models = """
from sqlmodel import Field, SQLModel

class User(SQLModel, table=True):
    id: int = Field(primary_key=True)

class Note(SQLModel, table=True):
    id: int = Field(primary_key=True)
    user_id: int = Field(foreign_key="user.id")
"""
    routes = """
from fastapi import Depends, FastAPI
from sqlmodel import select
from app.auth import get_current_user, get_session
from app.models import Note, User

app = FastAPI()

@app.get("/notes")
def mine(session=Depends(get_session), user: User = Depends(get_current_user)):
    return session.exec(select(Note).where(Note.user_id == user.id)).all()
"""
    data = """
from sqlmodel import select
from app.models import Note

def every(session):
    return session.exec(select(Note)).all()
"""
    package = {"app/__init__.py": "", "app/models.py": models, "app/main.py": routes}

    def certainty(path: str) -> list[int]:
        return [leak.certainty for leak in sample({**package, path: data}).project.isolation.leaks]

    assert certainty("app/old.py") == certainty("app/services/old.py") == [0]
    # So is what lies in a folder that answers no requests; a lone file may be part of anything.
    assert certainty("other/data.py") == [0]
    assert certainty("tools.py") == [1]
