"""Why queries are safe: what stands before routers and functions, and which of several statements counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from statelint.analysis.proofs import Proof, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

    Code = Callable[[str], Sample]

HEAD = """\
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from sqlmodel import Field, SQLModel, select
from auth import get_current_user


class User(SQLModel, table=True):
    id: int = Field(primary_key=True)
    is_admin: bool


class Note(SQLModel, table=True):
    id: int = Field(primary_key=True)
    user_id: int = Field(foreign_key="user.id")


def gate(user: User = Depends(get_current_user)):
    if not user.is_admin:
        raise HTTPException(403)


def known(user: User = Depends(get_current_user)):
    if not user:
        raise HTTPException(401)

"""


def proofs(code: Code, text: str) -> list[str | None]:
    verdicts = code(HEAD + text).project.isolation.verdicts
    return [verdict.proof and str(verdict.proof) for verdict in verdicts if verdict.query.chain.name == "Note"]


ROUTE = """
@router.get("/notes/{note_id}")
def read(note_id: int, session=Depends(get_session)):
    return session.get(Note, note_id)
"""


@pytest.mark.parametrize(
    ("routers", "proof"),
    [
        ("router = APIRouter(dependencies=[Depends(gate)])", "admin"),
        ("router = APIRouter(dependencies=[Depends(known)])", None),
        ("router = APIRouter()\napp = FastAPI()\napp.include_router(router, dependencies=[Depends(gate)])", "admin"),
        ("router = APIRouter()\napp = FastAPI(dependencies=[Depends(gate)])\napp.include_router(router)", "admin"),
        (
            "router = APIRouter()\napp = FastAPI()\napp.include_router(router, dependencies=[Depends(gate)])\n"
            "app.include_router(router, prefix='/open')",
            None,
        ),
    ],
)
def test_what_routers_demand(code: Code, routers: str, proof: str | None) -> None:
    assert proofs(code, routers + "\n\n" + ROUTE) == [proof]


def test_the_weakest_of_alternative_statements_counts(code: Code) -> None:
    text = """
router = APIRouter()


@router.get("/notes")
def notes(everything: bool, session=Depends(get_session), user: User = Depends(get_current_user)):
    if {test}:
        statement = select(Note)
    else:
        statement = select(Note).filter_by(user_id=user.id)
    return session.exec(statement.order_by(Note.id)).all()
"""
    assert proofs(code, text.format(test="user.is_admin")) == ["predicate"]
    assert proofs(code, text.format(test="everything")) == [None]


@pytest.mark.parametrize(
    ("guard", "found"),
    [("", ["user_id"]), ("    if user_id != user.id:\n        raise HTTPException(403)\n", [])],
)
def test_an_owner_whom_the_client_names(code: Code, guard: str, found: list[str]) -> None:
    text = f"""
router = APIRouter()


@router.get("/users/{{user_id}}/notes")
def notes(user_id: int, session=Depends(get_session), user: User = Depends(get_current_user)):
{guard}    return session.exec(select(Note).where(Note.user_id == user_id)).all()
"""
    assert [claim.given for claim in code(HEAD + text).project.isolation.claims] == found


@pytest.mark.parametrize(
    ("roles", "proof"),
    [
        ("['admin']", "admin"),
        ("[UserRole.MANAGER, UserRole.STAFF]", "admin"),
        ("[UserRole.CUSTOMER]", None),
        ("['admin', 'user']", None),
    ],
)
@pytest.mark.parametrize("given", ["auth=Depends(RoleChecker({}))", "auth=Depends(allowed)"])
def test_the_roles_that_a_gate_admits_decide(code: Code, given: str, roles: str, proof: str | None) -> None:
    text = f"""
class RoleChecker:
    def __init__(self, roles):
        self.roles = roles

    def __call__(self, user: User = Depends(get_current_user)):
        if user.role not in self.roles:
            raise HTTPException(403)


allowed = RoleChecker({roles})
router = APIRouter()


@router.get("/notes/{{note_id}}")
def read(note_id: int, session=Depends(get_session), {given.format(roles)}):
    return session.get(Note, note_id)
"""
    assert proofs(code, text) == [proof]


@pytest.mark.parametrize(
    ("test", "proof"),
    [
        ("user.is_admin", "admin"),
        ("not user.is_admin", None),
        ("user.role == 'admin'", "admin"),
        ("user.role != 'admin'", None),
        ("user.role == 'student'", None),
        ("user.role in ('admin', 'student')", None),
    ],
)
def test_the_sense_of_a_test_of_roles_decides(code: Code, test: str, proof: str | None) -> None:
    text = f"""
router = APIRouter()


@router.get("/notes/{{note_id}}")
def read(note_id: int, session=Depends(get_session), user: User = Depends(get_current_user)):
    if {test}:
        return session.get(Note, note_id)
"""
    assert proofs(code, text) == [proof]


@pytest.mark.parametrize(
    ("registered", "proof"),
    [
        ("note", None),
        ("login_required(note)", None),
        ("staff_member_required(note)", "admin"),
        ("user_passes_test(lambda user: user.is_staff)(note)", "admin"),
        ("csrf_exempt(staff_member_required(note))", "admin"),
    ],
)
def test_what_wraps_a_view_where_it_is_registered(code: Code, registered: str, proof: str | None) -> None:
    text = f"""
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import login_required, user_passes_test
from django.db import models
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


class Note(models.Model):
    owner = models.ForeignKey("auth.User", on_delete=models.CASCADE)


def note(request, pk):
    return render(request, "note.html", {{"note": get_object_or_404(Note, pk=pk)}})


urlpatterns = [path("<int:pk>", {registered})]
"""
    verdicts = code(text).project.isolation.verdicts
    assert [verdict.proof and str(verdict.proof) for verdict in verdicts] == [proof]


@pytest.mark.parametrize(("default", "leaks"), [("IsAuthenticated", 1), ("IsAdminUser", 0)])
def test_permissions_that_settings_name_for_all_views(code: Code, default: str, leaks: int) -> None:
    text = f"""
from django.db import models
from rest_framework import viewsets

REST_FRAMEWORK = {{"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.{default}"]}}


class Note(models.Model):
    owner = models.ForeignKey("auth.User", on_delete=models.CASCADE)


class Notes(viewsets.ModelViewSet):
    queryset = Note.objects.all()
"""
    assert len(code(text).project.isolation.leaks) == leaks


def test_what_hangs_on_a_query_that_is_being_judged_is_judged_again(code: Code, monkeypatch) -> None:
    judge = code(
        HEAD
        + """
def one(session, key):
    return session.get(Note, key)


def other(session, key):
    return session.get(Note, key)
"""
    ).project.judge
    one, other = (
        query for module in judge.inference.modules for each in module.functions for query in judge.queries.of(each)
    )

    def proofs(query):
        """Each is proven by the other, but one of them also by itself."""
        neighbour = judge.judge(other if query is one else one)
        return Verdict(query, Proof.PARENT if neighbour.proof else Proof.PREDICATE if query is one else None)

    monkeypatch.setattr(judge, "_judge", proofs)
    assert judge.judge(one).proof is Proof.PREDICATE
    assert judge.judge(other).proof is Proof.PARENT
