"""Small services in many spellings, each correct, with what to break in them.

``«…»`` marks what ties a query to the caller: kept in the correct program, taken away in a broken one. ``OWNER`` stands
for the owner column, ``ME`` for the caller's id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from textwrap import indent
from typing import TYPE_CHECKING

from .isolation_frames import (
    DECLARATIVE,
    DJANGO,
    DJANGO_MODELS,
    FASTAPI,
    FLASK,
    FLASK_MODELS,
    HELPER,
    MAPPED,
    SQLMODEL,
    USES,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKED = re.compile(r"«(.*?)»", re.DOTALL)


@dataclass(frozen=True)
class Program:
    """A service of a few files, and whether it is broken."""

    name: str
    files: dict[str, str]
    broken: bool


@dataclass(frozen=True)
class Library:
    """A web framework and ORM: its models, the frame of a handler, and how rows are asked for, changed and refused."""

    name: str
    models: str
    handler: str
    """With ``{body}``; the caller is ``user``, the session ``session``."""
    me: str
    fetch: tuple[str, ...]
    """Statements that load ``row`` by ``note_id`` alone."""
    scoped: tuple[str, ...]
    """The same with the owner in the statement."""
    refuse: str
    uses: tuple[tuple[str, str], ...]
    """Name and text of what is done with ``row``."""
    helper: str
    """A module's frame with ``{body}``, for code that is called by the handler."""


