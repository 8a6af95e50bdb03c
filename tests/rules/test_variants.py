"""Ways to write what the pages show; mutants have shown that nothing tested them. Findings stand at ``# here`` only."""

from __future__ import annotations

from textwrap import dedent

import pytest
from examples import findings_of, settings_of

from statelint.lint.packs import load_rules

RULES = {rule.code: rule for rule in load_rules()}
NOTES = """
    from fastapi import Depends, FastAPI
    from sqlalchemy import Column, ForeignKey, Index, Integer, select
    from sqlalchemy.orm import Session, as_declarative, declarative_base, declared_attr
    app = FastAPI()
    {base}
    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
    class Note(Base):
        __tablename__ = "notes"
        {arguments}
        id = Column(Integer, primary_key=True)
        user_id = Column(Integer, ForeignKey("users.id")){mark}
    def get_current_user() -> User: ...
    def get_db() -> Session: ...
    {decorator}
    def notes(user: User = Depends(get_current_user), db: Session = Depends(get_db)):
        return db.scalars(select(Note).where(Note.user_id == user.id).limit(50)).all()
"""
LOGIN = """
    import os
    import time
    from datetime import UTC, datetime, timedelta
    import jwt
    from fastapi import FastAPI
    app = FastAPI()
    {helper}
    @app.post("/login")
    def login(name: str) -> str:
        claims = {claims}
        return jwt.encode(claims, os.environ["JWT_KEY"], algorithm="HS256"){mark}
"""
FAILING = """
    from flask import Flask, jsonify
    app = Flask(__name__)
    @app.get("/report")
    def report():
        try:
            return jsonify(make_report())
        except Exception as error:
            return jsonify({{"error": {text}}}), 500{mark}
"""
CHAT = """
    from fastapi import Depends, FastAPI
    from sqlalchemy import JSON, ForeignKey, select
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
    app = FastAPI()
    class Base(DeclarativeBase): ...
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
    class Chat(Base):
        __tablename__ = "chats"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
        said: Mapped[list] = mapped_column(JSON)
    def get_current_user() -> User: ...
    def get_db() -> Session: ...
    @app.post("/chat/{{number}}")
    def add(number: int, text: str, user: User = Depends(get_current_user), db: Session = Depends(get_db)) -> None:
        chat = db.scalars(select(Chat).where(Chat.id == number, Chat.user_id == user.id)).one()
        chat.said = {value}{mark}
        db.commit()
"""
DECODED = """
    import jwt
    from fastapi import FastAPI, Header
    app = FastAPI()
    {options}
    @app.get("/me")
    def me(token: str = Header()) -> str:
        return jwt.decode(token, KEY, algorithms=["HS256"], options=OPTIONS)["sub"]{mark}
"""
WEATHER = """
    import asyncio
    import httpx
    from fastapi import FastAPI
    app = FastAPI()
    async def fetch() -> dict:
        async with httpx.AsyncClient(timeout=None) as client:{mark}
            return (await client.get("https://weather.example/now")).json()
    @app.get("/weather")
    async def weather() -> dict:
        {way}
"""
GATE = """
    import asyncio
    from fastapi import FastAPI
    app = FastAPI()
    gate = asyncio.Semaphore({number})
    @app.post("/pay")
    async def pay(collection, amount: int) -> None:
        async with gate:
            await collection.insert_one({{"amount": amount}}){mark}
"""
INDEXES = """@declared_attr.directive
        def __table_args__(cls):
            return (Index("ix_notes", {column}),)"""
HERE = "  # here"


def notes(
    base: str = "Base = declarative_base()",
    arguments: str = "",
    mark: str = HERE,
    decorator: str = '@app.get("/notes")',
) -> str:
    return NOTES.format(base=base, arguments=arguments, mark=mark, decorator=decorator)


def login(claims: str, mark: str, helper: str = "") -> str:
    return LOGIN.format(claims=claims, mark=mark, helper=helper)


