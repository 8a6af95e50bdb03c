"""Two handlers on each store that statelint knows: one stays with the caller's rows, its twin reaches everybody's.

``«…»`` marks what ties a question to the caller. Rows have the key ``id``, the owner ``user_id`` and a ``text``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from textwrap import indent

_MARKED = re.compile(r"«(.*?)»", re.DOTALL)
_FRAME = """\
from fastapi import APIRouter, Depends, HTTPException

from app.auth import get_current_user
{imports}

router = APIRouter()


@router.post("/right/{{note_id}}")
async def right(note_id: str, text: str, user=Depends(get_current_user)):
{right}


@router.post("/leaking/{{note_id}}")
async def leaking(note_id: str, text: str, user=Depends(get_current_user)):
{leaking}
"""


@dataclass(frozen=True)
class Store:
    """A library, what a service declares with it, and the ways to ask it."""

    name: str
    imports: str
    bodies: tuple[str, ...]
    models: str = ""
    files: dict[str, str] = field(default_factory=dict)

    def program(self, body: str) -> dict[str, str]:
        """Return a service with the body of one handler, and with what it becomes without its tie to the caller."""
        views = _FRAME.format(
            imports=self.imports,
            right=indent(_MARKED.sub(r"\1", body), "    "),
            leaking=indent(_MARKED.sub("", body), "    "),
        )
        models = {"app/models.py": self.models} if self.models else {}
        return {"app/auth.py": AUTH, **models, **self.files, "app/views.py": views}


AUTH = """\
from fastapi import HTTPException, Request


def get_current_user(request: Request):
    user = request.state.verified_user
    if user is None:
        raise HTTPException(401)
    return user
"""
CHECK = "\nif row.user_id != user.id:\n    raise HTTPException(404)"
ITEM_CHECK = CHECK.replace(".user_id", '["user_id"]')
CREATE = "CREATE TABLE notes (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users (id), text text);\n"