_SELECTS = (
    "row = session.scalars(select(Note).where(Note.id == note_id«, Note.OWNER == ME»)).one_or_none()",
    "row = session.execute(select(Note).where(Note.id == note_id)«.where(Note.OWNER == ME)»).scalar_one_or_none()",
    "row = session.scalar(select(Note).where(and_(Note.id == note_id«, Note.OWNER == ME»)))",
    "row = session.scalar(select(Note).where((Note.id == note_id)« & (Note.OWNER == ME)»))",
    "row = session.scalar(select(Note).filter_by(id=note_id«, OWNER=ME»))",
    "row = session.scalar(select(Note).where(Note.id == note_id«, ME == Note.OWNER»))",
    "row = session.scalar(select(Note).where(Note.id == note_id«, Note.OWNER.in_([ME])»))",
    "row = session.scalar(select(Note).where(Note.id == note_id«, Note.user.has(id=ME)»))",
    "row = session.scalar(select(Note).join(User).where(Note.id == note_id«, User.id == ME»))",
    "me = ME\nrow = session.scalar(select(Note).where(Note.id == note_id«, Note.OWNER == me»))",
    "q = select(Note).where(Note.id == note_id)\n«q = q.where(Note.OWNER == ME)\n»row = session.scalar(q)",
    "clauses = [Note.id == note_id«, Note.OWNER == ME»]\nrow = session.scalar(select(Note).where(*clauses))",
    "terms = [Note.id == note_id]\n«terms.append(Note.OWNER == ME)\n»row = session.scalar(select(Note).where(*terms))",
    'wanted = {"id": note_id«, "OWNER": ME»}\nrow = session.scalar(select(Note).filter_by(**wanted))',
    "wanted = dict(id=note_id«, OWNER=ME»)\nrow = session.scalar(select(Note).filter_by(**wanted))",
    "i = select(Note.id)«.where(Note.OWNER == ME)»\n"
    "row = session.scalar(select(Note).where(Note.id == note_id, Note.id.in_(i)))",
)
_QUERIES = (
    "row = session.query(Note).filter(Note.id == note_id«, Note.OWNER == ME»).first()",
    "row = session.query(Note).filter(Note.id == note_id)«.filter(Note.OWNER == ME)».one_or_none()",
    "row = session.query(Note).filter_by(id=note_id«, OWNER=ME»).one()",
    "row = session.query(Note).filter(and_(Note.id == note_id«, Note.OWNER == ME»)).first()",
    "row = session.query(Note).filter((Note.id == note_id)« & (Note.OWNER == ME)»).first()",
    "row = session.query(Note)«.filter(Note.OWNER == ME)».filter(Note.id == note_id).first()",
    "q = session.query(Note).filter(Note.id == note_id)\n«q = q.filter(Note.OWNER == ME)\n»row = q.first()",
    "row = session.query(Note).join(User).filter(Note.id == note_id«, User.id == ME»).first()",
    "clauses = [Note.id == note_id«, Note.OWNER == ME»]\nrow = session.query(Note).filter(*clauses).first()",
    'wanted = {"id": note_id}\n«wanted["OWNER"] = ME\n»row = session.query(Note).filter_by(**wanted).first()',
)
_FLASK_QUERIES = (
    *(text.replace("session.query(Note)", "Note.query") for text in _QUERIES),
    "row = Note.query.filter_by(id=note_id«, OWNER=ME»).first_or_404()",
    "row = db.session.execute(db.select(Note).filter_by(id=note_id«, OWNER=ME»)).scalar_one()",
    "row = db.one_or_404(db.select(Note).filter_by(id=note_id«, OWNER=ME»))",
)
_DJANGO_QUERIES = (
    "row = get_object_or_404(Note, pk=note_id«, OWNER=user»)",
    "row = get_object_or_404(Note, pk=note_id«, OWNER_id=ME»)",
    "row = Note.objects.get(id=note_id«, OWNER=user»)",
    "row = Note.objects.filter(pk=note_id«, OWNER__id=ME»).first()",
    "row = Note.objects.filter(pk=note_id)«.filter(OWNER=user)».get()",
    "row = Note.objects«.filter(OWNER=user)».get(pk=note_id)",
    "row = Note.objects.get(Q(pk=note_id)« & Q(OWNER=user)»)",
    "row = Note.objects.get(«Q(OWNER=user), »pk=note_id)",
    "rows = Note.objects.filter(pk=note_id)\n«rows = rows.filter(OWNER=user)\n»row = rows.first()",
    "mine = Note.objects.all()\n«mine = mine.filter(OWNER=user)\n»row = get_object_or_404(mine, pk=note_id)",
    'wanted = {"pk": note_id«, "OWNER": user»}\nrow = Note.objects.get(**wanted)',
    "row = Note.objects.select_related().get(pk=note_id«, OWNER__in=[user]»)",
)
LIBRARIES = (
    Library(
        "sqlalchemy2",
        MAPPED,
        FASTAPI,
        "user.id",
        ("row = session.get(Note, note_id)", "row = session.scalar(select(Note).where(Note.id == note_id))"),
        _SELECTS,
        "raise HTTPException(404)",
        USES,
        HELPER,
    ),
    Library(
        "sqlalchemy1",
        DECLARATIVE,
        FASTAPI,
        "user.id",
        ("row = session.query(Note).get(note_id)", "row = session.query(Note).filter(Note.id == note_id).first()"),
        _QUERIES,
        "raise HTTPException(status_code=403)",
        USES,
        HELPER,
    ),
    Library(
        "sqlmodel",
        SQLMODEL,
        FASTAPI.replace("from sqlalchemy import and_, or_, select", "from sqlmodel import and_, or_, select"),
        "user.id",
        ("row = session.get(Note, note_id)", "row = session.exec(select(Note).where(Note.id == note_id)).first()"),
        tuple(text.replace("session.scalar(", "session.exec(").replace("row = session.scalars(", "row = session.exec(")
              for text in _SELECTS),
        "raise HTTPException(404)",
        USES,
        HELPER.replace("from sqlalchemy", "from sqlmodel"),
    ),
    Library(
        "flask",
        FLASK_MODELS,
        FLASK,
        "current_user.id",
        ("row = Note.query.get_or_404(note_id)", "row = db.session.get(Note, note_id)"),
        _FLASK_QUERIES,
        "abort(403)",
        USES,
        "from flask import abort\nfrom flask_login import current_user\nfrom sqlalchemy import and_\n\n"
        "from app.models import Note, User, db\n\nsession = db.session\n\n\n{body}\n",
    ),
    Library(
        "django",
        DJANGO_MODELS,
        DJANGO,
        "user.id",
        ("row = get_object_or_404(Note, pk=note_id)", "row = Note.objects.get(pk=note_id)"),
        _DJANGO_QUERIES,
        "raise PermissionDenied",
        (
            ("read", 'return JsonResponse({"text": row.text})'),
            ("update", "row.text = text\nrow.save()\nreturn JsonResponse({})"),
            ("delete", "row.delete()\nreturn JsonResponse({})"),
        ),
        "from django.core.exceptions import PermissionDenied\nfrom django.db.models import Q\n"
        "from django.shortcuts import get_object_or_404\n\nfrom app.models import Note\n\n\n{body}\n",
    ),
)  # fmt: skip
CHECKS = (
    ("different", "if row.OWNER != ME:\n    {refuse}"),
    ("missing-or-different", "if row is None or row.OWNER != ME:\n    {refuse}"),
    ("not-equal", "if not row.OWNER == ME:\n    {refuse}"),
    ("swapped", "if ME != row.OWNER:\n    {refuse}"),
    ("unless-admin", "if row.OWNER != ME and not user.is_admin:\n    {refuse}"),
    ("two-steps", "allowed = row.OWNER == ME\nif not allowed:\n    {refuse}"),
    ("else", "if row.OWNER == ME:\n    pass\nelse:\n    {refuse}"),
)
"""Ways to refuse rows of others before they are used."""