VARIANTS = {
    "a base class by a decorator": ("SL603", notes("@as_declarative()\n    class Base: ...")),
    "an index by a declared attribute": ("SL603", notes(arguments=INDEXES.format(column='"user_id"'), mark="")),
    "an index on something else": ("SL603", notes(arguments=INDEXES.format(column='"id"'))),
    "a year in seconds": ("SL405", login('{"sub": name, "exp": int(time.time()) + 31_536_000}', HERE)),
    "a year, as a number": ("SL405", login('{"sub": name, "exp": int(time.time() + 31_536_000)}', HERE)),
    "a quarter of an hour": ("SL405", login('{"sub": name, "exp": int(time.time() + 900)}', "")),
    "a year of something else": ("SL405", login('{"sub": name, "exp": time.time() + 900, "born": 31_536_000}', "")),
    "a year in another claim": (
        "SL405",
        login('{"iss": time.time() + 31_536_000, "exp": time.time() + 900}', ""),
    ),
    "repr of an error": ("SL701", FAILING.format(text="repr(error)", mark=HERE)),
    "an error's text in a template": ("SL701", FAILING.format(text='"failed: {}".format(error)', mark=HERE)),
    "the length of an error": ("SL701", FAILING.format(text="len(str(error))", mark="")),
    "a longer list": ("SL506", CHAT.format(value="chat.said + [text]", mark=HERE)),
    "a list that may be missing": ("SL506", CHAT.format(value="(chat.said or []) + [text]", mark=HERE)),
    "a list or another": ("SL506", CHAT.format(value="(chat.said if chat.said else []) + [text]", mark=HERE)),
    "three lists": ("SL506", CHAT.format(value="chat.said + list(text) + [text]", mark=HERE)),
    "another's list": ("SL506", CHAT.format(value="user.said + [text]", mark="")),
    "options by name": ("SL401", DECODED.format(options='OPTIONS = {"verify_signature": False}', mark=HERE)),
    "options that verify": ("SL401", DECODED.format(options='OPTIONS = {"verify_signature": True}', mark="")),
    "options from elsewhere": ("SL401", DECODED.format(options="from settings import OPTIONS", mark="")),
    "no time limit": ("SL704", WEATHER.format(way="return await fetch()", mark=HERE)),
    "a time limit around the helper": (
        "SL704",
        WEATHER.format(way="return await asyncio.wait_for(fetch(), 5)", mark=""),
    ),
    "a time limit around all": (
        "SL704",
        WEATHER.format(way="async with asyncio.timeout(5):\n            return await fetch()", mark=""),
    ),
    "one at a time": ("SL107", GATE.format(number=1, mark=HERE)),
    "ten at a time": ("SL107", GATE.format(number=10, mark="")),
    "a decorator without arguments": (
        "SL701",
        """
        from fastapi import FastAPI
        from fastapi.responses import JSONResponse
        app = FastAPI()
        @once()
        def failed(request, error):
            return JSONResponse({"error": str(error)}, 500)
        @app.exception_handler(Exception)
        def broken(request, error):
            return JSONResponse({"error": str(error)}, 500)  # here
        """,
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_findings_stand_where_they_should(name: str) -> None:
    code, text = VARIANTS[name]
    text = dedent(text)
    result, _ = findings_of({"main.py": text}, settings_of(""), list(RULES.values()))
    assert not result.crashes
    expected = [number for number, line in enumerate(text.splitlines(), start=1) if line.endswith("# here")]
    assert [found.location.line for found in result.findings if found.rule == code] == expected


MODELS = """
    from sqlalchemy import ForeignKey, select
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
    class Base(DeclarativeBase): ...
    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
    class Note(Base):
        __tablename__ = "notes"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    def get_current_user() -> User: ...
"""
ROUTE = """
    from fastapi import Depends, FastAPI
    from sqlalchemy.orm import Session
    from models import Note, User, get_current_user
    from statements import load, one_of
    app = FastAPI()
    @app.get("/notes/{{note_id}}")
    def note(note_id: int, session, db: Session, user: User = Depends(get_current_user)):
        return {query}
"""
STATEMENTS = """
    from sqlalchemy import select
    from models import Note
    def one_of(note_id, user):
        return select(Note).where({condition})
    def load(db, note_id):
        return db.get(Note, note_id)
"""
VIEW = """
    from django.shortcuts import get_object_or_404
    from django.urls import path
    from rest_framework.views import APIView
    from app.models import Note
    class NoteView(APIView):
        def get(self, request, pk):
            return get_object_or_404(Note, pk=pk)
        def put(self, request):
            Note.objects.create(owner=request.user)
    urlpatterns = [path("notes/<int:pk>", NoteView.as_view())]
"""
DJANGO_NOTES = """
    from django.conf import settings
    from django.db import models
    class Note(models.Model):
        owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
"""


@pytest.mark.parametrize(
    ("query", "condition", "count"),
    [
        ("db.scalars(one_of(note_id, user)).one()", "Note.id == note_id, Note.user_id == user.id", 0),
        ("db.scalars(one_of(note_id, user)).one()", "Note.id == note_id", 1),
        ("load(db, session.note_id)", "", 0),
        ("load(db, session.other)", "", 1),
        ("load(db, note_id)", "", 1),
    ],
)
def test_what_is_proven_in_another_module(query: str, condition: str, count: int) -> None:
    files = {
        "models.py": MODELS,
        "statements.py": STATEMENTS.format(condition=condition),
        "main.py": ROUTE.format(query=query),
    }
    result, _ = findings_of({path: dedent(text) for path, text in files.items()}, settings_of(""), [RULES["SL301"]])
    assert sum(found.confidence.value != "low" for found in result.findings) == count  # the other helper is a hint


@pytest.mark.parametrize(("permission", "count"), [("IsAdminUser", 0), ("IsAuthenticated", 1)])
def test_permissions_in_the_settings(permission: str, count: int) -> None:
    names = f'["rest_framework.permissions.{permission}"]'
    files = {
        "app/__init__.py": "",
        "app/models.py": DJANGO_NOTES,
        "app/views.py": VIEW,
        "app/settings.py": f'REST_FRAMEWORK = {{"DEFAULT_PERMISSION_CLASSES": {names}}}\n',
    }
    result, _ = findings_of({path: dedent(text) for path, text in files.items()}, settings_of(""), [RULES["SL301"]])
    assert len(result.findings) == count


def test_a_constant_by_way_of_a_star() -> None:
    main = dedent(login('{"sub": name, "exp": int(time.time()) + LIFETIME}', ""))
    files = {"base.py": "LIFETIME = 31_536_000\n", "config.py": "from base import *\n"}
    result, _ = findings_of({**files, "main.py": f"from config import *\n{main}"}, settings_of(""), [RULES["SL405"]])
    assert len(result.findings) == 1


def test_an_index_is_wanted_more_where_somebody_looks() -> None:
    for decorator, words in (('@app.get("/notes")', ["rows are looked for by it here"]), ("", [])):
        text = dedent(notes(decorator=decorator))
        result, _ = findings_of({"main.py": text}, settings_of(""), [RULES["SL603"]])
        assert [place.message for found in result.findings for place in found.related] == words


def test_a_tools_error_is_a_hint_and_a_routes_is_not() -> None:
    text = """
    from fastapi import FastAPI
    from mcp.server.fastmcp import FastMCP
    app = FastAPI()
    mcp = FastMCP("notes", host="0.0.0.0")
    @mcp.tool()
    def search(text: str) -> dict:
        return {"error": "nothing to search for"}
    @app.get("/notes")
    def notes(text: str) -> dict:
        return {"error": "nothing to search for"}
    mcp.run(transport="streamable-http")
    """
    result, _ = findings_of({"main.py": dedent(text)}, settings_of(""), [RULES["SL702"]])
    assert [found.confidence.value for found in result.findings] == ["low", "medium"]
