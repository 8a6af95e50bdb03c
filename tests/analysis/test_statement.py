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


class FeedToken(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    key = models.CharField()
    title = models.CharField()
"""
VIEWS = """\
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, JsonResponse

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
    "an-action-of-the-admin-site": """
«@admin.action(description="Forget drafts")|@login_required»
def forget(modeladmin, request, queryset):
    Note.objects.filter(status="draft").delete()
""",
}


def leaks(code: Sample) -> list[str]:
    """Return what a user would see by default."""
    return [f"{leak.model} {leak.action}" for leak in code.project.isolation.leaks if leak.certainty > 0]


def version(name: str, number: int) -> dict[str, str]:
    urls = "from django.urls import path\n\nfrom app import views\n\nurlpatterns = [path('sound', views.sound)"
    handler = "forget" if "def forget" in PAIRS[name] else "handle"
    return {
        "app/models.py": MODELS,
        "app/views.py": VIEWS + MARKED.sub(rf"\{number}", PAIRS[name]),
        "app/urls.py": f"{urls}, path('it/<int:pk>', views.{handler})]\n",
    }


@pytest.mark.parametrize("name", PAIRS)
def test_what_a_statement_says_is_believed(sample: Callable[[dict[str, str]], Sample], name: str) -> None:
    assert leaks(sample(version(name, 1))) == []


@pytest.mark.parametrize("name", PAIRS)
def test_it_is_found_without(sample: Callable[[dict[str, str]], Sample], name: str) -> None:
    assert leaks(sample(version(name, 2)))