def keep(text: str) -> str:
    """Return the correct program."""
    return _MARKED.sub(r"\1", text)


def drop(text: str) -> str:
    """Return the program without what ties it to the caller."""
    return _MARKED.sub("", text)


def others_only(text: str) -> str:
    """Return the program that asks for everybody's rows but the caller's, where that is easily said."""
    inverted = text.replace("Note.OWNER == ME", "Note.OWNER != ME").replace("ME == Note.OWNER", "ME != Note.OWNER")
    return inverted.replace("filter(OWNER=user)", "exclude(OWNER=user)")


def _program(
    library: Library, name: str, body: str, *, broken: bool, owner: str = "user_id", helpers: str = ""
) -> Program:
    def fill(text: str) -> str:
        if library.name == "django":
            text = re.sub(r"row\.OWNER\b", "row.OWNER_id", text).replace("other.OWNER", "other.OWNER_id")
        if library.name == "flask":
            text = text.replace("user.is_admin", "current_user.is_admin")
        column = owner.removesuffix("_id") if library.name == "django" else owner
        return text.replace("OWNER", column).replace("ME", library.me)

    files = {
        "app/models.py": fill(library.models),
        "app/views.py": library.handler.replace("{body}", indent(fill(body), "    ")),
        "app/helpers.py": library.helper.replace("{body}", fill(helpers)),
    }
    if library.name == "django":
        route = 'path("notes/<int:note_id>", views.handle)'
        files["app/urls.py"] = f"from django.urls import path\n\nfrom app import views\n\nurlpatterns = [{route}]\n"
    return Program(f"{library.name}-{name}-{owner}", files, broken)


def predicates() -> Iterator[Program]:
    """Yield services whose statements name the owner, and the same ones without."""
    for library, owner in product(LIBRARIES, ("user_id", "owner_id")):
        for number, text in enumerate(library.scoped):
            for use, effect in library.uses if owner == "user_id" else library.uses[:1]:
                name = f"predicate{number}-{use}"
                yield _program(library, name, f"{keep(text)}\n{effect}", broken=False, owner=owner)
                yield _program(library, f"{name}-dropped", f"{drop(text)}\n{effect}", broken=True, owner=owner)
                other = keep(others_only(text))
                if other != keep(text):
                    yield _program(library, f"{name}-others", f"{other}\n{effect}", broken=True, owner=owner)


