"""How sure a leak is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .isolation_frames import MAPPED

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

    Make = Callable[[dict[str, str]], Sample]

SERVER = """
import sqlite3

from fastmcp import FastMCP

mcp = FastMCP("memory")
SCHEMA = "CREATE TABLE goals (id INTEGER PRIMARY KEY, goal TEXT, created_by TEXT NOT NULL)"


@mcp.tool()
def finish(goal_id: int):
    with sqlite3.connect("memory.db") as db:
        db.execute("UPDATE goals SET progress = 1 WHERE id = ?", (goal_id,))
"""
CALLER = """

@mcp.tool()
def mine(current_user: str):
    return current_user
"""


def certainties(sample: Make, text: str) -> list[int]:
    return [leak.certainty for leak in sample({"models.py": MODELS, "server.py": text}).project.isolation.everything]


def test_where_nobody_is_known_an_author_is_a_word_that_somebody_wrote(sample: Make) -> None:
    assert certainties(sample, SERVER) == [0]
    assert certainties(sample, SERVER + CALLER) == [1]


PARTS = """
from fastapi import FastAPI
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base

app = FastAPI()
Base = declarative_base()


class Person(Base):
    __tablename__ = "people"
    id = Column(Integer, primary_key=True)
    email = Column(String)
    password = Column(String)


class Work(Base):
    __tablename__ = "works"
    id = Column(Integer, primary_key=True)
    author = AUTHOR


class Disc(Base):
    __tablename__ = "discs"
    id = Column(Integer, primary_key=True)
    work_id = Column(ForeignKey("works.id"))


@app.delete("/discs/{disc_id}")
def remove(disc_id: int):
    session.delete(session.query(Disc).get(disc_id))
"""


def test_the_author_of_what_a_row_is_part_of_is_such_a_word_as_well(sample: Make) -> None:
    def shown(author: str) -> list[int]:
        text = PARTS.replace("AUTHOR", author)
        return [leak.certainty for leak in sample({"server.py": text}).project.isolation.everything]

    assert shown("Column(String)") == [0]
    assert shown('Column(ForeignKey("people.id"))') == [1]


MODELS = MAPPED.replace("OWNER", "user_id") + "    name: Mapped[str]\n    place: Mapped[int]\n"
NOTES = """
from fastapi import APIRouter, Depends, FastAPI
from models import Note, User
from sqlalchemy import select, update
from sqlalchemy.orm import Session

app = FastAPI()
router = APIRouter()


