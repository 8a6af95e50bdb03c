"""Statements that others go on from, and that are shown themselves: Django runs them whenever somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .test_excuses import django, leaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

VIEW = """
from django.shortcuts import get_object_or_404, redirect, render


@login_required
def handle(request, pk=None):
    notes = Note.objects.WHICH
BODY
"""


def reported(sample: Callable[[dict[str, str]], Sample], which: str, body: str) -> list[str]:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return leaks(sample(django(VIEW.replace("WHICH", which).replace("BODY", lines), "")))


SHOWN = {
    "given": 'if not notes.exists():\n    return redirect("/")\nreturn render(request, "notes.html", {"notes": notes})',
    "looped over": (
        "mine = notes.filter(user=request.user)\n"
        "return JsonResponse({'all': [note.text for note in notes], 'mine': mine.count()})"
    ),
    "kept": "request.notes = notes\nrequest.mine = notes.filter(user=request.user).count()\nreturn JsonResponse({})",
}


@pytest.mark.parametrize("body", SHOWN.values(), ids=SHOWN)
@pytest.mark.parametrize(("which", "expected"), [("order_by('pk')", True), ("filter(user=request.user)", False)])
def test_what_is_shown_besides(
    sample: Callable[[dict[str, str]], Sample], body: str, which: str, expected: bool
) -> None:
    """That another statement goes on from it does not restrict it."""
    assert reported(sample, which, body) == (["Note read"] if expected else [])


NARROWED = {
    "replaced": "notes = notes.filter(user=request.user)",
    "replaced in each branch": (
        "if pk:\n    notes = notes.filter(pk=pk, user=request.user)\nelse:\n    notes = notes.filter(user=request.user)"
    ),
    "one row": "notes = [get_object_or_404(notes, pk=pk, user=request.user)]",
}


@pytest.mark.parametrize("body", NARROWED.values(), ids=NARROWED)
def test_what_is_only_gone_on_from(sample: Callable[[dict[str, str]], Sample], body: str) -> None:
    """What nobody sees as it begins is judged as it ends."""
    body += '\nreturn render(request, "notes.html", {"notes": notes})'
    assert reported(sample, "order_by('pk')", body) == []
