"""What SQL text a term stands for, and what the text asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from statelint.analysis.stores.sqlcalls import marked
from statelint.analysis.stores.sqlparse import parse
from statelint.analysis.stores.sqlscreen import looks_like_sql

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Sample

    Make = Callable[[str], Sample]
    MakeFiles = Callable[[dict[str, str]], Sample]


def statements(sample: Sample, name: str = "run", path: str = "") -> list[tuple[str, str, tuple[str, ...]]]:
    """Return verb, first table and the columns compared of every statement that a function runs."""
    calls = sample.project.sql.of(sample.function(name, path))
    return [
        (call.statement.verb, call.statement.tables[0], tuple(one.column for one in call.statement.predicates))
        for call in calls
    ]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "  select a from b",
        "-- why\nDELETE FROM x",
        "WITH x AS (SELECT 1) SELECT 2",
        "INSERT OR REPLACE INTO t VALUES (1)",
    ],
)
def test_statements_pass_the_screen(text: str) -> None:
    assert looks_like_sql(text)


@pytest.mark.parametrize("text", ["Selected items", "please update your profile", "delete the file", "", "created"])
def test_prose_does_not_pass_the_screen(text: str) -> None:
    assert not looks_like_sql(text)


@pytest.mark.parametrize(
    "lines",
    [
        'db.execute("SELECT * FROM notes WHERE id = ? AND user_id = ?", (a, b))',
        'db.execute("SELECT * FROM notes WHERE id = %s AND user_id = %s", [a, b])',
        'db.execute("SELECT * FROM notes WHERE id = %(id)s AND user_id = %(me)s", {"id": a, "me": b})',
        'db.execute(text("SELECT * FROM notes WHERE id = :id AND user_id = :me"), {"id": a, "me": b})',
        'db.execute(text("SELECT * FROM notes WHERE id = :id AND user_id = :me").bindparams(id=a, me=b))',
        'db.fetchrow("SELECT * FROM notes WHERE id = $1 AND user_id = $2", a, b)',
        "db.execute(f\"SELECT * FROM notes WHERE id = {a} AND user_id = '{b}'\")",
        "db.execute(\"SELECT * FROM notes WHERE id = %s AND user_id = '%s'\" % (a, b))",
        'db.execute("SELECT * FROM notes WHERE id = {} AND user_id = {me}".format(a, me=b))',
        'db.execute("SELECT * FROM notes " + "WHERE id = ? " + "AND user_id = ?", (a, b))',
        'db.execute(sql.SQL("SELECT * FROM {} WHERE id = %s AND user_id = %s").format(sql.SQL("notes")), (a, b))',
        (
            'sql = "SELECT * FROM notes WHERE "\n    sql += " AND ".join(["id = ?", "user_id = ?"])'
            "\n    db.execute(sql, (a, b))"
        ),
        (
            'self.run_sql(query="""\n      SELECT *\n      FROM notes -- all of it\n      WHERE id = ?\n'
            '        AND user_id = ?\n    """, params=(a, b))'
        ),
        'db.execute(\'SELECT * FROM "notes" AS n WHERE n."id" = ? AND n."user_id" = ?\', (a, b))',
        "db.execute('SELECT * FROM `notes` WHERE `id` = ? AND `user_id` = ?', (a, b))",
    ],
)
def test_every_spelling_reads_alike(code: Make, lines: str) -> None:
    sample = code(f"def run(self, db, a, b):\n    {lines}\n")
    assert statements(sample) == [("read", "notes", ("id", "user_id"))]


@pytest.mark.parametrize(
    "lines",
    [
        'db.execute("DELETE FROM notes WHERE id = ?", (a,))',
        'db.execute("DELETE FROM notes WHERE id = :id", {"id": a})',
        'db.execute("DELETE FROM notes WHERE id = :id", dict(id=a))',
        'db.execute("DELETE FROM notes WHERE id = $1", a)',
        'db.execute(f"DELETE FROM notes WHERE id = {a}")',
        'p = []\n    p.append(a)\n    db.execute("DELETE FROM notes WHERE id = %s", tuple(p))',
        'p = {}\n    p["id"] = a\n    db.execute("DELETE FROM notes WHERE id = %(id)s", p)',
    ],
)
def test_values_are_bound_to_their_predicates(code: Make, lines: str) -> None:
    sample = code(f"def run(db, a):\n    {lines}\n")
    (call,) = sample.project.sql.of(sample.function("run"))
    (predicate,) = call.statement.predicates
    module = call.function.module
    value = module.terms[call.values[predicate.marks[0]]]
    assert getattr(value, "index", None) == 1


