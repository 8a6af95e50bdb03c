"""Rows that a service shows to whoever asks are everybody's to read, and still their owners' to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .test_excuses import leaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

USERS = """\
from fastapi import APIRouter, Depends
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from auth import get_current_user, get_session

router = APIRouter()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
MARKET = (
    f"{USERS}\n\n"
    + """\
class NAME(Base):
    __tablename__ = "wares"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    COLUMN: Mapped[str]


class Picture(Base):
    __tablename__ = "pictures"
    id: Mapped[int] = mapped_column(primary_key=True)
    ware_id: Mapped[int] = mapped_column(ForeignKey("wares.id"))


@router.get("/wares")
def wares(session=Depends(get_session)CALLER):
    return session.scalars(select(NAME)).all()


@router.get("/wares/{ware_id}/contact")
def contact(ware_id: int, session=Depends(get_session), user: User = Depends(get_current_user)):
    return session.get(NAME, ware_id)


@router.get("/wares/{ware_id}/pictures")
def pictures(ware_id: int, session=Depends(get_session), user: User = Depends(get_current_user)):
    return session.scalars(select(Picture).where(Picture.ware_id == ware_id)).all()


@router.delete("/wares/{ware_id}")
def remove(ware_id: int, session=Depends(get_session), user: User = Depends(get_current_user)):
    session.delete(session.get(NAME, ware_id))
"""
)


OWN = """

@router.get("/own/{ware_id}")
def own(ware_id: int, session=Depends(get_session), user: User = Depends(get_current_user)):
    return session.scalars(select(Ware).where(Ware.id == ware_id, Ware.user_id == user.id)).one()
"""


def market(name: str = "Ware", column: str = "title", caller: str = "") -> dict[str, str]:
    return {"app.py": MARKET.replace("NAME", name).replace("COLUMN", column).replace("CALLER", caller)}


def test_what_is_listed_openly_is_everybodys_to_read(sample: Callable[[dict[str, str]], Sample]) -> None:
    assert leaks(sample(market())) == ["Ware delete"]


@pytest.mark.parametrize(
    "files",
    [
        # The list asks who is calling, so the rows are not for everybody.
        market(caller=", user: User = Depends(get_current_user)"),
        # Nobody publishes orders, or people's addresses: the list lacks its login.
        market(name="Order"),
        market(column="email"),
        # One reader is shown the ware asked for only if it is the reader's own.
        {"app.py": market()["app.py"] + OWN},
    ],
)
def test_what_is_not_for_everybody_is_found(sample: Callable[[dict[str, str]], Sample], files: dict[str, str]) -> None:
    found = leaks(sample(files))
    assert [leak.partition(" ")[2] for leak in found].count("read") >= 2
    assert "Picture read" in found


CHECKED = """\
    ware = session.get(Ware, ware_id)
    if ware.user_id != user.id:
        raise PermissionError
    session.delete(ware)
"""


@pytest.mark.parametrize(("name", "found"), [("Ware", []), ("Order", ["Order read", "Order read", "Picture read"])])
def test_whoever_checks_each_change_and_no_read_means_the_rows_to_be_read(
    sample: Callable[[dict[str, str]], Sample], name: str, found: list[str]
) -> None:
    files = market(caller=", user: User = Depends(get_current_user)")
    checked = files["app.py"].replace("    session.delete(session.get(Ware, ware_id))\n", CHECKED).replace("Ware", name)
    assert sorted(leaks(sample({"app.py": checked}))) == found


SHOP = """\
from django.contrib.auth.models import User
from django.db import models
from django.db.models import F
from django.http import JsonResponse
from rest_framework import permissions, viewsets
from rest_framework.decorators import api_view, permission_classes

from serializers import WareSerializer


class Ware(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    title = models.CharField()
    views = models.IntegerField()
    upvotes = models.IntegerField()
    stock = models.IntegerField()


class Own(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.user == request.user


class Wares(viewsets.ModelViewSet):
    queryset = Ware.objects.all()
    serializer_class = WareSerializer
    permission_classes = [permissions.PERMISSION, Own]


@api_view(["GET"])
@permission_classes([permissions.IsAuthenticated])
def show(request, pk):
    ware = Ware.objects.get(pk=pk)
    BODY
    return JsonResponse({"title": ware.title})
"""
URLS = "from django.urls import path\n\nimport shop\n\nurlpatterns = [path('show/<int:pk>', shop.show)]\n"


