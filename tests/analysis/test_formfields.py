"""Forms and serializers: the owner is a field that a client writes, or it is not.

``«right|wrong»`` marks what keeps the owner the server's, and what stands in its place in the open twin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .test_excuses import MARKED, django

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

    Make = Callable[[dict[str, str]], Sample]

HEAD = """from rest_framework import serializers

from app.models import Note


class NoteSerializer(serializers.ModelSerializer):
    """
FORM = """from django import forms

from app.models import Note


class NoteForm(forms.ModelForm):
    class Meta:
        model = Note
        """
VIEWSET = """
class Notes(viewsets.ModelViewSet):
    serializer_class = NoteSerializer
    permission_classes = [permissions.IsAuthenticated]

    def get_queryset(self):
        return Note.objects.filter(user=self.request.user)
"""
FORM_VIEW = """
from app.forms import NoteForm


@login_required
def handle(request):
    form = NoteForm(request.POST)
    if form.is_valid():
        {save}
    return JsonResponse({})
"""
API = """
from rest_framework.response import Response
from rest_framework.views import APIView


class Make(APIView):
    permission_classes = [permissions.IsAuthenticated]

    def post(self, request):
        {body}
        return Response(serializer.data)
"""
PLAIN = """
from django.views.generic import CreateView


class Make(LoginRequiredMixin, {view}):
    model = Note
    {body}
"""


def meta(text: str, before: str = "") -> str:
    return f"{HEAD}{before}class Meta:\n        model = Note\n        {text}\n"


SERIALIZERS = {
    "read-only-fields": (meta('fields = "__all__"\n        «read_only_fields = ["user"]»'), VIEWSET),
    "fields": (meta('fields = ["id", "text"«|, "user"»]'), VIEWSET),
    "exclude": (meta('exclude = ["«user|id»"]'), VIEWSET),
    "extra-kwargs": (
        meta('fields = ("id", "user")\n        extra_kwargs = {«"user": {"read_only": True}»}'),
        VIEWSET,
    ),
    "default": (
        meta(
            'fields = ("id", "user")',
            "«user = serializers.HiddenField(default=serializers.CurrentUserDefault())\n\n    »",
        ),
        VIEWSET,
    ),
    "perform_create": (
        meta('fields = "__all__"'),
        VIEWSET + "\n    def perform_create(self, serializer):\n        serializer.save(«user=self.request.user»)\n",
    ),
    "create": (
        meta(
            'fields = "__all__"',
            "def create(self, data):\n        «data['user'] = self.context['request'].user\n        »"
            "return super().create(data)\n\n    ",
        ),
        VIEWSET,
    ),
    "save": (
        meta('fields = "__all__"'),
        API.replace(
            "{body}", "serializer = NoteSerializer(data=request.data)\n        serializer.save(«user=request.user»)"
        ),
    ),
    "data": (
        meta('fields = "__all__"'),
        API.replace(
            "{body}",
            "serializer = NoteSerializer(data=«{'user': request.user.pk}|request.data»)\n        serializer.save()",
        ),
    ),
}
FORMS = {
    "form-fields": (FORM + 'fields = ["text"«|, "user"»]\n', FORM_VIEW.replace("{save}", "form.save()")),
    "form-commit": (
        FORM + 'fields = "__all__"\n',
        FORM_VIEW.replace(
            "{save}", "note = form.save(commit=False)\n        «note.user = request.user\n        »note.save()"
        ),
    ),
}
VIEWS = {
    "create-view": ("CreateView", 'fields = ["text"«|, "user"»]'),
    "create-view-form_valid": (
        "CreateView",
        'fields = "__all__"\n\n    def form_valid(self, form):\n'
        "        «form.instance.user = self.request.user\n        »return super().form_valid(form)",
    ),
    "update-view": (
        "UpdateView",
        'fields = ["text"«|, "user"»]\n\n    def get_queryset(self):\n'
        "        return Note.objects.filter(user=self.request.user)",
    ),
}
PAIRS = (
    {name: django(view, "") | {"app/serializers.py": text} for name, (text, view) in SERIALIZERS.items()}
    | {name: django(view, "") | {"app/forms.py": text} for name, (text, view) in FORMS.items()}
    | {name: django(PLAIN.format(view=view, body=body), "") for name, (view, body) in VIEWS.items()}
)


def open_fields(code: Sample) -> list[tuple[str, bool]]:
    return [(field.column, field.new) for field in code.project.isolation.open_fields]


def version(name: str, number: int) -> dict[str, str]:
    return {path: MARKED.sub(rf"\{number}", text) for path, text in PAIRS[name].items()}


@pytest.mark.parametrize("name", PAIRS)
def test_an_owner_that_the_server_sets(sample: Make, name: str) -> None:
    assert open_fields(sample(version(name, 1))) == []


@pytest.mark.parametrize("name", PAIRS)
def test_an_owner_that_the_client_may_give(sample: Make, name: str) -> None:
    assert open_fields(sample(version(name, 2))) == [("user", name != "update-view")]
