"""Row-level security: tables with a policy are kept apart where requests tell the database who is calling.

``«right|wrong»`` marks what tells it, and what stands in its place in the broken twin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .test_excuses import MARKED, fastapi, leaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample

    Make = Callable[[dict[str, str]], Sample]

SCRIPT = """
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.notes USING (user_id = current_setting('app.user_id')::int);
"""
MIGRATION = """
from alembic import op

TABLES = ["notes", "tags"]


def upgrade():
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own ON {table} USING (user_id = current_setting('app.user_id')::int)")
"""
BY_COLUMN = """
from alembic import op

OWNERS = {"notes": "user_id", "tags": "owner_id"}


def upgrade():
    for table, column in OWNERS.items():
        op.execute(f"CREATE POLICY own ON {table} USING ({column}::text = current_setting('app.user_id', true))")
"""
GET = """

@router.get("/notes/{note_id}")
def read(note_id: int, session: Session = Depends(bound), user: User = Depends(get_current_user)):
    return session.scalars(select(Note).where(Note.id == note_id)).one()
"""
TELLS = {
    "dependency": """
def bound(session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    «session.execute(text("SELECT set_config('app.user_id', :me, true)"), {"me": str(user.id)})
    »yield session
""",
    "set-local": """
def bound(session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    «session.execute(text(f"SET LOCAL app.user_id = '{user.id}'"))
    »return session
""",
    "key-as-parameter": """
def bound(session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    «session.execute("SELECT set_config(%s, %s, true)", ("app.user_id", user.id))
    »return session
""",
    "session-event": """
from sqlalchemy import func


def bound(session: Session = Depends(get_session)):
    return session


@event.listens_for(Session, "after_begin")
def tell(session, transaction, connection):
    «connection.execute(select(func.set_config("app.user_id", session.info["user_id"], True)))|print(session)»
""",
    "another-setting": """
def bound(session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    session.execute(text("SET LOCAL «app.user_id|statement_timeout» = 5"))
    return session
""",
    "postgresql-only": """
def bound(session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    if «user|session.bind.dialect.name == "postgresql"»:
        session.execute(text("SELECT set_config('app.user_id', :me, true)"), {"me": str(user.id)})
    yield session
""",
    "an-update-sets-columns": """
def bound(session: Session = Depends(get_session), user: User = Depends(get_current_user)):
    session.execute(text("«|UPDATE notes »SET app.user_id = 5"))
    return session
""",
}
DECLARED = {
    "migrations/versions/1_rls.py": MIGRATION,
    "migrations/versions/2_rls.py": BY_COLUMN,
    "db/schema.sql": SCRIPT,
}


def hidden(code: Sample) -> list[int]:
    """Return how certain the leaks are of which a user sees nothing by default."""
    return [leak.certainty for leak in code.project.isolation.leaks]


@pytest.mark.parametrize("name", TELLS)
def test_a_table_with_a_policy_is_kept_apart(sample: Make, name: str) -> None:
    files = fastapi(MARKED.sub(r"\1", TELLS[name]) + GET)
    assert hidden(sample(files | {"migrations/versions/1_rls.py": MIGRATION})) == []


@pytest.mark.parametrize("name", TELLS)
def test_a_policy_is_nothing_where_nobody_tells_who_is_calling(sample: Make, name: str) -> None:
    files = fastapi(MARKED.sub(r"\2", TELLS[name]) + GET)
    assert "Note read" in leaks(sample(files | {"migrations/versions/1_rls.py": MIGRATION}))


@pytest.mark.parametrize("path", DECLARED)
def test_where_policies_are_declared(sample: Make, path: str) -> None:
    files = fastapi(MARKED.sub(r"\1", TELLS["dependency"]) + GET)
    assert hidden(sample(files | {path: DECLARED[path]})) == []


@pytest.mark.parametrize(
    "policy", ["", MIGRATION.replace("app.user_id", "app.plan"), MIGRATION.replace("notes", "logs")]
)
def test_a_policy_that_is_not_seen_leaves_a_hint(sample: Make, policy: str) -> None:
    files = fastapi(MARKED.sub(r"\1", TELLS["dependency"]) + GET)
    assert hidden(sample(files | {"migrations/versions/1_rls.py": policy})) == [0]
