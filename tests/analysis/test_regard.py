"""Code that looks like a check is believed if it checks something, and seen through if it only stands there.

``«right|wrong»`` marks what makes a program correct, and what stands in its place in its broken twin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .test_excuses import MARKED, fastapi, leaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

PROGRAMS = {
    "base-repository-owner-filter": """
from typing import Generic, TypeVar
M = TypeVar("M")


class Repository(Generic[M]):
    model: type[M]

    def __init__(self, session: Session):
        self.session = session

    def get(self, key: int, user_id: int):
        statement = select(self.model).where(self.model.id == key)
        «statement = statement.where(self.model.user_id == user_id)
        »return self.session.scalars(statement).one_or_none()


class Notes(Repository[Note]):
    model = Note


@router.get("/notes/{note_id}")
def read(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    return Notes(session).get(note_id, user.id)
""",
    "bound-repository-concrete": """
class Notes:
    def __init__(self, session: Session, user: User):
        self.session = session
        self.user = user

    def _base(self):
        return select(Note)«.where(Note.user_id == self.user.id)»

    def get(self, key: int):
        return self.session.scalars(self._base().where(Note.id == key)).one()


@router.get("/notes/{note_id}")
def read(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    return Notes(session, user).get(note_id)
""",
    "dependency-that-compares": """
def own_note(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    note = session.get(Note, note_id)
    if note is None« or note.user_id != user.id»:
        raise HTTPException(404)
    return note


@router.get("/notes/{note_id}")
def read(note: Note = Depends(own_note)):
    return note
""",
    "dependency-as-guard": """
def own_note(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    note = session.get(Note, note_id)
    if note is None« or note.user_id != user.id»:
        raise HTTPException(404)


@router.get("/notes/{note_id}", dependencies=[Depends(own_note)])
def read(note_id: int, session: Session = Depends(get_session)):
    return session.get(Note, note_id)
""",
    "dependency-exists": """
def note_exists(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    if not session.query(Note).filter(Note.id == note_id«, Note.user_id == user.id»).first():
        raise HTTPException(404)


@router.get("/notes/{note_id}")
def read(note_id: int, _=Depends(note_exists), session: Session = Depends(get_session)):
    return session.get(Note, note_id)
""",
    "checker-that-checks": """
def check_access(note, user):
    if note«.user_id != user.id| is None»:
        raise HTTPException(404)


@router.get("/notes/{note_id}")
def read(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    note = session.get(Note, note_id)
    check_access(note, user)
    return note
""",
    "checker-idle": """
def verify_owner(note, user):
    if note.user_id != user.id:
        «raise HTTPException(404)|print("not yours")»


@router.get("/notes/{note_id}")
def read(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    note = session.get(Note, note_id)
    verify_owner(note, user)
    return note
""",
    "predicate-function": """
def can_read(user, note):
    return «note.user_id == user.id|True»


@router.get("/notes/{note_id}")
def read(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    note = session.get(Note, note_id)
    if not can_read(user, note):
        raise HTTPException(403)
    return note
""",
    "service-ignores-user": """
def note_for(session, note_id, user):
    return session.scalars(select(Note).where(Note.id == note_id«, Note.user_id == user.id»)).one()


@router.get("/notes/{note_id}")
def read(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    return note_for(session, note_id, user)
""",
    "list-excused-by-exists-on-another": """
@router.get("/notes")
def read(session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    if not session.query(User).filter(User.id == user.id).first():
        raise HTTPException(404)
    return session.query(Note)«.filter(Note.user_id == user.id)».all()
""",
    "list-excused-by-membership": """
@router.get("/notes")
def read(session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    mine = session.query(Note).filter(Note.user_id == user.id).all()
    if not mine:
        return []
    return «mine|session.query(Note).all()»
""",
    "decorator-access": """
from functools import wraps


def require_access(view):
    @wraps(view)
    def wrapper(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
        note = session.get(Note, note_id)
        if note is None« or note.user_id != user.id»:
            raise HTTPException(404)
        return view(note_id, session, user)
    return wrapper


@router.get("/notes/{note_id}")
@require_access
def read(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    return session.get(Note, note_id)
""",
    "service-that-is-told-the-caller": """
def archive(session: Session, note: Note, user: User):
    if note.text == "":
        raise ValueError("nothing to keep")
    «if note.user_id != user.id:
        raise HTTPException(403)
    »note.text += f" (archived by {user.id})"
    session.commit()


@router.post("/notes/{note_id}/archive")
def read(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    note = session.get(Note, note_id)
    archive(session, note, user)
""",
    "guard-that-is-handed-all-arguments": """
def check_note(**arguments):
    note = SessionLocal().get(Note, arguments["note_id"])
    if «note.user_id != arguments["user"].id|note.text == ""»:
        raise HTTPException(403)


def own(view):
    @wraps(view)
    def wrapper(*args, **kwargs):
        check_note(**kwargs)
        return view(*args, **kwargs)
    return wrapper


@router.get("/notes/{note_id}")
@own
def read(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    return session.get(Note, note_id)
""",
    "what-is-called-a-check": """
def «can_read|cancel_read»(note: Note, user: User):
    return note.user_id == user.id«| or bool(note.text)»


@router.get("/notes/{note_id}")
def read(note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    note = session.get(Note, note_id)
    «if not can_read(note, user):
        raise HTTPException(403)
    |cancel_read(note, user)
    »return note
""",
    "callable-class-dependency": """
class OwnerRequired:
    def __call__(self, note_id: int, session: Session = Depends(get_session), user: User = Depends(get_current_user)):
        note = session.get(Note, note_id)
        if note is None« or note.user_id != user.id»:
            raise HTTPException(404)
        return note


@router.get("/notes/{note_id}")
def read(note: Note = Depends(OwnerRequired())):
    return note
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_checks_is_believed(sample: Callable[[dict[str, str]], Sample], name: str) -> None:
    assert leaks(sample(fastapi(MARKED.sub(r"\1", PROGRAMS[name])))) == []


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_only_stands_there_is_seen_through(sample: Callable[[dict[str, str]], Sample], name: str) -> None:
    assert leaks(sample(fastapi(MARKED.sub(r"\2", PROGRAMS[name]))))