def checks() -> Iterator[Program]:
    """Yield services that load a row and check it, and the same ones with the check gone, elsewhere or late."""
    for library in LIBRARIES:
        for number, (check, guard_text), (use, effect) in product((0, 1), CHECKS, library.uses):
            fetch, guard = library.fetch[number], guard_text.replace("{refuse}", library.refuse)
            name = f"check{number}-{check}-{use}"
            yield _program(library, name, f"{fetch}\n{guard}\n{effect}", broken=False)
            deed, _, answer = effect.rpartition("\n")
            other = re.sub(r"^row =", "other =", fetch).replace("note_id", "text")
            broken = {
                "gone": f"{fetch}\n{effect}",
                "elsewhere": f"{fetch}\nif text:\n{indent(guard, '    ')}\n{effect}",
                "inverted": f"{fetch}\n{_inverted(guard)}\n{effect}",
                "of-another": f"{fetch}\n{other}\n{re.sub('row(?=[. ])', 'other', guard)}\n{effect}",
            }
            if deed:
                broken["late"] = f"{fetch}\n{deed}\n{guard}\n{answer}"
            for mutation, body in broken.items():
                yield _program(library, f"{name}-{mutation}", body, broken=True)


def _inverted(guard: str) -> str:
    swapped = {"!=": "==", "==": "!="}
    return re.sub("!=|==", lambda found: swapped[found[0]], guard)


def positives() -> Iterator[Program]:
    """Yield services that use a row only if it is the caller's, and ones that ask something else."""
    for library in LIBRARIES:
        for number, (use, effect) in product((0, 1), library.uses):
            for name, test, broken in (
                ("mine", "row.OWNER == ME", False),
                ("there-and-mine", "row and row.OWNER == ME", False),
                ("there", "row is not None", True),
                ("other-column", "row.text == text", True),
                ("not-mine", "row.OWNER != ME", True),
            ):
                body = f"{library.fetch[number]}\nif {test}:\n{indent(effect, '    ')}\n{library.refuse}"
                yield _program(library, f"positive{number}-{name}-{use}", body, broken=broken)


def helpers() -> Iterator[Program]:
    """Yield services with the query or the check in another module, and ones in which nobody checks."""
    for library in LIBRARIES:
        session = "" if library.name in {"flask", "django"} else "session, "
        for use, effect in library.uses:
            for number, text in enumerate(library.scoped):
                body = f"row = helpers.find({session}note_id, ME, user)\n{effect}".replace(
                    ", user)", ")" if library.name == "flask" else ", user)"
                )
                signature = f"def find({session}note_id, user_id{'' if library.name == 'flask' else ', user'}):\n"
                for broken, version in ((False, keep(text)), (True, drop(text))):
                    inside = signature + indent(version.replace("ME", "user_id"), "    ") + "\n    return row"
                    name = f"service{number}-{use}" + ("-dropped" if broken else "")
                    yield _program(library, name, body, broken=broken, helpers=inside)
            getter = f"def by_id({session}note_id):\n{indent(library.fetch[0], '    ')}\n    return row"
            load = f"row = helpers.by_id({session}note_id)"
            guard = f"if row.OWNER != ME:\n    {library.refuse}"
            yield _program(library, f"getter-{use}", f"{load}\n{guard}\n{effect}", broken=False, helpers=getter)
            yield _program(library, f"getter-{use}-gone", f"{load}\n{effect}", broken=True, helpers=getter)
            checker = f"def ensure_mine(row, user_id):\n    if row.OWNER != user_id:\n        {library.refuse}"
            call = "helpers.ensure_mine(row, ME)"
            fetch = library.fetch[0]
            yield _program(library, f"checker-{use}", f"{fetch}\n{call}\n{effect}", broken=False, helpers=checker)
            yield _program(library, f"checker-{use}-gone", f"{fetch}\n{effect}", broken=True, helpers=checker)


def programs() -> list[Program]:
    """Return every program once."""
    return [*predicates(), *checks(), *positives(), *helpers()]