def test_constants_of_other_modules_and_classes_are_read(sample: Callable[[dict[str, str]], Sample]) -> None:
    made = sample(
        {
            "queries.py": 'BY_ID = "SELECT * FROM notes WHERE id = ?"\n',
            "main.py": """
            import queries
            from queries import BY_ID

            class Repo:
                DELETE = "DELETE FROM notes WHERE id = ?"

                def run(self, db, a):
                    db.execute(BY_ID, (a,))
                    db.execute(queries.BY_ID, (a,))
                    db.execute(self.DELETE, (a,))
            """,
        }
    )
    read = ("read", "notes", ("id",))
    assert statements(made, "Repo.run") == [read, read, ("delete", "notes", ("id",))]


def test_what_a_branch_adds_is_optional(code: Make) -> None:
    sample = code(
        """
        def run(db, a, b):
            query = "SELECT * FROM notes WHERE id = ?"
            params = [a]
            if b:
                query += " AND user_id = ?"
                params.append(b)
            db.execute(query, params)
        """
    )
    (call,) = sample.project.sql.of(sample.function("run"))
    optional = [predicate.column for predicate in call.statement.predicates if predicate.marks[0] in call.optional]
    assert optional == ["user_id"]


@pytest.mark.parametrize(
    "lines",
    [
        'db.execute(f"SELECT * FROM notes WHERE {where}")',
        'db.execute(f"SELECT * FROM notes {where}")',
        'db.page("SELECT * FROM notes", where=where)',
    ],
)
def test_unseen_predicates_leave_a_statement_open(code: Make, lines: str) -> None:
    sample = code(f"def run(db, where):\n    {lines}\n")
    assert [call.statement.is_open for call in sample.project.sql.of(sample.function("run"))] == [True]


def test_texts_that_are_not_run_are_no_statements(code: Make) -> None:
    sample = code('def run(log):\n    log.info("SELECT * FROM notes")\n    print("DELETE FROM notes")\n')
    assert statements(sample) == []


def test_an_upsert_names_its_key() -> None:
    text = "INSERT INTO notes (id, body) VALUES (:id, :body) ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body"
    (statement,) = parse(marked_text(text))
    assert (statement.verb, [one.column for one in statement.predicates]) == ("upsert", ["id"])
    (plain,) = parse(marked_text("INSERT INTO notes (id) VALUES (?) ON CONFLICT DO NOTHING"))
    assert plain.verb == "insert"


def test_a_table_declares_columns_and_references() -> None:
    text = """CREATE TABLE IF NOT EXISTS n (
      id INTEGER PRIMARY KEY AUTOINCREMENT, a INT REFERENCES x(id), b INT, FOREIGN KEY (b) REFERENCES y (id)
    )"""
    (statement,) = parse(text)
    assert set(statement.columns) == {"id", "a", "b"}
    assert statement.references == {"a": "x", "b": "y"}


def test_joins_and_subqueries_count_with_their_own_tables() -> None:
    text = """SELECT * FROM steps s JOIN threads t ON s.thread_id = t.id
      WHERE t.user_id = ? AND s.id IN (SELECT step_id FROM links WHERE key = ?)"""
    (statement,) = parse(marked_text(text))
    assert {(one.table, one.column) for one in statement.predicates} == {("threads", "user_id"), ("links", "key")}
    assert statement.tables[0] == "steps"


@pytest.mark.parametrize(
    "text", ["SELECT FROM WHERE", "SELECT (((", "UPDATE x SET", "WITH a AS", "SELECT '", "DELETE FROM x WHERE id = = ?"]
)
def test_nonsense_raises_nothing(text: str) -> None:
    assert isinstance(parse(marked_text(text)), tuple)


def marked_text(text: str) -> str:
    """Return the text with marks in place of placeholders."""
    from statelint.analysis.stores.sqltext import Piece, Text

    return marked(Text((Piece(text),)))[0]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM notes WHERE = :id",
        "UPDATE notes SET body =",
        "UPDATE notes SET = 1 WHERE id IN",
        "DELETE FROM WHERE id =",
        "UPDATE t SET a = -",
    ],
)
def test_broken_statements_are_left_out_or_read_in_part(text: str) -> None:
    assert all(statement.verb for statement in parse(text))
