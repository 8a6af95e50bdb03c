"""Checks of an owner that excuse nothing are named, with what is wrong with them."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

import pytest

from .isolation_frames import DECLARATIVE, FASTAPI

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.analysis.proofs.misplaced import Misplaced

    from .conftest import Sample

    Make = Callable[[dict[str, str]], Sample]

FETCH = "row = session.query(Note).filter(Note.id == note_id).first()\n"
REFUSE = "    raise HTTPException(403)\n"
FAULTY = {
    "late": f"{FETCH}session.delete(row)\nsession.commit()\nif row.user_id != user.id:\n{REFUSE}return {{}}",
    "elsewhere": f"{FETCH}if text:\n    if row.user_id != user.id:\n    {REFUSE}return row",
    "inverted": f"{FETCH}if row.user_id == user.id:\n{REFUSE}return row",
    "idle": f"{FETCH}if row.user_id != user.id:\n    print('not yours')\nreturn row",
    "other": (
        "other = session.query(Note).filter(Note.id == text).first()\n"
        f"if other.user_id != user.id:\n{REFUSE}{FETCH}return row"
    ),
}


def misplaced(sample: Make, body: str) -> list[Misplaced | None]:
    """Return the check that each leak names."""
    files = {
        "app/models.py": DECLARATIVE.replace("OWNER", "user_id"),
        "app/views.py": FASTAPI.replace("{body}", indent(body, "    ")),
    }
    return [leak.check for leak in sample(files).project.isolation.leaks]


@pytest.mark.parametrize("fault", FAULTY)
def test_the_fault_of_a_check(sample: Make, fault: str) -> None:
    assert [str(check.fault) for check in misplaced(sample, FAULTY[fault]) if check] == [fault]


def test_a_check_in_its_place_leaves_nothing_to_tell(sample: Make) -> None:
    assert misplaced(sample, f"{FETCH}if row.user_id != user.id:\n{REFUSE}return row") == []


@pytest.mark.parametrize(
    "body",
    [
        f"{FETCH}return row",
        f"{FETCH}if row is None:\n{REFUSE}return row",
        f"{FETCH}if row.text != text:\n{REFUSE}return row",
    ],
    ids=["none", "existence", "another-column"],
)
def test_what_does_not_compare_the_owner_with_the_caller_is_no_check(sample: Make, body: str) -> None:
    assert misplaced(sample, body) == [None]


def test_the_check_is_told_where_it_stands_and_of_what(sample: Make) -> None:
    (check,) = misplaced(sample, FAULTY["late"])
    assert check is not None
    line = FASTAPI.partition("{body}")[0].count("\n") + 1
    assert (check.place.position.line, check.about) == (line + 4, "Note")


def test_a_check_of_another_row_says_so(sample: Make) -> None:
    (check,) = [check for check in misplaced(sample, FAULTY["other"]) if check]
    assert check.about == "another Note"


def test_a_late_check_in_the_caller_is_found(sample: Make) -> None:
    body = f"row = helpers.find(session, note_id)\nsession.delete(row)\nif row.user_id != user.id:\n{REFUSE}return {{}}"
    views = FASTAPI.replace("{body}", indent(body, "    "))
    helpers = """\
from app.models import Note


def find(session, note_id):
    return session.query(Note).filter(Note.id == note_id).first()
"""
    models = DECLARATIVE.replace("OWNER", "user_id")
    files = {"app/models.py": models, "app/views.py": views, "app/helpers.py": helpers}
    (leak,) = sample(files).project.isolation.leaks
    assert leak.check is not None
    assert (leak.check.place.module.path, str(leak.check.fault)) == ("app/views.py", "late")


@pytest.mark.parametrize(
    "refusal",
    ["HTTPException(400, 'Not this one')", "HTTPException(403, 'You cannot buy your own')", "ValueError('mine')"],
)
def test_rows_that_their_owners_alone_are_kept_from_are_others_to_use(sample: Make, refusal: str) -> None:
    body = f"{FETCH}if row.user_id == user.id:\n    raise {refusal}\nreturn row"
    files = {
        "app/models.py": DECLARATIVE.replace("OWNER", "user_id"),
        "app/views.py": FASTAPI.replace("{body}", indent(body, "    ")),
    }
    assert [(leak.check, leak.certainty) for leak in sample(files).project.isolation.leaks] == [(None, 0)]
