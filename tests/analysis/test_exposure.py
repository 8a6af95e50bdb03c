"""Which routers hand out owned rows and ask nobody who is calling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .isolation_frames import DECLARATIVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

    Make = Callable[[dict[str, str]], Sample]

HEAD = """\
from fastapi import APIRouter, Depends, FastAPI, Header, Request
from app.auth import get_current_user
from app.db import get_db
from app.models import Note, User

app = FastAPI()
router = APIRouter()
other = APIRouter()
"""
READ = """
@router.get("/notes/{note_id}")
def read(note_id: int, db=Depends(get_db)):
    return db.query(Note).filter(Note.id == note_id).first()
"""
LISTED = """
@router.get("/notes")
def listed(db=Depends(get_db)):
    return db.query(Note).all()
"""


def exposed(sample: Make, text: str) -> list[tuple[str, list[str]]]:
    """Return each router with the endpoints of it that are open."""
    project = sample({"app/models.py": DECLARATIVE.replace("OWNER", "user_id"), "app/views.py": HEAD + text}).project
    return [
        (found.router, [endpoint.qualname for endpoint in found.endpoints]) for found in project.isolation.exposures
    ]


def test_open_endpoints_of_a_router_are_told_once(sample: Make) -> None:
    assert exposed(sample, READ + LISTED) == [("router", ["read", "listed"])]


def test_routers_are_told_apart(sample: Make) -> None:
    text = READ + LISTED.replace("@router", "@other")
    assert exposed(sample, text) == [("", ["read"]), ("", ["listed"])]


def test_a_lone_endpoint_stands_for_itself_at_its_own_line(sample: Make) -> None:
    models = DECLARATIVE.replace("OWNER", "user_id")
    (found,) = sample({"app/models.py": models, "app/views.py": HEAD + READ}).project.isolation.exposures
    assert (found.symbol, found.place.position.line) == ("read", (HEAD + READ).count("\n") - 1)
    assert found.certainty == 1


@pytest.mark.parametrize(
    "asks",
    [
        "app.add_middleware(AuthenticationMiddleware, backend=backend)\n",
        '@app.middleware("http")\nasync def check_session(request: Request, call_next):\n'
        "    return await call_next(request)\n",
        '@app.middleware("http")\nasync def look(request: Request, call_next):\n'
        '    if not request.headers.get("Authorization"):\n        return None\n    return await call_next(request)\n',
    ],
    ids=["library", "by-name", "by-header"],
)
def test_middleware_may_ask_for_all(sample: Make, asks: str) -> None:
    assert exposed(sample, asks + READ) == []


@pytest.mark.parametrize(
    "middleware",
    ["app.add_middleware(GZipMiddleware)\n", "app.add_middleware(CORSMiddleware, allow_origins=origins)\n"],
)
def test_other_middleware_asks_nothing(sample: Make, middleware: str) -> None:
    assert exposed(sample, middleware + READ) == [("", ["read"])]


@pytest.mark.parametrize(
    "asked",
    [
        "\n\n@other.get('/me')\ndef me(user: User = Depends(get_current_user)):\n    return user\n",
        "\n\n@other.get('/me')\ndef me(request: Request):\n    return who(request.headers['X'])\n\n\n"
        "def who(request):\n    return request.headers.get('X-API-Key')\n",
    ],
    ids=["dependency", "header-in-a-function-below"],
)
def test_where_one_endpoint_asks_the_others_are_leaks_instead(sample: Make, asked: str) -> None:
    assert exposed(sample, READ + asked) == []


def test_where_others_are_asked_an_open_endpoint_that_takes_the_owners_name_is_exposed(sample: Make) -> None:
    text = """
@router.get("/me")
def me(user: User = Depends(get_current_user)):
    return user.id


@other.get("/users/{user_id}/notes")
def of_user(user_id: int, db=Depends(get_db)):
    return db.query(Note).filter(Note.user_id == user_id).all()
"""
    assert exposed(sample, text) == [("", ["of_user"])]


def test_a_credential_among_the_parameters_is_no_open_door(sample: Make) -> None:
    text = """
@router.get("/me")
def me(user: User = Depends(get_current_user)):
    return user.id


@other.get("/users/{user_id}/notes")
def of_user(user_id: int, access_token: str, db=Depends(get_db)):
    return db.query(Note).filter(Note.user_id == user_id).all()
"""
    assert exposed(sample, text) == []


def test_a_name_among_the_parameters_of_an_endpoint_that_asks_is_no_login(sample: Make) -> None:
    named = READ.replace("note_id", "slug").replace("db=", "user: User = Depends(get_current_user), db=")
    assert exposed(sample, named) == []