@router.post("/sort")
def change(session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    BODY


app.include_router(router)
"""
OLD = """
from fastapi import APIRouter, Depends
from models import Note
from server import get_session

router = APIRouter()


@router.delete("/old/{note_id}")
def remove(note_id: int, session=Depends(get_session), user=Depends(get_current_user)):
    session.delete(session.get(Note, note_id))
"""


def test_a_statement_that_is_handed_rows_changes_these(sample: Make) -> None:
    assert certainties(sample, NOTES.replace("BODY", 'session.execute(update(Note), [{"id": 1, "place": 2}])')) == [0]
    assert certainties(sample, NOTES.replace("BODY", "session.execute(update(Note).values(place=0))")) == [2]


def test_a_row_that_the_program_names_is_there_for_everybody(sample: Make) -> None:
    body = "session.scalars(select(Note).where(Note.COLUMN == 'inbox')).one().place = 1"
    assert certainties(sample, NOTES.replace("BODY", body.replace("COLUMN", "name"))) == [0]
    assert certainties(sample, NOTES.replace("BODY", body.replace("COLUMN", "text"))) == [2]


def test_whoever_was_given_a_link_may_look(sample: Make) -> None:
    body = "return session.scalars(select(Note).where(Note.unique_id == key)).one()"
    known = NOTES.replace("def change(", "def change(key: str, ").replace("BODY", body)
    anybody = known.replace(", user: User = Depends(get_current_user)", "").replace("post", "get")
    models = MODELS + "    unique_id: Mapped[str]\n"
    for server, certainty in ((known, 2), (anybody, 0)):
        leaks = sample({"models.py": models, "server.py": server + CALLER}).project.isolation.everything
        assert [leak.certainty for leak in leaks][:1] == [certainty]


def test_rows_behind_a_shared_link_are_for_whoever_was_given_it(sample: Make) -> None:
    body = "return session.scalars(select(Note).join(LINK, LINK.note_id == Note.id).where(LINK.id == key)).all()"
    models = (
        MODELS
        + """

class NAME(Base):
    __tablename__ = "behind"
    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"))
"""
    )
    server = NOTES.replace("def change(", "def change(key: str, ").replace("post", "get").replace("BODY", body)
    server = server.replace("import Note, User", "import LINK, Note, User")
    for name, certainty in (("SharedNote", 0), ("Chapter", 2)):
        files = {"models.py": models.replace("NAME", name), "server.py": server.replace("LINK", name)}
        leaks = [leak for leak in sample(files).project.isolation.everything if leak.model == "Note"]
        assert [leak.certainty for leak in leaks] == [certainty]


def test_routes_that_no_application_has_answer_nobody(sample: Make) -> None:
    server = NOTES.replace("BODY", "return {}")
    alone = {"models.py": MODELS, "server.py": server, "old.py": OLD}
    imported = {**alone, "server.py": server + "import old\n"}
    assert [leak.certainty for leak in sample(alone).project.isolation.leaks] == [0]
    assert [leak.certainty for leak in sample(imported).project.isolation.leaks] == [2]


FIRM = """
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import User
from django.db import models
from django.shortcuts import render
from django.views.generic import UpdateView
"""
AFFAIR = """

class Affair{n}(models.Model):
    employee = models.ForeignKey(User, on_delete=models.CASCADE)


class EditAffair{n}(LoginRequiredMixin, UpdateView):
    model = Affair{n}
    fields = ["name"]
"""


def test_what_nobody_keeps_apart_in_many_models_is_a_back_office(sample: Make) -> None:
    def shown(count: int) -> set[int]:
        text = FIRM + "".join(AFFAIR.format(n=number) for number in range(count))
        return {leak.certainty for leak in sample({"views.py": text}).project.isolation.leaks}

    assert shown(9) == {2}
    assert shown(10) == {0}


ASIDE = """

@login_required
def mine(request):
    return render(request, "mine.html", {"affairs": Affair0.objects.filter(employee=request.user)})
"""


def test_a_page_of_what_is_mine_keeps_nothing_apart_in_a_back_office(sample: Make) -> None:
    def shown(pages: int) -> list[int]:
        affairs = "".join(AFFAIR.format(n=number) for number in range(11))
        again = "".join(f"\n\nclass Again{page}(EditAffair0):\n    model = Affair0\n" for page in range(pages))
        leaks = sample({"views.py": FIRM + affairs + again + ASIDE}).project.isolation.leaks
        return [leak.certainty for leak in leaks if leak.model == "Affair0"]

    assert shown(8) == [2] * 9
    assert shown(9) == [0] * 10


ENTRY = """

class Profile(models.Model):
    user = models.OneToOneField(User, on_delete=models.CASCADE)


class Row(models.Model):
    COLUMNS


class Show(LoginRequiredMixin, DetailView):
    model = Row


class Edit(LoginRequiredMixin, UpdateView):
    model = Row
    fields = ["name"]
"""
MINE = """

class Mine(LoginRequiredMixin, ListView):
    def get_queryset(self):
        return Row.objects.filter(created_by=self.request.user)
"""


def test_rows_that_outlive_who_made_them_and_are_shown_to_nobody_in_particular_are_common(sample: Make) -> None:
    def shown(column: str, more: str = "") -> set[int]:
        frame = FIRM.replace("import UpdateView", "import DetailView, ListView, UpdateView")
        text = frame + ENTRY.replace("COLUMNS", column) + more
        return {leak.certainty for leak in sample({"views.py": text}).project.isolation.leaks if leak.action != "read"}

    kept = "created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)"
    assert shown(kept) == {0}
    assert shown(kept, MINE) == {2}
    assert shown("created_by = models.ForeignKey(User, on_delete=models.CASCADE)") == {2}


def test_what_a_profile_published_or_a_user_liked_is_read_by_all(sample: Make) -> None:
    def shown(columns: str) -> set[int]:
        frame = FIRM.replace("import UpdateView", "import DetailView, UpdateView")
        text = (frame + ENTRY.replace("COLUMNS", columns)).replace("Row", "Post")
        return {leak.certainty for leak in sample({"views.py": text}).project.isolation.leaks if leak.action == "read"}

    assert shown("owner = models.ForeignKey(Profile, on_delete=models.CASCADE)") == {0}
    assert shown("like = models.ManyToManyField(User)") == set()


SITE = {
    "site/settings.py": 'ROOT_URLCONF = "site.urls"\n',
    "site/urls.py": """
from django.urls import include, path

urlpatterns = [path("notes/", include("notes.urls"))]
""",
    "notes/urls.py": """
from django.urls import path
from notes import views

urlpatterns = [path("<int:pk>/", views.NoteView.as_view()), path("<int:pk>/text/", views.text)]
""",
    "notes/models.py": """
from django.conf import settings
from django.db import models

class Note(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
""",
    "notes/views.py": """
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.views.generic import DetailView
from notes.models import Note

class NoteView(DetailView):
    model = Note

@login_required
def text(request, pk):
    return HttpResponse(Note.objects.get(pk=pk))
""",
}


def django_certainties(sample: Make, **changed: str) -> list[int]:
    files = SITE | {path.replace("__", "/") + ".py": text for path, text in changed.items()}
    return [leak.certainty for leak in sample(files).project.isolation.everything]


def test_a_map_of_urls_that_nobody_includes_serves_nothing(sample: Make) -> None:
    assert django_certainties(sample) == [2, 2]
    assert django_certainties(sample, site__urls="urlpatterns = []") == [0, 0]
    assert django_certainties(sample, notes__urls="urlpatterns = []") == [2, 2]


def test_a_map_of_urls_may_be_included_by_an_import_or_a_name_that_is_put_together(sample: Make) -> None:
    imported = "from django.urls import include, path\nimport notes.urls\nurlpatterns = [path('', include(notes.urls))]"
    joined = "from django.urls import include, path\nurlpatterns = [path('', include(f'{app}.urls')) for app in APPS]"
    assert django_certainties(sample, site__urls=imported) == [2, 2]
    assert django_certainties(sample, site__urls=joined) == [2, 2]
    assert django_certainties(sample, site__settings="", site__urls="urlpatterns = []") == [2, 2]


POPULAR = """
from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from acme import get_current_user, get_session

app = FastAPI()

class Base(DeclarativeBase): ...

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)

class Download(Base):
    __tablename__ = "downloads"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    book_id: Mapped[int]
    pages: Mapped[int]

@app.get("/ASKED")
def ASKED(user: User = Depends(get_current_user), session: Session = Depends(get_session)):
    return session.execute(select(COLUMNS).group_by(Download.GROUP)).all()

@app.get("/mine")
def mine(user: User = Depends(get_current_user), session: Session = Depends(get_session)):
    return session.scalars(select(Download).where(Download.user_id == user.id)).all()
"""


def test_how_often_each_of_what_is_nobodys_was_chosen_and_standings_tell_of_nobody(sample: Make) -> None:
    def certainty(columns: str, *, by: str = "book_id", asked: str = "figures", model: str = "Download") -> list[int]:
        text = POPULAR.replace("COLUMNS", columns).replace("GROUP", by).replace("ASKED", asked)
        leaks = sample({"app.py": text.replace("Download", model)}).project.isolation.leaks
        return [leak.certainty for leak in leaks]

    counted = "Download.book_id, func.count(Download.id).label('times')"
    assert certainty(counted) == [0]
    assert certainty(counted, model="Expense") == [1]
    assert certainty("Download.book_id, func.sum(Download.pages)") == [1]
    assert certainty("Download, func.count(Download.id)") == [1]
    assert certainty("Download.user_id, func.sum(Download.pages)", by="user_id") == [1]
    assert certainty("Download.user_id, func.sum(Download.pages)", by="user_id", asked="standings") == [0]


NUMBERED = """
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import models
from django.db.models import Max
from django.http import JsonResponse
from django.urls import path

class Invoice(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    number = models.IntegerField()
    total = models.IntegerField()

@login_required
def shown(request):
    return JsonResponse({"highest": Invoice.objects.aggregate(Max("COLUMN")).get("COLUMN__max")})

urlpatterns = [path("shown/", shown)]
"""


def test_the_highest_number_that_was_given_tells_of_nobody(sample: Make) -> None:
    for column, certainty in (("number", 0), ("total", 1)):
        leaks = sample({"app.py": NUMBERED.replace("COLUMN", column)}).project.isolation.leaks
        assert [leak.certainty for leak in leaks] == [certainty]


GIVEN_BACK = """
from django.contrib.auth.models import User
from django.db import models
from django.urls import path
from rest_framework import serializers
from rest_framework.decorators import api_view


class Paper(models.Model):
    owner = models.ForeignKey(User, on_delete=models.CASCADE)
    archived = models.BooleanField(default=False)


def archive(papers):
    Paper.objects.filter(id__in=papers).update(archived=True)


class ChangeSerializer(serializers.Serializer):
    papers = serializers.ListField(child=serializers.IntegerField())
    method = serializers.CharField()

    def validate_method(self, method):
        return archive if method == "archive" else None


@api_view(["POST"])
def change(request):
    serializer = ChangeSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    CALL(serializer.validated_data["papers"])


urlpatterns = [path("papers/change", change)]
"""


def test_what_is_asked_before_a_function_that_is_given_back_runs_nobody_knows(sample: Make) -> None:
    assert certainties(sample, GIVEN_BACK.replace("CALL", 'serializer.validated_data["method"]')) == [0]
    assert certainties(sample, GIVEN_BACK.replace("CALL", "archive")) == [2]
