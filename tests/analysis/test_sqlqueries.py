"""SQL statements are judged like the ORMs' queries, on tables that no class declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Sample

    Make = Callable[[dict[str, str]], Sample]

SCHEMA = '''
SCHEMA = """
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, password_hash TEXT);
CREATE TABLE threads (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users(id));
CREATE TABLE messages (id INTEGER PRIMARY KEY, thread_id INTEGER REFERENCES threads (id), body TEXT);
CREATE TABLE countries (code TEXT PRIMARY KEY);
"""
'''
ROUTE = """
from flask import Flask, abort, jsonify, session
import db

app = Flask(__name__)


@app.route("/x/<int:key>", methods=["POST"])
def run(key):
    me = session["user_id"]
    cursor = db.connect().cursor()
{lines}
"""


def proofs(make: Make, *lines: str) -> list[str | None]:
    """Return the proof of each query in a route with these lines."""
    body = "\n".join(f"    {line}" for line in lines)
    sample = make({"schema.py": SCHEMA, "main.py": ROUTE.format(lines=body)})
    return [verdict.proof and str(verdict.proof) for verdict in sample.project.isolation.verdicts]


@pytest.mark.parametrize(
    "lines",
    [
        ["cursor.execute('DELETE FROM threads WHERE id = ?', (key,))"],
        ["cursor.execute(f'UPDATE threads SET title = 1 WHERE id = {key}')"],
        ["cursor.execute('SELECT * FROM messages WHERE thread_id = ?', (key,))", "return jsonify(cursor.fetchall())"],
        ["return jsonify(db.fetch_all('SELECT * FROM messages WHERE thread_id = :t', {'t': key}))"],
        ["cursor.execute('INSERT INTO threads (id, a) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET a = 1', (key,))"],
        ["cursor.execute('INSERT OR REPLACE INTO threads (id, title) VALUES (?, 1)', (key,))"],
    ],
)
def test_a_statement_by_id_alone_is_unproven(sample: Make, lines: list[str]) -> None:
    assert proofs(sample, *lines) == [None]


@pytest.mark.parametrize(
    ("lines", "proof"),
    [
        (["cursor.execute('DELETE FROM threads WHERE id = ? AND user_id = ?', (key, me))"], "predicate"),
        (["cursor.execute(f'DELETE FROM threads WHERE id = {key} AND user_id = {me}')"], "predicate"),
        (
            ["db.run('DELETE FROM messages WHERE thread_id IN (SELECT id FROM threads WHERE user_id = ?)', [me])"],
            "predicate",
        ),
        (
            [
                "q = 'SELECT m.* FROM messages m JOIN threads t ON t.id = m.thread_id '",
                "r = db.run(q + 'WHERE m.id = ? AND t.user_id = ?', (key, me))",
                "return r",
            ],
            "predicate",
        ),
        (["cursor.execute('SELECT * FROM countries WHERE code = ?', (key,))", "return cursor.fetchone()"], "not-owned"),
        (
            [
                "cursor.execute('SELECT id FROM threads WHERE id = ?', (key,))",
                "if not cursor.fetchone():",
                "    abort(404)",
            ],
            "no-escape",
        ),
        (
            [
                "cursor.execute('SELECT * FROM threads WHERE id = ?', (key,))",
                "row = cursor.fetchone()",
                "if row['user_id'] != me:",
                "    abort(403)",
                "return row",
            ],
            "checked",
        ),
    ],
)
def test_what_ties_a_statement_to_the_caller_proves_it(sample: Make, lines: list[str], proof: str) -> None:
    assert proofs(sample, *lines) == [proof]


def test_a_child_of_a_checked_parent_is_proven(sample: Make) -> None:
    lines = [
        "cursor.execute('SELECT * FROM threads WHERE id = ? AND user_id = ?', (key, me))",
        "if not cursor.fetchone():",
        "    abort(404)",
        "cursor.execute('DELETE FROM messages WHERE thread_id = ?', (key,))",
    ]
    assert proofs(sample, *lines) == ["predicate", "parent"]


def test_an_update_that_nobody_looks_at_proves_no_child(sample: Make) -> None:
    lines = [
        "cursor.execute('UPDATE threads SET title = 1 WHERE id = ? AND user_id = ?', (key, me))",
        "cursor.execute('DELETE FROM messages WHERE thread_id = ?', (key,))",
    ]
    assert proofs(sample, *lines) == ["predicate", None]


@pytest.mark.parametrize(
    "lines",
    [
        ["cursor.execute('SELECT user_id FROM threads WHERE id = ?', (key,))", "return cursor.fetchone()"],
        ["return db.run('SELECT * FROM threads WHERE id = ? AND is_public = 1', (key,))"],
        ["cursor.execute('INSERT INTO threads (user_id, title) VALUES (?, 1)', (me,))"],
        ["where = db.conditions(me)", "return db.run(f'SELECT * FROM threads WHERE {where}')"],
    ],
)
def test_owner_lookups_public_rows_insertions_and_unseen_predicates_are_no_matter(
    sample: Make, lines: list[str]
) -> None:
    assert proofs(sample, *lines) == []


def test_tables_are_known_from_use(sample: Make) -> None:
    made = sample(
        {
            "main.py": """
            def save(db, owner, thread, text):
                db.execute('INSERT INTO "Thread" ("id", "userId") VALUES ($1, $2)', thread, owner)
                db.execute('INSERT INTO "Step" ("threadId", body) VALUES ($1, $2)', thread, text)
                db.execute('INSERT INTO "Country" (code) VALUES ($1)', text)
            """
        }
    )
    paths = {str(model.name): [str(path) for path in model.paths] for model in made.project.ownership.models.values()}
    assert paths == {"Thread": ["userId"], "Step": ["threadId.userId"], "Country": []}


def test_tables_are_known_from_migrations(sample: Make) -> None:
    made = sample(
        {
            "migrations/one.py": """
            import sqlalchemy as sa
            from alembic import op

            def upgrade():
                op.create_table("notes", sa.Column("who", sa.Integer(), sa.ForeignKey("users.id")))
                op.create_table("users", sa.Column("id", sa.Integer()), sa.Column("email", sa.String()))
            """
        }
    )
    notes = made.project.ownership.named("notes")
    assert notes is not None
    assert [str(path) for path in notes.paths] == ["who"]


def test_a_class_stands_for_its_table(sample: Make) -> None:
    made = sample(
        {
            "models.py": """
            from sqlalchemy import Column, ForeignKey, Integer
            from sqlalchemy.orm import declarative_base

            Base = declarative_base()

            class Note(Base):
                __tablename__ = "notes"
                id = Column(Integer, primary_key=True)
                owner_id = Column(Integer)
            """,
            "main.py": "def run(db, key):\n    db.execute('DELETE FROM notes WHERE id = ?', (key,))\n",
        }
    )
    (query,) = made.project.queries.of(made.function("run"))
    assert query.chain.model is not None
    assert query.chain.model.klass is not None


def test_a_sentence_that_begins_like_sql_is_no_statement(sample: Make) -> None:
    assert proofs(sample, "failed(key, 'update threads')") == []
