from __future__ import annotations

import ast
from textwrap import indent

import pytest
from hypothesis import given
from hypothesis import strategies as st
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
    assert add_ignores(latin.encode("latin-1"), found, [], "é").data.count(b"\xe9") == 2
    with pytest.raises(UnicodeEncodeError):
        add_ignores(latin.encode("latin-1"), found, [], "漢")


PIECES = (
    "STORE = 1",
    "query(1)",
    "x = 1",
    "x = [\n1, STORE]",
    "'''\n# statelint: ignore[SL9]\n'''",
    "f(\n    query\n)",
)
JOINTS = ("\n", "\n\n", "; ", "; \\\n", "  # why\n", "\n# statelint: ignore[SL301] old\n")
HEADS = ("", "if x:\n", "@query\ndef f():\n", "class A:\n")


@st.composite
def programs(draw: st.DrawFn) -> str:
    text = ""
    for _ in range(draw(st.integers(1, 3))):
        head = draw(st.sampled_from(HEADS))
        body = draw(st.sampled_from(PIECES))
        for _ in range(draw(st.integers(0, 3))):
            body += draw(st.sampled_from(JOINTS)) + draw(st.sampled_from(PIECES))
        text += head + (indent(body, "    ") if head else body) + "\n"
    return text


@given(programs(), st.sampled_from(["\n", "\r\n", "\r"]))
def test_comments_silence_what_they_are_for_and_change_nothing_else(text: str, ending: str) -> None:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    project = FakeProject({"a.py": text})
    result = lint(project, RULES, Settings(), lines=project.lines)  # type: ignore[arg-type]
    added = add_ignores(text.replace("\n", ending).encode(), result.findings, statements(tree), "why")
    data = added.data.decode()
    assert ast.dump(ast.parse(data)) == ast.dump(tree)
    before, after = text.split("\n"), data.split(ending)
    kept = [line for line in after if "statelint: ignore" not in line]
    assert kept == [line for line in before if "statelint: ignore" not in line]
    again = FakeProject({"a.py": data.replace(ending, "\n")})
    silenced = lint(again, RULES, Settings(), lines=again.lines)  # type: ignore[arg-type]
    assert len(silenced.suppressed) == added.findings + len(result.suppressed)
    assert len(silenced.findings) == len(result.findings) - added.findings
    assert not silenced.findings or "; \\\n" in text or "'''; " in text
