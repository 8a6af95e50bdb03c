"""What stands between a query and its rows: checks of rows and of keys, helpers, and whose the models are."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

    Code = Callable[[str], Sample]

FASTAPI = """\
import re
from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Request
from sqlmodel import Field, SQLModel, select
from auth import get_current_user, get_session
import jwt

router = APIRouter()


class User(SQLModel, table=True):
    id: int = Field(primary_key=True)
    note_id: str


class Team(SQLModel, table=True):
    id: int = Field(primary_key=True)


class Membership(SQLModel, table=True):
    user_id: int = Field(foreign_key="user.id", primary_key=True)
    team_id: int = Field(foreign_key="team.id", primary_key=True)


class Note(SQLModel, table=True):
    id: int = Field(primary_key=True)
    user_id: int = Field(foreign_key="user.id")
    team_id: int | None = Field(foreign_key="team.id")
    done: bool


class Attachment(SQLModel, table=True):
    id: int = Field(primary_key=True)
    note_id: int = Field(foreign_key="note.id")


def require_member(session, team_id, user):
    found = session.exec(select(Membership).where(Membership.team_id == team_id, Membership.user_id == user.id)).first()
    if found is None:
        raise HTTPException(403)


def scope(team_id, user):
    if team_id is not None:
        return Note.team_id == team_id
    return Note.user_id == user.id


def loose_scope(done, user):
    if done:
        return Note.done == done
    return Note.user_id == user.id


def authenticate(session, request, note_id):
    note = session.get(Note, note_id)
    if note.user_id != request.session["user_id"]:
        raise HTTPException(403)


def look(session, request, note_id):
    note = session.get(Note, note_id)
    if note is None:
        raise HTTPException(404)


def authorize_owner(owner_id, user):
    if owner_id != user.id:
        raise HTTPException(403)


def owned(session, note_id, user):
    return owned_row(session, Note, note_id, user)


def owned_row(session, model, row_id, user):
    row = session.get(model, row_id)
    authorize_owner(row.user_id, user)
    return row


def noted(session, note_id, user):
    return log(note_id, user)


def paged(statement):
    return statement.offset(10).limit(10)


def mine(statement, user):
    return statement.where(Note.user_id == user.id)


def notes():
    return select(Note).order_by(Note.id)


def clean(value):
    return re.sub(r"[^0-9a-f]", "", value).strip()


def other(value):
    return lookup(value)

"""
ROUTE = """
@router.get("/notes/{{note_id}}")
def read(
    note_id: str,
    request: Request,
    tasks: BackgroundTasks,
    team_id: int | None = None,
    session=Depends(get_session),
    user: User = Depends(get_current_user),
):
{}
"""

DJANGO = """\
from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db import models
from django.http import HttpResponse, HttpResponseForbidden
from django.shortcuts import get_object_or_404, render


class Room(models.Model):
    owner = models.ForeignKey(User, on_delete=models.CASCADE)
    members = models.ManyToManyField(User, related_name="rooms")


