"""What is kept of SQL scripts."""

from __future__ import annotations

from statelint.extract.facts import Const
from statelint.extract.scripts import read_script


def kept(text: str) -> list[tuple[str, str, int]]:
    facts = read_script("db/schema.sql", text.encode())
    assert facts.failure is None
    texts = []
    for binding in facts.bindings:
        held = facts.terms[binding.value]
        assert isinstance(held, Const)
        texts.append((binding.name, str(held.value), binding.position.line))
    return texts


def test_declarations_are_kept_and_data_is_not():
    text = "-- all; notes\nCREATE TABLE notes (id int, text text DEFAULT 'a;b');\nINSERT INTO notes VALUES (1, ';');\n"
    assert kept(text) == [("", "CREATE TABLE notes (id int, text text DEFAULT 'a;b')", 2)]


def test_functions_between_dollars_are_one_statement():
    text = "CREATE FUNCTION f() AS $$ BEGIN; CREATE TABLE x (); END; $$;\nALTER TABLE notes ADD COLUMN user_id int;"
    assert kept(text) == [("", "ALTER TABLE notes ADD COLUMN user_id int", 2)]


def test_statements_have_the_names_of_their_comments():
    text = (
        "-- name: get-note^\n-- One.\nSELECT * FROM notes WHERE id = :id;\n\n-- name: drop_note!\nDELETE FROM notes;\n"
    )
    assert kept(text) == [("get_note", "SELECT * FROM notes WHERE id = :id", 3), ("drop_note", "DELETE FROM notes", 6)]


def test_a_script_of_one_statement_is_that_statement():
    assert kept("SELECT 1\n") == [("<script>", "SELECT 1", 1)]


def test_anything_else_says_nothing():
    assert kept("") == kept("-- nothing\n") == kept("SELECT 1; SELECT 2;") == []


def test_bytes_that_are_no_text_do_not_matter():
    facts = read_script("dump.sql", b"\xff\xfe; CREATE TABLE notes (id int);")
    assert len(facts.bindings) == 1
