"""Generic class-based views: what restricts them to the caller's rows, and what only looks as if it did.

``«right|wrong»`` marks what makes a view correct, and what stands in its place in its broken twin.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from .test_excuses import MARKED, django, leaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

OBJECT_VIEWS = ("DetailView", "UpdateView", "DeleteView")
REST_VIEWS = ("generics.RetrieveUpdateDestroyAPIView", "generics.RetrieveAPIView", "viewsets.ModelViewSet")
OF_DJANGO = {
    "get_queryset-sorts": """
    def get_queryset(self):
        return super().get_queryset()«.filter(user=self.request.user)».order_by("pk")
""",
    "get_queryset-searches": """
    def get_queryset(self):
        found = super().get_queryset()
        «found = found.filter(user=self.request.user)
        »word = self.request.GET.get("q")
        if word:
            found = found.filter(text__icontains=word)
        return found
""",
    "get_queryset-is-its-own": """
    def get_queryset(self):
        return Note.objects«.filter(user=self.request.user)|.all()»
""",
    "get_object": """
    def get_object(self, queryset=None):
        note = super().get_object(queryset)
        «if note.user != self.request.user:
            raise Http404
        »return note
""",
    "test_func": """
    def test_func(self):
        return «self.get_object().user == self.request.user|self.request.user.is_authenticated»
""",
    "dispatch": """
    def dispatch(self, request, *args, **kwargs):
        «if self.get_object().user != request.user:
            raise PermissionDenied
        »return super().dispatch(request, *args, **kwargs)
""",
    "get-and-post": """
    def get(self, request, *args, **kwargs):
        note = self.get_object()
        «if note.user != request.user:
            raise PermissionDenied
        »return super().get(request, *args, **kwargs)
    «
    def post(self, request, *args, **kwargs):
        if self.get_object().user != request.user:
            raise PermissionDenied
        return super().post(request, *args, **kwargs)»
""",
}
OF_LISTS = {
    "ordering": """
    ordering = "pk"
    «
    def get_queryset(self):
        return super().get_queryset().filter(user=self.request.user)»
""",
    "get_context_data": """
    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["notes"] = context["notes"].«filter(user=self.request.user)|order_by("pk")»
        return context
""",
}
OF_REST = {
    "object-permission": (
        """
