"""What restricts rows from afar: services with a global filter or a gate are silent, and found without it.

``«…»`` marks the excuse, ``«right|wrong»`` what stands in its place in the broken twin.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .isolation_frames import DJANGO_MODELS, MAPPED

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

MARKED = re.compile(r"«([^|»]*)\|?([^»]*)»")
MODELS = MAPPED.replace("OWNER", "user_id").replace(
    "class Note(Base)", "class Owned:\n    pass\n\n\nclass Note(Owned, Base)"
)
TABLES = DJANGO_MODELS.replace("OWNER", "user")
FASTAPI = """\
from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session, with_loader_criteria

from app.auth import get_current_user
from app.db import SessionLocal, get_session
from app.models import Note, User

router = APIRouter()

"""
READ = """

@router.get("/notes/{note_id}")
def read(note_id: int, session: Session = Depends(scoped_session), user: User = Depends(get_current_user)):
    return session.scalars(select(Note).where(Note.id == note_id)).one()
"""
VIEWS = """\
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.views.generic import DeleteView, DetailView, ListView, UpdateView
from rest_framework import filters, generics, permissions, viewsets

from app.models import Note
from app.serializers import NoteSerializer

"""
FUNCTION = """

@login_required
def handle(request, pk):
    return JsonResponse({"text": Note.objects.get(pk=pk).text})
"""

SQLALCHEMY = {
    "loader-criteria-option": """