def shop(permission: str, body: str = "pass") -> dict[str, str]:
    return {"shop.py": SHOP.replace("PERMISSION", permission).replace("BODY", body), "urls.py": URLS}


@pytest.mark.parametrize(
    ("permission", "found"),
    [("IsAuthenticatedOrReadOnly", []), ("IsAuthenticated", ["Ware read", "Ware read"])],
)
def test_a_view_may_say_that_everybody_reads(
    sample: Callable[[dict[str, str]], Sample], permission: str, found: list[str]
) -> None:
    assert leaks(sample(shop(permission))) == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("ware.views += 1; ware.save()", []),
        ("Ware.objects.filter(pk=pk).update(views=F('views') + 1)", []),
        ("ware.upvotes = max(0, ware.upvotes - 1); ware.save()", []),
        ("ware.stock += 1; ware.save()", ["Ware update"]),
        ("WareSerializer(ware, data=request.data).save()", ["Ware update"]),
        ("ware.views += 1; ware.title = ''; ware.save()", ["Ware update"]),
        ("Ware.objects.filter(pk=pk).update(stock=F('stock') - 1)", ["Ware update"]),
    ],
)
def test_counting_who_looks_changes_nothing(
    sample: Callable[[dict[str, str]], Sample], body: str, found: list[str]
) -> None:
    assert leaks(sample(shop("IsAuthenticatedOrReadOnly", body))) == found


ROOMS = (
    f"{USERS}\n\n"
    + """\
class Room(Base):
    __tablename__ = "rooms"
    id: Mapped[int] = mapped_column(primary_key=True)


class Message(Base):
    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))


class OTHER(Base):
    __tablename__ = "others"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))


@router.get("/rooms/{room_id}/messages")
def messages(room_id: int, user=Depends(get_current_user), session=Depends(get_session)):
    return session.execute(
        select(Message, User).join(User, User.id == Message.user_id).where(Message.room_id == room_id)
    ).all()
"""
)


@pytest.mark.parametrize(("other", "found"), [("Booking", []), ("RoomMember", ["Message read"])])
def test_rooms_without_members_are_open_to_all(
    sample: Callable[[dict[str, str]], Sample], other: str, found: list[str]
) -> None:
    assert leaks(sample({"app.py": ROOMS.replace("OTHER", other)})) == found


CHAT = (
    ROOMS[: ROOMS.index("class Room(")]
    + """\
class Message(Base):
    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    sender_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    content: Mapped[str]
    COLUMN: Mapped[str]


@router.get("/messages/{key}")
def show(key: int, user=Depends(get_current_user), session=Depends(get_session)):
    return session.scalars(select(Message).where(Message.id == key)).one()


@router.websocket("/ws")
async def talk(websocket, session=Depends(get_session)):
    await websocket.accept()
"""
)


@pytest.mark.parametrize(("column", "found"), [("created_at", []), ("message_edited", []), ("role", ["Message read"])])
def test_what_is_said_to_all_is_for_all(
    sample: Callable[[dict[str, str]], Sample], column: str, found: list[str]
) -> None:
    assert leaks(sample({"app.py": CHAT.replace("COLUMN", column)})) == found


QUESTIONS = """\
from flask import Flask, jsonify
from flask_login import current_user, login_required
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String)
    password = db.Column(db.String)


class Question(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.ForeignKey("user.id"))
    username = db.Column(db.String)
    body = db.Column(db.String)


class Answer(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.ForeignKey("user.id"))
    question_id = db.Column(db.ForeignKey("question.id"))
    body = db.Column(db.String)


@app.after_request
def inject_csrf_token(response):
    response.set_cookie("csrf_token", "")
    return response


@app.get("/questions")
def questions():
    return jsonify([each.body for each in Question.query.all()])


@app.get("/questions/<int:question_id>")
def question(question_id):
    return jsonify(body=Question.query.get_or_404(question_id).body)


@app.get("/questions/<int:question_id>/answers")
def answers(question_id):
    return jsonify([each.body for each in Answer.query.filter_by(question_id=question_id).all()])


@app.get("/mine")
@login_required
def mine():
    return jsonify([each.body for each in Question.query.filter_by(user_id=current_user.id).all()])
"""