class Own(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        return «obj.user == request.user|True»
""",
        "permission_classes = [permissions.IsAuthenticated, Own]",
    ),
    "object-permission-for-writing": (
        """
class Own(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        if request.method in permissions.SAFE_METHODS:
            return True
        return «obj.user_id == request.user.pk|request.user.is_authenticated»
""",
        "permission_classes = [permissions.IsAuthenticated, Own]",
    ),
    "chosen-permissions": (
        """
class Own(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.user == request.user
""",
        "def get_permissions(self):\n        return [permissions.IsAuthenticated()«, Own()»]",
    ),
    "added-permissions": (
        """
class Own(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.user == request.user
""",
        "permission_classes = [permissions.IsAuthenticated]\n\n"
        "    def get_permissions(self):\n        if self.action != 'list':\n"
        "            self.permission_classes += [«Own|permissions.IsAuthenticatedOrReadOnly»]\n"
        "        return super().get_permissions()",
    ),
    "permission": (
        """
class Member(permissions.BasePermission):
    def has_permission(self, request, view):
        return «request.user.is_staff|bool(request.user and request.user.is_authenticated)»
""",
        "permission_classes = [Member]",
    ),
    "filter-backend": (
        """
class Own(filters.BaseFilterBackend):
    def filter_queryset(self, request, queryset, view):
        return queryset.filter(«user=request.user|text__icontains=request.query_params.get("q", "")»)
""",
        "filter_backends = [Own]",
    ),
    "filter_queryset": (
        "",
        "def filter_queryset(self, queryset):\n"
        "        return super().filter_queryset(queryset)«.filter(user=self.request.user)»",
    ),
    "get_queryset-of-the-class": (
        "",
        "def get_queryset(self):\n        return self.queryset«.filter(user=self.request.user)|.order_by('pk')»",
    ),
    "get_object": (
        "",
        "def get_object(self):\n        note = super().get_object()\n"
        "        «if note.user != self.request.user:\n            raise PermissionDenied\n        »return note",
    ),
}
MANAGERS = {
    "manager": ("Manager", "Notes()", "get_queryset()"),
    "queryset": ("QuerySet", "Notes.as_manager()", "order_by('pk')"),
}


def rest(view: str, name: str) -> dict[str, str]:
    before, inside = OF_REST[name]
    attributes = f"serializer_class = NoteSerializer\n    queryset = Note.objects.all()\n    {inside}"
    return django(f"{before}\n\nclass Change({view}):\n    {attributes}\n", "")


def manager(name: str) -> dict[str, str]:
    base, made, own = MANAGERS[name]
    files = django(
        "@login_required\ndef handle(request, pk):\n    note = Note.objects.shown_to(request.user).get(pk=pk)\n"
        '    return JsonResponse({"text": note.text})\n',
        f"objects = {made}",
    )
    method = f"    def shown_to(self, user):\n        return self.{own}«.filter(user=user)»"
    models = files["app/models.py"].replace("models\n", f"models\n\n\nclass Notes(models.{base}):\n{method}\n", 1)
    return files | {"app/models.py": models}


def plain(view: str, body: str) -> dict[str, str]:
    mixin = "UserPassesTestMixin, " if "test_func" in body else ""
    imported = "from django.contrib.auth.mixins import UserPassesTestMixin\n\n\n"
    return django(f"{imported}class Show(LoginRequiredMixin, {mixin}{view}):\n    model = Note\n{body}", "")


PAIRS = (
    {f"{view}-{name}": plain(view, OF_DJANGO[name]) for view, name in product(OBJECT_VIEWS, OF_DJANGO)}
    | {f"ListView-{name}": plain("ListView", body) for name, body in OF_LISTS.items()}
    | {f"{view}-{name}": rest(view, name) for view, name in product(REST_VIEWS, OF_REST)}
    | {name: manager(name) for name in MANAGERS}
)
BY_OBJECT = {
    f"viewsets.ModelViewSet-{name}"
    for name in OF_REST
    if "has_object_permission" in OF_REST[name][0] or name == "get_object"
}


def version(name: str, number: int) -> dict[str, str]:
    return {path: MARKED.sub(rf"\{number}", text) for path, text in PAIRS[name].items()}


@pytest.mark.parametrize("name", sorted(PAIRS.keys() - BY_OBJECT))
def test_a_view_that_restricts_its_rows_is_silent(sample: Callable[[dict[str, str]], Sample], name: str) -> None:
    assert leaks(sample(version(name, 1))) == []


@pytest.mark.parametrize("name", sorted(BY_OBJECT))
def test_object_permissions_leave_the_list_of_a_viewset_open(
    sample: Callable[[dict[str, str]], Sample], name: str
) -> None:
    assert leaks(sample(version(name, 1))) == ["Note read"]


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_a_view_that_looks_as_if_is_found(sample: Callable[[dict[str, str]], Sample], name: str) -> None:
    assert leaks(sample(version(name, 2)))


@pytest.mark.parametrize("view", OBJECT_VIEWS)
@pytest.mark.parametrize("name", ["get", "get_context_data"])
def test_a_check_before_showing_keeps_nobody_from_changing(
    sample: Callable[[dict[str, str]], Sample], view: str, name: str
) -> None:
    given = {"get": "request, *args, **kwargs", "get_context_data": "**kwargs"}[name]
    body = f"""
    def {name}(self, {given}):
        if self.get_object().user != self.request.user:
            raise PermissionDenied
        return super().{name}({given})
"""
    changed = {"UpdateView": ["Note update"], "DeleteView": ["Note delete"]}
    assert leaks(sample(plain(view, body))) == changed.get(view, [])


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("if form.instance.user != self.request.user:\n            raise PermissionDenied", []),
        ("form.fields['book'].queryset = self.request.user.books.all()", ["Note update"]),
    ],
)
def test_a_form_is_made_for_the_caller_or_refused(
    sample: Callable[[dict[str, str]], Sample], body: str, found: list[str]
) -> None:
    method = f"\n    def get_form(self):\n        form = super().get_form()\n        {body}\n        return form\n"
    assert leaks(sample(plain("UpdateView", method))) == found


@pytest.mark.parametrize(
    ("queryset", "found"),
    [
        ("Note.objects.all()", True),
        ("Note.objects.filter(pinned=True)", True),
        ("Note.objects.filter(is_public=True)", False),
        ("Note.objects.filter(status='published')", False),
        ("Note.objects.none()", False),
    ],
)
def test_rows_that_are_meant_for_everybody(
    sample: Callable[[dict[str, str]], Sample], queryset: str, found: bool
) -> None:
    code = sample(django(f"class Show(LoginRequiredMixin, ListView):\n    queryset = {queryset}\n", ""))
    assert bool(leaks(code)) is found


REST = """\
from rest_framework import generics, mixins, permissions, viewsets
from drf_spectacular.utils import extend_schema
from drf_yasg.utils import swagger_auto_schema

from app.models import Note
from app.serializers import NoteSerializer


class {gate}(permissions.BasePermission):
    def has_object_permission(self, request, view, obj):
        return request.user.is_staff or obj.user == request.user

"""


@pytest.mark.parametrize("gate", ["IsOwnerOrAdmin", "IsAdminOrOwner", "AdminOrAuthor", "IsOwner"])
def test_an_owner_or_an_administrator_is_no_administrator(
    sample: Callable[[dict[str, str]], Sample], gate: str
) -> None:
    """What lets owners in to their rows keeps nobody from the list of all."""
    views = (
        REST.format(gate=gate)
        + f"""
class View(viewsets.ModelViewSet):
    queryset = Note.objects.all()
    serializer_class = NoteSerializer
    permission_classes = [permissions.IsAuthenticated, {gate}]
"""
    )
    assert leaks(sample(django(views, ""))) == ["Note read"]


@pytest.mark.parametrize(
    ("mixins", "expected"),
    [
        ("mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet", ["Note read"]),
        ("mixins.ListModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet", ["Note delete"]),
        ("mixins.UpdateModelMixin, generics.GenericAPIView", ["Note update"]),
        ("mixins.CreateModelMixin, viewsets.GenericViewSet", []),
    ],
)
@pytest.mark.parametrize("scoped", [True, False])
def test_views_that_mixins_make(
    sample: Callable[[dict[str, str]], Sample], mixins: str, expected: list[str], scoped: bool
) -> None:
    """The gravest thing counts that a mixin does."""
    views = (
        REST.format(gate="IsOwner")
        + f"""
class View({mixins}):
    queryset = Note.objects.all()
    serializer_class = NoteSerializer
    permission_classes = [permissions.IsAuthenticated]
"""
    )
    if scoped:
        views += "\n    def get_queryset(self):\n        return Note.objects.filter(user=self.request.user)\n"
    assert leaks(sample(django(views, ""))) == ([] if scoped else expected)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("return [IsOwner()] if self.action == 'destroy' else [IsAuthenticated()]", ["Note update"]),
        ("if self.action in ('list', 'retrieve'):\n            return [AllowAny()]\n        return [IsOwner()]",
         ["Note read"]),
        ("if self.request.method in SAFE_METHODS:\n            return [IsAdminUser()]\n"
         "        return [IsAuthenticated()]", ["Note delete"]),
        ("asked = {'list': [IsAdminUser]}.get(self.action, [IsOwner])\n        return [each() for each in asked]", []),
        ("return [each() for each in self.by_action[self.action]]", ["Note update"]),
        ("if self.action == 'list':\n            asked = [IsAdminUser]\n        else:\n            asked = "
         "self.permission_classes\n        return [each() for each in asked]", []),
    ],
)  # fmt: skip
def test_permissions_of_some_actions(
    sample: Callable[[dict[str, str]], Sample], chosen: str, expected: list[str]
) -> None:
    views = (
        REST.format(gate="IsOwner")
        + f"""
from rest_framework.permissions import SAFE_METHODS, AllowAny, IsAdminUser, IsAuthenticated

class View(viewsets.ModelViewSet):
    queryset = Note.objects.all()
    serializer_class = NoteSerializer
    permission_classes = [IsOwner]
    by_action = {{"destroy": [IsOwner], "update": [IsAuthenticated]}}

    def get_permissions(self):
        {chosen}
"""
    )
    assert leaks(sample(django(views, ""))) == expected


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("perform_destroy(self, instance):\n        if instance.user != self.request.user:\n"
         "            raise PermissionDenied\n        instance.delete()", ["Note update"]),
        ("destroy(self, request, *args, **kwargs):\n        return Response(status=405)", ["Note update"]),
        ("get_queryset(self):\n        return Note.objects.filter(is_public=True)", ["Note delete"]),
        ("get_queryset(self):\n        if self.action in ('list', 'retrieve'):\n"
         "            return Note.objects.filter(is_public=True)\n"
         "        return Note.objects.filter(user=self.request.user)", []),
    ],
)  # fmt: skip
def test_methods_that_are_for_some_actions(
    sample: Callable[[dict[str, str]], Sample], method: str, expected: list[str]
) -> None:
    views = (
        REST.format(gate="IsOwner")
        + f"""
class View(viewsets.ModelViewSet):
    queryset = Note.objects.all()
    serializer_class = NoteSerializer
    permission_classes = [permissions.IsAuthenticated]

    def {method}
"""
    )
    if "get_queryset" in method:
        views = views.replace("    queryset = Note.objects.all()\n", "")
    assert leaks(sample(django(views, ""))) == expected


@pytest.mark.parametrize(
    "told",
    [
        '@extend_schema(summary="Notes", description="Only members have access.")',
        '@swagger_auto_schema(operation_description="Needs the permission of the owner")',
        '@documented("Members of the workspace, by their role.")',
    ],
)
def test_a_description_guards_nothing(sample: Callable[[dict[str, str]], Sample], told: str) -> None:
    """What documents a view may speak of access and owners."""
    views = (
        REST.format(gate="IsOwner")
        + f"""
from rest_framework.response import Response
from rest_framework.views import APIView


class View(APIView):
    permission_classes = [permissions.IsAuthenticated]

    {told}
    def get(self, request, pk):
        return Response(NoteSerializer(Note.objects.get(pk=pk)).data)
"""
    )
    assert leaks(sample(django(views, ""))) == ["Note read"]
