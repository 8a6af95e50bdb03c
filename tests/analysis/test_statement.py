"""What a statement says of itself: it asks for published rows, by a secret, or for what a form has looked at.

``«right|wrong»`` holds what the sound version says, and what stands in its place in the broken one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

MARKED = re.compile(r"«([^|»]*)\|?([^»]*)»")
MODELS = """\
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import models


class Published(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(is_public=True)


class Latest(models.Manager):
    def get_queryset(self):
        return super().get_queryset().order_by("-id")


class Note(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    text = models.TextField()
    made = models.DateTimeField()
    place = models.IntegerField()
    status = models.CharField()
    is_public = models.BooleanField()
    objects = models.Manager()
    published = Published()
    latest = Latest()


    share_key = models.UUIDField()

    def refuse_strangers(self, viewer):
        if viewer != self.user:
            raise PermissionDenied

    def note_viewer(self, viewer):
        self.text += str(viewer)

    @classmethod
    def of_user(cls, pk, user):
        return cls.objects.get(pk=pk, user=user)

    @classmethod
    def numbered(cls, pk):
        return cls.objects.get(pk=pk)


class FeedToken(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    key = models.CharField()
    title = models.CharField()
"""
VIEWS = """\
from threading import Timer

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, JsonResponse
from django.utils import timezone
from django.views import View

from app.models import FeedToken, Note


def own(request):
    if request.GET.get("all"):
        return Q(user=request.user) | Q(is_public=True)
    return Q(user=request.user)


def recent(request):
    return Q(place__gt=int(request.GET["since"]))


def readable(request, note_id):
    note = Note.objects.get(pk=note_id)
    if note.user != request.user and not note.is_public:
        raise Http404
    return note


def counted(request, note_id):
    return request.headers.get("x-count")


class Own(forms.Form):
    def __init__(self, user, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_note(self):
        return Note.objects.get(pk=self.cleaned_data["note"], user=self.user)


class Any(forms.Form):
    note = forms.IntegerField()


@login_required
def sound(request):
    return JsonResponse(list(Note.objects.filter(user=request.user).values()), safe=False)

"""
PAIRS = {
    "published-rows": """
@login_required
def handle(request):
    return JsonResponse(list(Note.objects.filter(is_public=«True|False»).values()), safe=False)
""",
    "published-by-their-status": """
@login_required
def handle(request):
    return JsonResponse(list(Note.objects.filter(status="«published|draft»").values()), safe=False)
""",
    "all-but-those-that-are-not-public": """
@login_required
def handle(request):
    return JsonResponse(list(Note.objects.exclude(is_public=«False|True»).values()), safe=False)
""",
    "a-manager-of-published-rows": """
@login_required
def handle(request):
    return JsonResponse(list(Note.«published|latest».all().values()), safe=False)
""",
    "published-rows-are-not-changed": """
@login_required
def handle(request, pk):
    note = Note.objects.get(pk=pk, «user=request.user|is_public=True»)
    note.text = request.POST["text"]
    note.save()
    return JsonResponse({})
""",
    "a-function-makes-the-condition": """
@login_required
def handle(request):
    return JsonResponse(list(Note.objects.filter(«own|recent»(request)).values()), safe=False)
""",
    "a-subquery-about-the-rows-around-it": """
def found(word):
    return Q(Exists(Note.objects.filter(«id=OuterRef("id"), |»text=word)))


@login_required
def handle(request, word):
    return JsonResponse(list(Note.objects.filter(found(word), user=request.user).values()), safe=False)
""",
    "rows-at-hand-are-saved": """
@login_required
def handle(request):
    notes = list(Note.objects.filter(«user=request.user|text=request.POST["text"]»))
    for place, note in enumerate(notes):
        note.place = place
    Note.objects.bulk_update(notes, ["place"])
    return JsonResponse({})
""",
    "a-secret-chooses-the-row": """
@login_required
def handle(request, key):
    token = FeedToken.objects.get(«key__exact|title__exact»=key)
    return JsonResponse({"title": token.title})
""",
    "the-settings-choose-the-row": """
@login_required
def handle(request):
    return JsonResponse({"text": Note.objects.get(pk=«settings.WELCOME_NOTE|request.GET["note"]»).text})
""",
    "a-form-that-knows-the-caller": """
@login_required
def handle(request):
    form = «Own(request.user, |Any(»data=request.POST)
    form.is_valid()
    notes = Note.objects.filter(place__in=[note.place for note in form.cleaned_data["note"]])
    return JsonResponse(list(notes.values()), safe=False)
""",
    "a-check-that-is-given-the-request": """
@login_required
def handle(request, pk):
    note = Note.objects.get(pk=pk)
    «readable|counted»(request, note.pk)
    return JsonResponse({"text": note.text})
""",
    "a-method-of-the-row-refuses-strangers": """
@login_required
def handle(request, pk):
    note = Note.objects.get(pk=pk)
    note.«refuse_strangers|note_viewer»(request.user)
    return JsonResponse({"text": note.text})
""",
    "who-knows-the-secret-of-a-row": """
@login_required
def handle(request, pk):
    note = Note.objects.get(pk=pk)
    if str(note.«share_key.hex|status»).strip() != request.GET["key"]:
        raise Http404
    return JsonResponse({"text": note.text})
""",
    "a-form-of-a-row-that-is-checked": """
class NoteForm(forms.ModelForm):
    class Meta:
        model = Note
        fields = ["text"]


@login_required
def handle(request, pk):
    note = Note.objects.get(pk=pk)
    form = NoteForm(request.POST, instance=note)
    «if note.user != request.user:
        raise Http404|»
    form.save()
    return JsonResponse({})
""",
    "whose-a-row-is": """
@login_required
def handle(request, pk):
    note = Note.objects.get(pk=pk)
    if note.«user_id|id» != request.user.id:
        raise Http404
    return JsonResponse({"text": note.text})
""",
    "what-the-clock-chooses": """
@login_required
def handle(request, pk):
    Note.objects.filter(made__lt=«timezone.now() - LIFETIME|request.GET["before"]»).delete()
""",
    "what-the-clock-chooses-alone": """
@login_required
def handle(request, pk):
    Note.objects.filter(made__lt=timezone.now()«|, pk=pk»).delete()
""",
    "a-row-that-was-just-made": """
def forget_later(pk):
    FeedToken.objects.get(pk=pk).delete()


@login_required
def handle(request, pk):
    token = FeedToken.objects.create(user=request.user)
    Timer(3600, forget_later, [«token.pk|pk»]).start()
    return JsonResponse({})
""",
    "a-message-about-rows": """
@login_required
def handle(request, pk):
    found = Note.objects.filter(pk=pk).first()
    message = «"taken"|found.text» if found else "free"
    return JsonResponse({"message": message})
""",
    "what-was-read-of-a-row": """
@login_required
def handle(request, pk):
    note = Note.objects.filter(pk=pk«, user=request.user|»).first()
    former = note.text
    Note.objects.filter(pk=pk).update(text=former.strip())
""",
    "who-may-look-for-a-row-may-change-it": """
@login_required
def handle(request, pk):
    token = FeedToken.objects.«filter(user=request.user, id=pk)|filter(id=pk)».first()
    if token is None:
        raise Http404
    Note.objects.filter(user=request.user, text=token.title).delete()
    return JsonResponse({"key": token.title})
""",
    "a-method-of-the-model": """
@login_required
def handle(request, pk):
    return JsonResponse({"text": Note.«of_user(pk, request.user)|numbered(pk)».text})
""",
    "what-is-handed-to-what-makes-rows": """
def remember(note, user):
    return FeedToken.objects.create(title=note.text, user=user)


@login_required
def handle(request, pk):
    note = Note.objects.get(pk=pk«, user=request.user|»)
    token = remember(note, request.user)
    return JsonResponse({"key": token.key})
""",
    "a-view-of-the-admin-site": """
class Notes(«admin.ModelAdmin|View»):
    def get(self, request, pk):
        return self.change_view(request, pk)

    def change_view(self, request, pk, form_url="", extra_context=None):
        return JsonResponse({"text": Note.objects.get(pk=pk).text})


@login_required
def handle(request, pk):
    return Notes().change_view(request, pk)
""",
    "an-action-of-the-admin-site": """
«@admin.action(description="Forget drafts")|@login_required»
def forget(modeladmin, request, queryset):
    Note.objects.filter(status="draft").delete()
""",
}
SERVICE = """\
import jwt
from fastapi import Depends, FastAPI, Header
from sqlalchemy import ForeignKey, and_, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()


class Principal:
    def __init__(self, id: str) -> None:
        self.id = id


def current_user(authorization: str = Header()) -> Principal:
    return Principal(jwt.decode(authorization, "k", algorithms=["RS256"])["sub"])


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True)


class Note(Base):
    __tablename__ = "notes"
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    book_id: Mapped[str] = mapped_column(primary_key=True)


class Book(Base):
    __tablename__ = "books"
    part: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))


def mine(user: Principal, key: str):
    return [Note.id == key, Note.user_id == user.id]


def others(user: Principal, key: str):
    return [Note.id == key, Note.user_id != user.id]


def keyed(user: Principal, key: str):
    return (Note.id == key,)


def mine_or_keyed(user: Principal, key: str):
    if key.startswith("x"):
        return [Note.id == key]
    return [Note.id == key, Note.user_id == user.id]


class Notes:
    def __init__(self, session: Session, user_id: str) -> None:
        self._session = session
        self._user_id = user_id

    def mine(self, key: str):
        return Note.user_id == self._user_id, Note.id == key

    def keyed(self, key: str):
        return Note.book_id == key, Note.id == key

"""
HANDLER = """
@app.get("/it/{key}/{part}")
def handle(key: str, part: int, user: Principal = Depends(current_user), session: Session = Depends(Session)):
    return
"""
ASKED = {
    "the-owner-in-the-key": "session.get(Note, («user.id|key», key, key))",
    "the-owner-in-the-key-of-a-helper": "Notes(session, user.id).got(key)",
    "the-owner-in-the-key-by-name": 'session.get(Note, {«"user_id": user.id|"book_id": key», "id": key})',
    "a-key-in-which-there-is-no-owner": "session.get(«Note, (user.id, key, key)|Book, (part, key)»)",
    "a-list-of-conditions": "session.scalar(select(Note).where(*«mine|keyed»(user, key)))",
    "that-the-owner-is-another": "session.scalar(select(Note).where(*«mine|others»(user, key)))",
    "some-lists-without-the-owner": "session.scalar(select(Note).where(*«mine|mine_or_keyed»(user, key)))",
    "conditions-in-and": "session.scalar(select(Note).where(and_(*«mine|keyed»(user, key))))",
    "conditions-in-conditions": "session.scalar(select(Note).where(*further(user, key)))",
    "a-tuple-of-a-method": "Notes(session, user.id).read(key)",
    "an-object-of-the-caller-refuses": "Notes(session, user.id).«checked|of»(key)",
    "conditions-as-keywords": "session.scalar(select(Note).filter_by(**wanted(user, key)))",
}
MADE = {
    "the-owner-in-the-key-of-a-helper": """
    def got(self, key: str):
        return self._session.get(Note, («self._user_id|key», key, key))
""",
    "conditions-in-conditions": """
def further(user: Principal, key: str):
    return [Note.book_id == key, *«mine|keyed»(user, key)]
""",
    "a-tuple-of-a-method": """
    def read(self, key: str):
        return self._session.scalar(select(Note).where(*self.«mine|keyed»(key)))
""",
    "an-object-of-the-caller-refuses": """
    def of(self, owner_id: str):
        return self._session.scalars(select(Note).where(Note.user_id == owner_id)).all()

    def checked(self, owner_id: str):
        if owner_id != self._user_id:
            raise PermissionError
        return self.of(owner_id)
""",
    "conditions-as-keywords": """
def wanted(user: Principal, key: str):
    return {«"user_id": user.id|"book_id": key», "id": key}
""",
}


def leaks(code: Sample) -> list[str]:
    """Return what a user would see by default."""
    isolation = code.project.isolation
    return [f"{leak.model} {leak.action}" for leak in (*isolation.leaks, *isolation.claims) if leak.certainty > 0]


def version(name: str, number: int) -> dict[str, str]:
    if name in ASKED:
        handler = HANDLER.replace("return\n", f"return {ASKED[name]}\n")
        return {"app.py": MARKED.sub(rf"\{number}", SERVICE + MADE.get(name, "") + handler)}
    urls = "from django.urls import path\n\nfrom app import views\n\nurlpatterns = [path('sound', views.sound)"
    handler = "forget" if "def forget" in PAIRS[name] else "handle"
    return {
        "app/models.py": MODELS,
        "app/views.py": VIEWS + MARKED.sub(rf"\{number}", PAIRS[name]),
        "app/urls.py": f"{urls}, path('it/<int:pk>', views.{handler})]\n",
    }


@pytest.mark.parametrize("name", [*PAIRS, *ASKED])
def test_what_a_statement_says_is_believed(sample: Callable[[dict[str, str]], Sample], name: str) -> None:
    assert leaks(sample(version(name, 1))) == []


@pytest.mark.parametrize("name", [*PAIRS, *ASKED])
def test_it_is_found_without(sample: Callable[[dict[str, str]], Sample], name: str) -> None:
    assert leaks(sample(version(name, 2)))
