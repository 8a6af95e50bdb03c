"""Roles whose holders are shown their own rows alone: to have one excuses nothing, unless all rows are shown to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

MODELS = """
from django.conf import settings
from django.db import models

Person = settings.AUTH_USER_MODEL


class Doctor(models.Model):
    user = models.OneToOneField(Person, on_delete=models.CASCADE)


class Visit(models.Model):
    sick = models.ForeignKey(Person, on_delete=models.CASCADE)
    doctor = models.ForeignKey(Doctor, on_delete=models.CASCADE)
    text = models.TextField()
"""
IMPORTS = """
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import UserPassesTestMixin
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views import View
from django.views.generic import DetailView
from rest_framework.permissions import BasePermission
from rest_framework.views import APIView

from app.models import Doctor, Visit

"""
URLS = """
from django.urls import path

from app import views

urlpatterns = [path("list", views.listed), path("one/<int:pk>", views.one)]
"""
CLASSES = {
    "dispatch": """
class Gate:
    def dispatch(self, request, *args, **kwargs):
        if not request.user.ROLE:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class Base(Gate, View):
    pass
""",
    "test": """
class Gate(UserPassesTestMixin):
    def test_func(self):
        return self.request.user.ROLE


class Base(Gate, View):
    pass
""",
    "permission": """
class Gate(BasePermission):
    def has_permission(self, request, view):
        return request.user.is_authenticated and request.user.ROLE


class Base(APIView):
    permission_classes = [Gate]
""",
    "permission by group": """
class Gate(BasePermission):
    def has_permission(self, request, view):
        return request.user.groups.filter(name="ROLE").exists()


class Base(APIView):
    permission_classes = [Gate]
""",
}
OWN = "Visit.objects.filter(doctor=get_object_or_404(Doctor, user=request.user))"
VIEWS = """

class Listed(Base):
    def get(self, request):
        return JsonResponse({"all": list(LISTED.values())})


class One(Base):
    def post(self, request, pk):
        get_object_or_404(Visit, pk=pk).delete()
        return redirect("/")


listed = Listed.as_view()
one = One.as_view()
"""
FUNCTIONS = """
def demand(role):
    def decorate(view):
        @wraps(view)
        def inner(request, *args, **kwargs):
            if request.user.role != role:
                raise PermissionDenied
            return view(request, *args, **kwargs)
        return inner
    return decorate


@login_required
@demand("ROLE")
def listed(request):
    return JsonResponse({"all": list(LISTED.values())})


@login_required
@demand("ROLE")
def one(request, pk):
    get_object_or_404(Visit, pk=pk).delete()
    return redirect("/")
"""


def reported(sample: Callable[..., Sample], views: str, models: str = MODELS) -> list[tuple[str, str]]:
    made = sample({"app/models.py": models, "app/views.py": IMPORTS + views, "app/urls.py": URLS})
    return [(leak.symbol.partition(":")[0], leak.model) for leak in made.project.isolation.leaks if leak.certainty]


@pytest.mark.parametrize(
    ("role", "listed", "expected"),
    [
        ("is_doctor", OWN, True),
        ("is_doctor", "Visit.objects.filter(text='new')", False),
        ("is_admin", OWN, False),
    ],
)
@pytest.mark.parametrize("gate", CLASSES)
def test_roles_of_classes(sample: Callable[..., Sample], gate: str, role: str, listed: str, expected: bool) -> None:
    """A gate is an excuse for the rows that it shows as a whole, and for administrators."""
    views = CLASSES[gate].replace("ROLE", role) + VIEWS.replace("LISTED", listed)
    assert (("One.post", "Visit") in reported(sample, views)) == expected


@pytest.mark.parametrize(
    ("role", "listed", "expected"),
    [
        ("doctor", OWN, True),
        ("doctor", "Visit.objects.filter(text='new')", False),
        ("admin", OWN, False),
    ],
)
def test_roles_of_decorators(sample: Callable[..., Sample], role: str, listed: str, expected: bool) -> None:
    """The role counts that the decorator is told."""
    views = FUNCTIONS.replace("ROLE", role).replace("LISTED", listed)
    assert (("one", "Visit") in reported(sample, views)) == expected


@pytest.mark.parametrize(("flag", "gate"), [("is_receptionist", True), ("is_verified", False), ("is_patient", False)])
def test_flags(sample: Callable[..., Sample], flag: str, gate: bool) -> None:
    """A flag is a role if it says what a user is, and not in which state, nor what everybody is."""
    views = CLASSES["dispatch"].replace("ROLE", flag) + VIEWS.replace("LISTED", "Visit.objects.filter(text='new')")
    assert (("One.post", "Visit") in reported(sample, views)) == (not gate)


@pytest.mark.parametrize("owned", ["get_object_or_404(Visit, pk=self.kwargs['pk'])", "self.get_object()"])
def test_a_test_of_the_row_is_no_role(sample: Callable[..., Sample], owned: str) -> None:
    """A test that asks about the row stays an excuse, whatever else stands behind it."""
    views = f"""