class Note(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    room = models.ForeignKey(Room, on_delete=models.CASCADE)


class Like(models.Model):
    room = models.ForeignKey(Room, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE)

"""
VIEW = """
@login_required
def read(request, pk):
{}
"""


def proofs(code: Code, text: str, model: str) -> list[str | None]:
    """Return what proves each query of a model in the function ``read``."""
    verdicts = code(text).project.isolation.verdicts
    return [
        verdict.proof and str(verdict.proof)
        for verdict in verdicts
        if verdict.query.chain.name == model and verdict.query.function.name == "read"
    ]


@pytest.mark.parametrize(
    ("body", "proof"),
    [
        # Each branch checks.
        (
            """
note = session.get(Note, note_id)
if note.team_id is not None:
    require_member(session, note.team_id, user)
elif note.user_id != user.id:
    raise HTTPException(404)
return note
""",
            "checked",
        ),
        # One of them does not.
        (
            """
note = session.get(Note, note_id)
if note.team_id is not None:
    log(note.team_id)
elif note.user_id != user.id:
    raise HTTPException(404)
return note
""",
            None,
        ),
        (
            """
note = session.get(Note, note_id)
if note.team_id is not None:
    require_member(session, note.team_id, user)
return note
""",
            None,
        ),
        # A function makes the condition.
        ("return session.exec(select(Note).where(scope(team_id, user))).all()", "predicate"),
        ("return session.exec(select(Note).where(*[scope(team_id, user), Note.done == True])).all()", "predicate"),
        (
            """
mine = scope(team_id, user)

def read(month):
    return session.exec(select(Note).where(mine, Note.month == month)).all()

return [read(month) for month in range(12)]
""",
            "predicate",
        ),
        ("return session.exec(select(Note).where(loose_scope(team_id, user))).all()", None),
        # A helper leaves unless the row that the key names is the caller's.
        ("authenticate(session, request, note_id)\nreturn session.get(Note, note_id)", "parent"),
        ("authenticate(session, request, team_id)\nreturn session.get(Note, note_id)", None),
        ("look(session, request, note_id)\nreturn session.get(Note, note_id)", None),
        # A helper of a helper does.
        ("owned(session, note_id, user)\nreturn session.get(Note, note_id)", "parent"),
        ("noted(session, note_id, user)\nreturn session.get(Note, note_id)", None),
        # Each of the rows is checked, in a loop.
        (
            """
notes = session.exec(select(Note).where(Note.id.in_(ids))).all()
for owner in {note.user_id for note in notes}:
    authorize_owner(owner, user)
return notes
""",
            "checked",
        ),
        (
            """
notes = session.exec(select(Note).where(Note.id.in_(ids))).all()
for owner in owners:
    authorize_owner(owner, user)
return notes
""",
            None,
        ),
        # The function around a closure has checked its key.
        (
            """
authenticate(session, request, note_id)

def read():
    return session.get(Note, note_id)

return read()
""",
            "caller",
        ),
        # Functions that add to a statement, or make one.
        ("return session.exec(paged(select(Note)).where(Note.user_id == user.id)).all()", "predicate"),
        ("return session.exec(mine(select(Note), user).limit(9)).all()", "predicate"),
        ("return session.exec(paged(select(Note)).limit(9)).all()", None),
        ("return session.exec(notes().where(Note.user_id == user.id)).all()", "predicate"),
        ("return session.exec(notes().where(Note.done == True)).all()", None),
        # The key is the caller's own.
        ("if note_id != user.note_id:\n    raise HTTPException(403)\nreturn session.get(Note, note_id)", "parent"),
        (
            "if clean(note_id) != clean(user.note_id):\n    raise HTTPException(403)\n"
            "return session.get(Note, clean(note_id))",
            "parent",
        ),
        (
            "if note_id != user.note_id and not team_id:\n    raise HTTPException(403)\n"
            "return session.get(Note, note_id)",
            None,
        ),
        ("if note_id == user.note_id:\n    raise HTTPException(403)\nreturn session.get(Note, note_id)", None),
        # What is changed is no condition.
        ("session.exec(update(Note).where(Note.id == note_id).values(user_id=user.id))", None),
    ],
)
def test_checks_of_rows_and_keys(code: Code, body: str, proof: str | None) -> None:
    assert proofs(code, FASTAPI + ROUTE.format(indent(body, "    ")), "Note") == [proof]


@pytest.mark.parametrize(("ends", "proof"), [("one", "parent"), ("first", None)])
def test_what_a_statement_must_find(code: Code, ends: str, proof: str | None) -> None:
    body = f"""
session.exec(select(Note).where(Note.id == note_id, Note.user_id == user.id)).{ends}()
return session.exec(select(Attachment).where(Attachment.note_id == note_id)).all()
"""
    assert proofs(code, FASTAPI + ROUTE.format(indent(body, "    ")), "Attachment") == [proof]


def test_a_check_in_another_branch_vouches_for_nothing(code: Code) -> None:
    body = """
if team_id:
    note = session.get(Note, note_id)
    if note.user_id != user.id:
        raise HTTPException(403)
    return note
return session.exec(select(Attachment).where(Attachment.note_id == note_id)).all()
"""
    assert proofs(code, FASTAPI + ROUTE.format(indent(body, "    ")), "Attachment") == [None]


def test_background_tasks_are_callers(code: Code) -> None:
    text = """
def read(note_id, user_id):
    return session.exec(select(Note).where(Note.id == note_id)).first()


@router.post("/notes/{note_id}")
def start(note_id: int, tasks: BackgroundTasks, session=Depends(get_session), user: User = Depends(get_current_user)):
    note = session.exec(select(Note).where(Note.id == note_id, Note.user_id == user.id)).one()
    tasks.add_task(read, note.id, user.id)
"""
    assert proofs(code, FASTAPI + text, "Note") == ["caller"]


def test_the_row_that_a_token_names(code: Code) -> None:
    text = """
class Chat(SQLModel, table=True):
    id: str = Field(primary_key=True)
    user_id: int = Field(foreign_key="user.id")


def verify_token(token):
    return jwt.decode(token, KEY, algorithms=["HS256"])["sub"]


def get_current_chat(request: Request, session=Depends(get_session)):
    return session.get(Chat, verify_token(request.headers["token"]))


@router.get("/chats/{chat_id}")
def read(chat_id: str, session=Depends(get_session), current: Chat = Depends(get_current_chat)):
    if chat_id != current.id:
        raise HTTPException(403)
    return session.get(Chat, chat_id)
"""
    assert proofs(code, FASTAPI + text, "Chat") == ["parent"]


SHOWN = "return render(request, 'room.html', {'room': room})"


@pytest.mark.parametrize(
    ("body", "proof"),
    [
        (
            """
room = Room.objects.get(pk=pk)
if not room.members.filter(id=request.user.id).exists():
    return denied()
"""
            + SHOWN,
            "checked",
        ),
        (
            """
room = Room.objects.get(pk=pk)
if not room.members.filter(name="x").exists():
    return denied()
"""
            + SHOWN,
            None,
        ),
        # To make a row asks for no permission.
        (
            """
room = Room.objects.get(pk=pk)
like, made = Like.objects.get_or_create(room=room, user=request.user)
if not made:
    like.delete()
"""
            + SHOWN,
            None,
        ),
        ("room = Room.objects.get(id__in=[room.id for room in request.user.rooms.all()])\n" + SHOWN, "relation"),
        ("if Room.objects.filter(pk=pk).exists():\n    return denied()", "no-escape"),
    ],
)
def test_checks_of_djangos_rows(code: Code, body: str, proof: str | None) -> None:
    assert proofs(code, DJANGO + VIEW.format(indent(body, "    ")), "Room") == [proof]


@pytest.mark.parametrize(("own", "proof"), [("self.user.room_id", "relation"), ("data['room']", None)])
def test_helpers_of_consumers_are_judged_with_their_callers(code: Code, own: str, proof: str | None) -> None:
    text = f"""
class Rooms(AsyncWebsocketConsumer):
    async def connect(self):
        self.user = self.scope["user"]

    async def receive(self, text_data):
        data = json.loads(text_data)
        await self.send(await self.read({own}))

    async def read(self, room_id):
        return await sync_to_async(Room.objects.get)(id=room_id)
"""
    assert proofs(code, DJANGO + text, "Room") == [proof]


@pytest.mark.parametrize(
    ("columns", "owned"),
    [
        (
            "merchant = models.CharField(max_length=50)\n    user = models.ForeignKey(User, on_delete=models.CASCADE)",
            True,
        ),
        ("merchant = models.CharField(max_length=50)", False),
        ("team = models.CharField(max_length=50)", False),
        ("tenant = models.CharField(max_length=50)", True),
        ("user1_id = models.IntegerField()", True),
    ],
)
def test_columns_that_are_labels(code: Code, columns: str, owned: bool) -> None:
    text = DJANGO + f"\n\nclass Purchase(models.Model):\n    {columns}\n"
    models = code(text).project.isolation.judge.ownership.models.values()
    assert [model.owned for model in models if model.name == "Purchase"] == [owned]


@pytest.mark.parametrize(
    ("model", "kind"), [("Comment", "attribution"), ("BlogPost", "attribution"), ("Note", "owner")]
)
def test_what_users_publish_has_an_author(code: Code, model: str, kind: str) -> None:
    text = f"""
from django.contrib.auth.models import User
from django.db import models


class {model}(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
"""
    models = code(text).project.isolation.judge.ownership.models.values()
    assert [model.kind and str(model.kind) for model in models] == [kind]


@pytest.mark.parametrize(
    ("columns", "owned"),
    [
        ("phone = models.CharField(max_length=9)", False),
        ("email = models.EmailField()\n    password = models.CharField(max_length=9)", True),
    ],
)
def test_records_of_a_business_own_nothing(code: Code, columns: str, owned: bool) -> None:
    text = f"""
from django.contrib.auth.models import User
from django.db import models


class Customer(models.Model):
    {columns}


class Invoice(models.Model):
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)


class Profile(models.Model):
    user = models.OneToOneField(User, on_delete=models.CASCADE)
"""
    models = code(text).project.isolation.judge.ownership.models.values()
    assert [model.owned for model in models if model.name == "Invoice"] == [owned]


def test_values_that_are_put_into_the_parameters_of_sql(code: Code) -> None:
    text = """
from flask import Flask, session
import sqlite3

app = Flask(__name__)


@app.route("/notes/<int:note_id>", methods=["POST"])
def read(note_id):
    values = dict(request.form)
    values["note_id"] = note_id
    values["user"] = session["user_id"]
    db = sqlite3.connect("notes.db")
    db.execute("UPDATE notes SET title = :title WHERE id = :note_id AND user_id = :user", values)
    return "", 204
"""
    assert proofs(code, text, "notes") == ["predicate"]


@pytest.mark.parametrize(("listed", "certainty"), [("author=request.user", 1), ("title='x'", 0)])
def test_what_is_listed_for_its_author_alone_is_owned(code: Code, listed: str, certainty: int) -> None:
    text = f"""
class Report(models.Model):
    author = models.ForeignKey(User, on_delete=models.CASCADE)


@login_required
def listing(request):
    return render(request, "reports.html", {{"reports": Report.objects.filter({listed})}})


@login_required
def read(request, pk):
    return render(request, "report.html", {{"report": get_object_or_404(Report, pk=pk)}})
"""
    leaks = code(DJANGO + text).project.isolation.leaks
    assert [leak.certainty for leak in leaks if leak.symbol == "read:Report"] == [certainty]


def test_the_callers_own_row_and_what_it_holds(code: Code) -> None:
    text = """
@router.get("/mine")
def read(token: str, session=Depends(get_session)):
    claims = jwt.decode(token, KEY, algorithms=["HS256"])
    user = session.exec(select(User).where(User.name == claims["sub"])).first()
    return session.get(Note, user.note_id)
"""
    assert proofs(code, FASTAPI + text, "Note") == ["parent"]


def test_values_of_new_rows_are_no_conditions(code: Code) -> None:
    body = "room, made = Room.objects.get_or_create(pk=pk, defaults={'owner': request.user})\nreturn show(room)"
    assert proofs(code, DJANGO + VIEW.format(indent(body, "    ")), "Room") == [None]


LOADED = """
def read(note_id: int, session=Depends(get_session)):
    return session.get(Note, note_id)


def rename(note, title, owner_id):
    if note.user_id == owner_id:
        note.title = title
        return note
    raise HTTPException(403)


def retitle(note, title, owner_id):
    note.title = title
    return note


def of_dependency(note: Note = Depends(read)):
    return note

"""
CHECKED = "    if note.user_id != user.id:\n        raise HTTPException(403)\n"


@pytest.mark.parametrize(
    ("dependency", "body", "proof"),
    [
        ("read", CHECKED + "    return note", "caller"),
        ("read", "    if note.user_id == user.id:\n        return note\n    raise HTTPException(403)", "caller"),
        ("read", "    return rename(note, title, user.id)", "caller"),
        ("of_dependency", CHECKED + "    return note", "caller"),
        # What is given to the handler is not checked, or too late, or by nobody.
        ("read", "    return note", None),
        ("read", "    return retitle(note, title, user.id)", None),
        ("read", "    note.title = title\n" + CHECKED + "    return note", None),
        ("read", "    if user.id != 1:\n        raise HTTPException(403)\n    return note", None),
        ("of_dependency", "    return note", None),
    ],
)
def test_rows_that_dependencies_load(code: Code, dependency: str, body: str, proof: str | None) -> None:
    handler = f"""
@router.get("/notes/{{note_id}}")
def handle(title: str, note: Note = Depends({dependency}), user: User = Depends(get_current_user)):
{body}
"""
    assert proofs(code, FASTAPI + LOADED + handler, "Note") == [proof]


@pytest.mark.parametrize(
    ("test", "proof"),
    [
        ('header != f"Bearer {settings.worker_token}"', "admin"),
        ('not settings.worker_token or header != f"Bearer {settings.worker_token}"', "admin"),
        ('header != os.environ["SYNC_SECRET"]', "admin"),
        ('header != os.getenv("SYNC_SECRET")', "admin"),
        ("header != app.config['API_KEY']", "admin"),
        ("not hmac.compare_digest(header, settings.SYNC_KEY)", "admin"),
        # Anybody's version, the wrong way round, and either of two.
        ("header != settings.version", None),
        ("header == settings.worker_token", None),
        ("header != settings.worker_token and note_id != 0", None),
        ("header != config_of(user).note_title", None),
    ],
)
def test_secrets_of_the_configuration(code: Code, test: str, proof: str | None) -> None:
    body = f"""
header = request.headers.get("authorization")
if {test}:
    raise HTTPException(403)
return session.exec(select(Note)).all()
"""
    imports = "import hmac\nimport os\nfrom config import app, settings\n"
    assert proofs(code, imports + FASTAPI + ROUTE.format(indent(body, "    ")), "Note") == [proof]


@pytest.mark.parametrize(
    ("body", "certainty"),
    [
        ("return HttpResponse(Note.objects.exists())", [0]),
        ("return HttpResponse(Note.objects.count())", [1]),
        ("return HttpResponse(Note.objects.filter(text='').exists())", [0]),
        ("return render(request, 'notes.html', {'notes': Note.objects.all()})", [1]),
        # Whether this note exists, and how many notes are in this room.
        ("return HttpResponse(Note.objects.filter(room_id=pk).count())", [2]),
    ],
)
def test_how_many_rows_there_are(code: Code, body: str, certainty: list[int]) -> None:
    leaks = code(DJANGO + VIEW.format(indent(body, "    "))).project.isolation.leaks
    assert [leak.certainty for leak in leaks] == certainty


@pytest.mark.parametrize(
    ("column", "certainty"),
    [
        ("contact = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)", 0),
        ("contact = models.ForeignKey(User, on_delete=models.CASCADE)", 2),
        ("user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)", 2),
    ],
)
def test_whom_a_row_mentions_and_outlives_is_not_its_owner(code: Code, column: str, certainty: int) -> None:
    text = f"""
class Project(models.Model):
    {column}


@login_required
def show(request, pk):
    return render(request, "project.html", {{"project": get_object_or_404(Project, pk=pk)}})
"""
    leaks = code(DJANGO + text).project.isolation.leaks
    assert [leak.certainty for leak in leaks if leak.symbol == "show:Project"] == [certainty]


VIEWS = """
from django.contrib.auth.mixins import LoginRequiredMixin
from django.views import View
"""


@pytest.mark.parametrize(("filters", "certainty"), [("**self.filters['base']", 0), ("title='x'", 1)])
def test_filters_that_another_object_has_put_together_are_a_hint(code: Code, filters: str, certainty: int) -> None:
    text = f"""
class Report(models.Model):
    owner = models.ForeignKey(User, on_delete=models.CASCADE)
    title = models.TextField()


class Reports(LoginRequiredMixin, View):
    def get(self, request):
        return render(request, "reports.html", {{"reports": Report.objects.filter({filters})}})
"""
    leaks = code(DJANGO + VIEWS + text).project.isolation.leaks
    assert [leak.certainty for leak in leaks] == [certainty]


@pytest.mark.parametrize(
    ("path", "caller", "certainty"),
    [
        ("/metrics", "", [0]),
        ("/api/health", "", [0]),
        ("/figures", "", [1]),
        ("/metrics", ", user: User = Depends(get_current_user)", [1]),
    ],
)
def test_monitoring_is_told_figures(code: Code, path: str, caller: str, certainty: list[int]) -> None:
    own = """
@router.get("/own")
def own(session=Depends(get_session), user: User = Depends(get_current_user)):
    return session.exec(select(Note).where(Note.user_id == user.id)).all()
"""
    probe = f"""
@router.get("{path}")
def probe(session=Depends(get_session){caller}):
    return len(session.exec(select(Note)).all())
"""
    leaks = code(FASTAPI + own + probe).project.isolation.leaks
    assert [leak.certainty for leak in leaks if leak.symbol == "probe:Note"] == certainty
