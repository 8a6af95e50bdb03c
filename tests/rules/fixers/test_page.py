from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


class Message(Base):
    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    text: Mapped[str]
"""
FASTAPI = (
    MODELS
    + """\

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

app = FastAPI()
engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})


def get_db():
    with Session(engine) as session:
        yield session


def get_current_user() -> User:
    return User(id=1)


@app.post("/messages")
def say(text: str, user: User = Depends(get_current_user), db: Session = Depends(get_db)) -> None:
    db.add(Message(user_id=user.id, text=text))
    db.commit()


@app.get("/messages")
def messages(
    user: User = Depends(get_current_user),
    db: Session = Depends(get_db),  # open while the request lasts
):
    return QUERY
"""
)
PAGED = FASTAPI.replace(
    "  # open while the request lasts\n",
    "  # open while the request lasts\n    limit: int = Query(50, ge=1, le=100),\n    offset: int = Query(0, ge=0),\n",
).replace("import Depends, FastAPI\n", "import Depends, FastAPI, Query\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "db.query(Message).filter(Message.user_id == user.id).all()",
            "db.query(Message).filter(Message.user_id == user.id)"
            ".order_by(Message.id).limit(limit).offset(offset).all()",
        ),
        (
            "db.scalars(select(Message).where(Message.user_id == user.id).order_by(Message.user_id, Message.id)).all()",
            "db.scalars(select(Message).where(Message.user_id == user.id).order_by(Message.user_id, Message.id)"
            ".limit(limit).offset(offset)).all()",
        ),
        (
            "(\n        db.query(Message)\n        .filter(Message.user_id == user.id)  # own\n        .all()\n    )",
            "(\n        db.query(Message)\n        .filter(Message.user_id == user.id)  # own\n"
            "        .order_by(Message.id)\n        .limit(limit)\n        .offset(offset)\n        .all()\n    )",
        ),
    ],
)
def test_a_route_takes_a_page_from_the_query_string(before: str, after: str, mended: Mend) -> None:
    text = mended(FASTAPI.replace("QUERY", before), rule="SL604")
    assert text == PAGED.replace("QUERY", after)
    assert _texts(text) == (["0", "1"], ["50"], 422)


def _texts(code: str) -> tuple[list[str], list[str], int]:
    """Run the service with 51 messages, and return the first ones of a page, those of the next, and what 101 gives."""
    from fastapi.testclient import TestClient
    from sqlalchemy.orm import Session

    names: dict[str, Any] = {"__name__": "service"}
    exec(compile(code, "service.py", "exec", dont_inherit=True), names)
    names["Base"].metadata.create_all(names["engine"])
    with Session(names["engine"]) as session:
        session.add_all(names["Message"](user_id=1, text=f"{number}") for number in range(51))
        session.commit()
    client = TestClient(names["app"])
    pages = [client.get("/messages", params={"offset": offset}).json() for offset in (0, 50)]
    first, rest = [[row["text"] for row in page] for page in pages]
    return first[:2], rest, client.get("/messages", params={"limit": 101}).status_code


def test_a_helper_gets_parameters_with_defaults(mended: Mend) -> None:
    text = FASTAPI.replace("QUERY", "of_user(db, user.id)") + (
        "\n\ndef of_user(db: Session, user_id: int, **options):\n"
        "    return db.query(Message).filter(Message.user_id == user_id).order_by(Message.id).all()\n"
    )
    assert mended(text, rule="SL604") == text.replace(
        "user_id: int, **options", "user_id: int, limit: int = 100, offset: int = 0, **options"
    ).replace(".order_by(Message.id).all()", ".order_by(Message.id).limit(limit).offset(offset).all()")


def test_flask_reads_the_page_from_the_request(mended: Mend) -> None:
    text = (
        "from flask import Flask\nfrom flask_login import current_user, login_required\n"
        "from flask_sqlalchemy import SQLAlchemy\n\n"
        "app = Flask(__name__)\ndb = SQLAlchemy(app)\n\n\n"
        "class User(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n\n\n"
        "class Message(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n"
        '    user_id = db.Column(db.Integer, db.ForeignKey("user.id"), index=True)\n\n\n'
        '@app.post("/messages")\n@login_required\ndef say():\n'
        "    db.session.add(Message(user_id=current_user.id))\n    db.session.commit()\n\n\n"
        '@app.get("/messages")\n@login_required\ndef messages():\n'
        "    return [m.id for m in Message.query.filter_by(user_id=current_user.id).all()]\n"
    )
    after = mended(text, rule="SL604")
    assert "from flask import Flask, request\n" in after
    assert (
        ".filter_by(user_id=current_user.id).order_by(Message.id)"
        '.limit(min(max(request.args.get("limit", 50, type=int), 1), 100))'
        '.offset(max(request.args.get("offset", 0, type=int), 0)).all()' in after
    )


def test_django_has_a_paginator(mended: Mend) -> None:
    text = (
        "from django.conf import settings\nfrom django.contrib.auth.decorators import login_required\n"
        "from django.db import models\nfrom django.http import JsonResponse\nfrom django.urls import path\n\n\n"
        "class Message(models.Model):\n    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)\n"
        "    created_at = models.DateTimeField(auto_now_add=True)\n\n\n"
        "@login_required\ndef say(request):\n    Message.objects.create(owner=request.user)\n"
        "    return JsonResponse({})\n\n\n"
        "@login_required\ndef messages(request):\n"
        "    return JsonResponse({'ids': [each.pk for each in Message.objects.filter(owner=request.user).all()]})\n\n\n"
        'urlpatterns = [path("say", say), path("messages", messages)]\n'
    )
    after = mended(text, rule="SL604")
    assert "from django.core.paginator import Paginator\n" in after
    paged = 'in Paginator(Message.objects.filter(owner=request.user).all(), 50).get_page(request.GET.get("page"))]'
    assert paged in after


def test_a_view_of_django_has_its_request_on_itself(mended: Mend) -> None:
    text = (
        "from django.conf import settings\nfrom django.contrib.auth.mixins import LoginRequiredMixin\n"
        "from django.db import models\nfrom django.http import JsonResponse\nfrom django.urls import path\n"
        "from django.views import View\n\n\n"
        "class Message(models.Model):\n    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)\n"
        "    created_at = models.DateTimeField(auto_now_add=True)\n\n\n"
        "class Messages(LoginRequiredMixin, View):\n"
        "    def post(self, *args):\n        Message.objects.create(owner=self.request.user)\n"
        "        return JsonResponse({})\n\n"
        "    def get(self, *args):\n"
        "        rows = [each.pk for each in Message.objects.filter(owner=self.request.user).all()]\n"
        "        return JsonResponse({'ids': rows})\n\n\n"
        'urlpatterns = [path("messages", Messages.as_view())]\n'
    )
    assert 'get_page(self.request.GET.get("page"))' in mended(text, rule="SL604")


def test_what_has_no_order_and_no_known_key_is_left_alone(mended: Mend) -> None:
    text = FASTAPI.replace("QUERY", "db.query(Message).filter(Message.user_id == user.id).all()").replace(
        "    id: Mapped[int] = mapped_column(primary_key=True)\n    user_id",
        "    number: Mapped[int] = mapped_column(primary_key=True)\n    user_id",
    )
    assert mended(text, rule="SL604") == text