class Gate(UserPassesTestMixin):
    def test_func(self):
        return {owned}.doctor.user == self.request.user


class Listed(Gate, View):
    def get(self, request, pk):
        return JsonResponse({{"all": list({OWN}.values())}})


class One(Gate, DetailView):
    model = Visit


listed = Listed.as_view()
one = One.as_view()
"""
    assert reported(sample, views) == []


@pytest.mark.parametrize(
    ("user", "owned"), [("settings.AUTH_USER_MODEL", True), ("get_user_model()", True), ("Doctor", False)]
)
def test_the_user_model_by_another_name(sample: Callable[..., Sample], user: str, owned: bool) -> None:
    """``Person = settings.AUTH_USER_MODEL`` is the user, wherever it is written."""
    models = f"""
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models

class Doctor(models.Model):
    name = models.TextField()


Person = {user}


class Visit(models.Model):
    sick = models.ForeignKey(Person, on_delete=models.CASCADE)
    text = models.TextField()
"""
    views = """
@login_required
def listed(request):
    return JsonResponse({})


@login_required
def one(request, pk):
    return JsonResponse({"text": get_object_or_404(Visit, pk=pk).text})
"""
    assert bool(reported(sample, views, models)) == owned


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("doctor = get_object_or_404(Doctor, pk=pk)\n    return JsonResponse({'id': doctor.user_id})", []),
        ("get_object_or_404(Doctor, pk=pk).delete()\n    return redirect('/')", [("one", "Doctor")]),
    ],
)
def test_directories(sample: Callable[..., Sample], body: str, expected: list[tuple[str, str]]) -> None:
    """Whoever books may look at the doctors, and change none of them."""
    views = f"""
@login_required
def listed(request):
    return JsonResponse({{"all": list(Doctor.objects.all().values())}})


@login_required
def one(request, pk):
    {body}
"""
    assert reported(sample, views) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "if not request.user.is_superuser:\n"
            "        if not Doctor.objects.filter(user=request.user, visit=visit).exists():\n"
            "            return redirect('/')",
            False,
        ),
        (
            "if request.user.is_superuser:\n"
            "        if not Doctor.objects.filter(user=request.user, visit=visit).exists():\n"
            "            return redirect('/')",
            True,
        ),
        ("if not request.user.is_superuser:\n        print(pk)", True),
    ],
)
def test_whoever_is_no_administrator_is_asked_for_more(
    sample: Callable[..., Sample], body: str, expected: bool
) -> None:
    """A permission that only administrators need not have is one."""
    views = f"""
@login_required
def listed(request):
    return JsonResponse({{}})


@login_required
def one(request, pk):
    visit = get_object_or_404(Visit, pk=pk)
    {body}
    return JsonResponse({{"text": visit.text}})
"""
    assert (("one", "Visit") in reported(sample, views)) == expected


@pytest.mark.parametrize(("flag", "expected"), [("is_superuser", False), ("is_verified", True)])
def test_statements_of_administrators(sample: Callable[..., Sample], flag: str, expected: bool) -> None:
    """What a branch for administrators begins is theirs, also if another condition chose the statement."""
    views = f"""
@login_required
def listed(request):
    return JsonResponse({{}})


@login_required
def one(request, pk):
    if request.user.{flag}:
        if pk:
            visits = Visit.objects.filter(pk=pk)
        else:
            visits = Visit.objects.filter(sick=request.user)
    else:
        visits = Visit.objects.filter(sick=request.user)
    return JsonResponse({{"text": visits.first().text}})
"""
    assert (("one", "Visit") in reported(sample, views)) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [("kwargs.get('instance')", []), ("self.instance", []), ("Visit.objects.get(pk=self.data['pk'])", ["Visit"])],
)
def test_the_row_that_a_form_edits(sample: Callable[..., Sample], row: str, expected: list[str]) -> None:
    """Relatives of the row that a form edits are asked about where the row is loaded."""
    views = f"""
from django import forms


class VisitForm(forms.ModelForm):
    class Meta:
        model = Visit
        fields = ("text",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["text"].choices = list(Visit.objects.filter(doctor={row}.doctor))


@login_required
def listed(request):
    return JsonResponse({{}})


@login_required
def one(request, pk):
    visit = get_object_or_404(Visit, pk=pk, sick=request.user)
    return JsonResponse({{"form": VisitForm(instance=visit).as_p()}})
"""
    assert [model for _, model in reported(sample, views)] == expected