@pytest.mark.parametrize(("login", "certainty"), [("", 0), ("@login_required\n", 2)])
def test_parts_of_what_is_shown_are_shown_where_nobody_is_asked(
    sample: Callable[[dict[str, str]], Sample], login: str, certainty: int
) -> None:
    text = QUESTIONS.replace("def answers(", f"{login}def answers(")
    found = {leak.symbol: leak.certainty for leak in sample({"app.py": text}).project.isolation.everything}
    assert found == {"questions:Question": 0, "question:Question": 0, "answers:Answer": certainty}


ALBUM = """\
from flask import Flask, abort, request
from flask_jwt_extended import current_user, jwt_required
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)


class Bookmark(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.ForeignKey("user.id"))
    photo_id = db.Column(db.ForeignKey("photo.id"))


class Photo(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.ForeignKey("user.id"), nullable=False)
    text = db.Column(db.String)

    @classmethod
    def bookmarked(cls, user):
        query = db.select(cls).join(Bookmark, Bookmark.photo_id == cls.id).where(Bookmark.user_id == user.id)
        return db.session.scalars(query).all()


def edit(photo, user, text):
    if photo.user_id != user.id:
        abort(403)
    photo.text = text
    db.session.commit()


@app.get("/photos")
@jwt_required(LOGIN)
def photos():
    return [photo.text for photo in db.session.scalars(db.select(Photo))]


@app.get("/bookmarks")
@jwt_required()
def bookmarks():
    return [photo.text for photo in Photo.bookmarked(current_user)]


@app.patch("/photos/<int:key>")
@jwt_required()
def change(key):
    photo = db.session.get(Photo, key)
    edit(photo, current_user, request.json["text"])
    return photo.text
"""


@pytest.mark.parametrize(("login", "certainty"), [("optional=True", 0), ("", 1)])
def test_who_may_log_in_and_need_not_is_anybody(
    sample: Callable[[dict[str, str]], Sample], login: str, certainty: int
) -> None:
    project = sample({"app.py": ALBUM.replace("LOGIN", login)}).project
    assert {leak.symbol: leak.certainty for leak in project.isolation.everything}["photos:Photo"] == certainty


DELETED_OR_LIKED = """\
from flask import Flask, redirect, url_for
from flask_login import current_user, login_required
from flask_sqlalchemy import SQLAlchemy

from notices import notify

app = Flask(__name__)
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)


class Photo(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    author_id = db.Column(db.ForeignKey("user.id"))
    author = db.relationship(User)
    active = db.Column(db.Boolean, default=True)

    def delete(self):
        self.active = False


class Like(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.ForeignKey("user.id"))
    photo_id = db.Column(db.ForeignKey("photo.id"))


@app.get("/photos/<int:photo_id>/<action>")
@login_required
def act(photo_id, action):
    photo = Photo.query.filter_by(id=photo_id).first_or_404()
    if action == "delete":
        if current_user == photo.author:
            photo.delete()
            db.session.commit()
    if action == "like":
        db.session.add(Like(user_id=current_user.id, photo_id=photo.id))
        notify(photo.author, photo)
        db.session.commit()
    return redirect(url_for("index"))
"""


@pytest.mark.parametrize(
    ("check", "action"),
    [("if current_user == photo.author:", "read"), ("if photo.active:", "delete")],
)
def test_what_is_done_under_a_check_is_the_owners(
    sample: Callable[[dict[str, str]], Sample], check: str, action: str
) -> None:
    text = DELETED_OR_LIKED.replace("if current_user == photo.author:", check)
    assert [leak.action for leak in sample({"app.py": text}).project.isolation.everything] == [action]
