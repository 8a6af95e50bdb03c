from __future__ import annotations

import ast

import pytest
from lint.projects import FakeProject, finds_word, make_rule

from statelint.config.settings import Settings
from statelint.lint.ignores import add_ignores
from statelint.lint.runner import lint
from statelint.source.suppressions import statements

RULES = [
    make_rule("SL101", "process-state", finds_word("STORE")),
    make_rule("SL301", "unscoped-read", finds_word("query")),
]


def added(text: str, reason: str = "") -> str:
    project = FakeProject({"a.py": text})
    result = lint(project, RULES, Settings(), lines=project.lines)  # type: ignore[arg-type]
    assert result.findings
    data = add_ignores(text.encode(), result.findings, statements(ast.parse(text)), reason).data.decode()
    again = FakeProject({"a.py": data})
    assert lint(again, RULES, Settings(), lines=again.lines).findings == []  # type: ignore[arg-type]
    return data


def test_the_comment_stands_above_with_the_same_indentation() -> None:
    assert added("def f():\n    STORE = 1\n", "why") == (
        "def f():\n    # statelint: ignore[SL101] why\n    STORE = 1\n"
    )


def test_a_statement_of_many_lines_gets_it_above_its_first() -> None:
    text = 'x = f(\n    """\n    a\n    """,\n    STORE,\n    query,\n)\n'
    assert added(text) == "# statelint: ignore[SL101, SL301]\n" + text


def test_a_decorated_function_gets_it_above_the_decorator() -> None:
    assert added("@query\ndef f(): ...\n").startswith("# statelint: ignore[SL301]\n@query")


def test_a_comment_that_is_there_gets_the_missing_code() -> None:
    assert added("# statelint: ignore[SL301] old reason\nSTORE = query()\n") == (
        "# statelint: ignore[SL301, SL101] old reason\nSTORE = query()\n"
    )


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_line_endings_stay(ending: str) -> None:
    assert added(f"x = 1{ending}STORE = 1{ending}") == (
        f"x = 1{ending}# statelint: ignore[SL101]{ending}STORE = 1{ending}"
    )


def test_headers_and_last_lines_without_an_ending() -> None:
    assert added("if x:\n    pass\nelif query:\n    pass") == (
        "if x:\n    pass\n# statelint: ignore[SL301]\nelif query:\n    pass"
    )
    assert added("STORE = 1") == "# statelint: ignore[SL101]\nSTORE = 1"


def test_marks_and_encodings() -> None:
    lines = statements(ast.parse("STORE = 1"))
    project = FakeProject({"a.py": "STORE = 1"})
    found = lint(project, RULES, Settings(), lines=project.lines).findings  # type: ignore[arg-type]
    assert add_ignores(b"\xef\xbb\xbfSTORE = 1", found, lines).data == (
        b"\xef\xbb\xbf# statelint: ignore[SL101]\nSTORE = 1"
    )
    latin = "# -*- coding: latin-1 -*-\nSTORE = 'é'\n"
    project = FakeProject({"a.py": latin})
    found = lint(project, RULES, Settings(), lines=project.lines).findings  # type: ignore[arg-type]
    assert add_ignores(latin.encode("latin-1"), found, {}, "é").data.count(b"\xe9") == 2
    with pytest.raises(UnicodeEncodeError):
        add_ignores(latin.encode("latin-1"), found, {}, "漢")