@router.get("/notes/{note_id}")
def read(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    statement = select(Note).where(Note.id == note_id)
    «statement = statement.options(with_loader_criteria(Note, Note.user_id == user.id))
    »return session.scalars(statement).one()
""",
    "loader-criteria-on-the-owner": """
@event.listens_for(Session, "do_orm_execute")
def restrict(state):
    me = state.session.info["user_id"]
    state.statement = state.statement.options(
        with_loader_criteria(Note, lambda note: note.«user_id == me|text != ''»)
    )


def scoped_session(session: Session = Depends(get_session)):
    return session
"""
    + READ,
    "loader-criteria-on-every-statement": """
def scoped_session(user: User = Depends(get_current_user)):
    session = SessionLocal()
    «
    @event.listens_for(session, "do_orm_execute")
    def restrict(state):
        state.statement = state.statement.options(with_loader_criteria(Note, Note.user_id == user.id))

    »yield session
"""
    + READ,
    "helper-that-always-raises": """
def fail(error):
    «raise HTTPException(400, str(error))|print(error)»


@router.get("/notes/{note_id}")
def read(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    note = session.get(Note, note_id)
    if isinstance(note, ValueError):
        fail(note)
    if note.user_id != user.id:
        raise HTTPException(404)
    return note
""",
    "what-is-found-permits": """
@router.get("/notes/{note_id}")
def read(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    share = shares.find(user.id, note_id)
    if share is «|not »None:
        raise HTTPException(404)
    return session.get(Note, note_id)
""",
    "what-is-cached-permits-nothing": """
@router.get("/notes")
def read(text: str | None = None, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    cached = cache.get(f"notes:{user.id}:{text}")
    if cached:
        return cached
    statement = select(Note)«.where(Note.user_id == user.id)»
    if text:
        statement = statement.where(Note.text == text)
    return session.scalars(statement).all()
""",
    "tenant-bound-session": """
def scoped_session(user: User = Depends(get_current_user)):
    with SessionLocal(«info={"user_id": user.id}») as session:
        yield session


@event.listens_for(SessionLocal, "do_orm_execute")
def restrict(state):
    «state.statement = state.statement.options(
        with_loader_criteria(Note, Note.user_id == state.session.info["user_id"])
    )|state.session.info["count"] = 1»
"""
    + READ,
    "loader-criteria-on-a-mixin": """
from contextvars import ContextVar

from app.models import Owned

me: ContextVar[int] = ContextVar("me")


@event.listens_for(Session, "do_orm_execute")
def restrict(state):
    if state.is_select:
        state.statement = state.statement.options(
            with_loader_criteria(«Owned|User», lambda cls: cls.user_id == me.get(), include_aliases=True)
        )


def scoped_session(session: Session = Depends(get_session)):
    return session
"""
    + READ,
    "repository-with-owner-argument": """
class Notes:
    def __init__(self, session: Session = Depends(get_session)):
        self.session = session

    def get(self, key: int, owner: int):
        return self.session.scalars(select(Note).where(Note.id == key«, Note.user_id == owner»)).one()


@router.get("/notes/{note_id}")
def read(note_id: int, repository: Notes = Depends(), user: User = Depends(get_current_user)):
    return repository.get(note_id, user.id)
""",
}
DJANGO = {
    "scopes-middleware": ("""
from django_scopes import scope


class Scoped:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with scope(user=request.user):
            return self.get_response(request)
""" + FUNCTION, "«objects = ScopedManager(user=\"user\")»"),
    "scope-around-the-query": ("""
from django_scopes import scope


@login_required
def handle(request, pk):
    with «scope(user=request.user)|open(\"log\")»:
        return JsonResponse({"text": Note.objects.get(pk=pk).text})
""", "«objects = ScopedManager(user=\"user\")»"),
    "scopes-disabled": ("""
from django_scopes import scopes_disabled


@login_required
def handle(request, pk):
    «|with scopes_disabled():
        »return JsonResponse({"text": Note.objects.get(pk=pk).text})
""", "objects = ScopedManager(user=\"user\")"),
    "scopes-disabled-for-a-function": ("""
from django_scopes import scopes_disabled


«|@scopes_disabled()
»@login_required
def handle(request, pk):
    return JsonResponse({"text": Note.objects.get(pk=pk).text})
""", "objects = ScopedManager(user=\"user\")"),
    "another-manager-than-the-scoped": ("""
@login_required
def handle(request, pk):
    return JsonResponse({"text": Note.«objects|everything».get(pk=pk).text})
""", "objects = ScopedManager(user=\"user\")\n    everything = models.Manager()"),
    "get-queryset-of-a-view": ("""
class Read(LoginRequiredMixin, DetailView):
    model = Note
    «
    def get_queryset(self):
        return super().get_queryset().filter(user=self.request.user)»
""", ""),
    "get-queryset-of-a-viewset": ("""
class Notes(viewsets.ModelViewSet):
    serializer_class = NoteSerializer
    permission_classes = [permissions.IsAuthenticated]
    queryset = Note.objects.all()

    def get_queryset(self):
        return Note.objects«.filter(user=self.request.user)|.all()»
""", ""),
    "filter-backend": ("""
class Own(filters.BaseFilterBackend):
    def filter_queryset(self, request, queryset, view):
        return queryset.filter(user=request.user)


class Notes(viewsets.ModelViewSet):
    serializer_class = NoteSerializer
    permission_classes = [permissions.IsAuthenticated]
    queryset = Note.objects.all()
    filter_backends = [«Own|filters.SearchFilter»]
""", ""),
    "permission-class": ("""
class Own(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.user == request.user


class Change(generics.RetrieveUpdateDestroyAPIView):
    serializer_class = NoteSerializer
    queryset = Note.objects.all()
    permission_classes = [permissions.IsAuthenticated«, Own»]
""", ""),
    "test-func": ("""
from django.contrib.auth.mixins import UserPassesTestMixin


class Remove(LoginRequiredMixin, «UserPassesTestMixin, »DeleteView):
    model = Note
    «
    def test_func(self):
        return self.get_object().user == self.request.user»
""", ""),
    "multitenant": ("""
from django_multitenant.utils import set_current_tenant


class Bound:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        set_current_tenant(request.user)
        return self.get_response(request)
""" + FUNCTION, "«tenant_id = \"user_id\"»"),
    "multitenant-by-a-class": ("""
from django_multitenant.utils import set_current_tenant


class Bound:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        «set_current_tenant(request.user)
        »return self.get_response(request)
""" + FUNCTION, "class TenantMeta:\n        tenant_field_name = \"user_id\""),
}  # fmt: skip


def leaks(code: Sample) -> list[str]:
    """Return what a user would see by default."""
    return [f"{leak.model} {leak.action}" for leak in code.project.isolation.leaks if leak.certainty > 0]


def fastapi(body: str) -> dict[str, str]:
    return {"app/models.py": MODELS, "app/views.py": FASTAPI + body}


def django(body: str, model: str) -> dict[str, str]:
    models = TABLES
    if "ScopedManager" in model:
        models = "from django_scopes import ScopedManager\n" + models
    if "tenant_id" in model:
        models = "from django_multitenant.models import TenantModel\n" + models.replace("models.Model", "TenantModel")
    return {
        "app/models.py": f"{models}    {model}\n",
        "app/views.py": VIEWS + body,
        "app/urls.py": "from django.urls import path\n\nfrom app import views\n\nurlpatterns = ["
        + ", ".join(
            f'path("{name}/<int:pk>", views.{name}{".as_view()" if kind == "class" else ""})'
            for kind, name in re.findall(r"^(class|def) (\w+)(?=.*(?:View|Set|request, pk))", body, re.MULTILINE)
        )
        + "]\n",
    }


PAIRS = {name: fastapi(body) for name, body in SQLALCHEMY.items()} | {
    name: django(body, model) for name, (body, model) in DJANGO.items()
}


def version(name: str, number: int) -> dict[str, str]:
    return {path: MARKED.sub(rf"\{number}", text) for path, text in PAIRS[name].items()}


@pytest.mark.parametrize("name", PAIRS)
def test_an_excuse_is_believed(sample: Callable[[dict[str, str]], Sample], name: str) -> None:
    assert leaks(sample(version(name, 1))) == []


@pytest.mark.parametrize("name", PAIRS)
def test_its_absence_is_found(sample: Callable[[dict[str, str]], Sample], name: str) -> None:
    assert leaks(sample(version(name, 2)))
