"""Writes services of any size, in shapes that are hard on an analysis whose steps do not grow with the code alone.

Every shape is a FastAPI service with models, owners, queries and state, so that all rules have work to do:

wide      many routes that call many helpers, each helper called from everywhere
deep      chains of calls that lead through hundreds of functions to one query
imports   a long chain of modules, each passing on what it imported from the one before
huge      as few modules as statelint reads: each nearly as large as the limit
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MOST_BYTES = 1_800_000
"""Larger modules are not read."""
_FILLER = '''\

def convert_{n}(value: str, factor: int = {n}) -> dict[str, int]:
    """Return the parts of a value, weighed."""
    parts: dict[str, int] = {{}}
    for place, part in enumerate(value.split(",")):
        name = part.strip().lower()
        if not name or name.startswith("#"):
            continue
        weight = len(name) * factor + place
        if weight > 1_000:
            raise ValueError(f"{{name}} weighs too much: {{weight}}")
        parts[name] = parts.get(name, 0) + weight
    return parts

'''
_FILLER_LINES = _FILLER.count("\n")
_MODELS = """\
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)


def get_db() -> Session:
    return Session()


def load(db: Session, note_id: int) -> Note | None:
    return db.scalars(select(Note).where(Note.id == note_id)).first()
"""
_HEAD = """\
from fastapi import APIRouter, Depends
from sqlalchemy import select

from service.models import Note, get_db, load

router = APIRouter()
SEEN = {}

"""
_ROUTE = """\

@router.get("/notes_{n}/{{note_id}}")
def read_{n}(note_id: int, db=Depends(get_db)):
    SEEN[note_id] = {n}
    return {call}

"""


def _unit(n: int, call: str, fillers: int) -> str:
    return _ROUTE.format(n=n, call=call) + "".join(_FILLER.format(n=n * 100 + k) for k in range(fillers))


def _wide(lines: int) -> Iterator[tuple[str, str]]:
    """Modules of about 300 lines; every route calls five helpers out of a hundred that all share."""
    helpers = "".join(f"\n\ndef helper_{n}(db, note_id):\n    return load(db, note_id)\n" for n in range(100))
    yield "service/helpers.py", f"from service.models import load\n{helpers}"
    for number in range(max(1, lines // 300)):
        text = _HEAD + "from service import helpers\n"
        for k in range(12):
            n = number * 12 + k
            call = " or ".join(f"helpers.helper_{(n * 7 + j) % 100}(db, note_id)" for j in range(5))
            text += _unit(n, call, 1)
        yield f"service/routes/part_{number}.py", text


def _deep(lines: int) -> Iterator[tuple[str, str]]:
    """Chains of 400 calls, ten to a module, with a route at the head of each and a query at its end."""
    per_module = 10
    module_lines = per_module * (_FILLER_LINES + 4) + 12
    for number in range(max(1, lines // module_lines)):
        position = number % 40
        text = _HEAD
        if position < 39:
            text += f"from service.chain.part_{number + 1} import step_{(number + 1) * per_module}\n"
        for k in range(per_module):
            n = number * per_module + k
            last = k == per_module - 1 and (position == 39 or number + 1 >= max(1, lines // module_lines))
            following = "load" if last else f"step_{n + 1}"
            text += f"\n\ndef step_{n}(db, note_id):\n    return {following}(db, note_id)\n" + _FILLER.format(n=n)
        if position == 0:
            text += _ROUTE.format(n=number, call=f"step_{number * per_module}(db, note_id)")
        yield f"service/chain/part_{number}.py", text
    yield (
        f"service/chain/part_{max(1, lines // module_lines)}.py",
        (f"from service.models import load as step_{max(1, lines // module_lines) * per_module}\n"),
    )


def _imports(lines: int) -> Iterator[tuple[str, str]]:
    """Modules of about 300 lines; each takes a function from the one before and passes it on."""
    for number in range(max(1, lines // 300)):
        before = "service.models" if number == 0 else f"service.passing.part_{number - 1}"
        text = _HEAD.replace(
            "from service.models import Note, get_db, load", f"from {before} import Note, get_db, load"
        )
        for k in range(12):
            text += _unit(number * 12 + k, "load(db, note_id)", 1)
        yield f"service/passing/part_{number}.py", text


def _huge(lines: int) -> Iterator[tuple[str, str]]:
    parts: list[str] = []
    size = done = number = n = 0
    while done < lines:
        unit = _unit(n, "load(db, note_id)", 2)
        n += 1
        if size + len(unit) > MOST_BYTES:
            yield f"service/huge_{number}.py", _HEAD + "".join(parts)
            parts, size, number = [], 0, number + 1
        parts.append(unit)
        size += len(unit)
        done += unit.count("\n")
    yield f"service/huge_{number}.py", _HEAD + "".join(parts)


SHAPES: dict[str, Callable[[int], Iterator[tuple[str, str]]]] = {
    "wide": _wide, "deep": _deep, "imports": _imports, "huge": _huge,
}  # fmt: skip


def write(shape: str, lines: int, folder: Path) -> int:
    """Write a service of about ``lines`` lines to ``folder`` and return how many it has."""
    files = {"service/models.py": _MODELS, **dict(SHAPES[shape](lines))}
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return sum(text.count("\n") for text in files.values())
