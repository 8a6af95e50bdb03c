from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statelint.extract.facts import Position
from statelint.source.suppressions import find_suppressions, statement_at, statements

CODES = st.from_regex(r"[A-Z]{2}[0-9]{0,3}|[a-z]{2,8}(-[a-z0-9]{1,6}){0,2}", fullmatch=True)
REASONS = st.from_regex(r"([a-z][a-z ,.#0-9]{0,30}[a-z0-9])?", fullmatch=True).filter(lambda text: " #" not in text)


def test_a_comment_after_code() -> None:
    (found,) = find_suppressions("x = {}  # statelint: ignore[SL101] kept for one user\n")
    assert found.position == Position(1, 9, 1, 53)
    assert (found.codes, found.reason) == (("SL101",), "kept for one user")
    assert (found.whole_file, found.own_line, found.noqa, found.problem) == (False, False, False, "")


def test_a_comment_alone_and_one_for_the_file() -> None:
    first, second = find_suppressions(
        "# statelint: ignore-file[SL1]\n\n    # statelint: ignore[SL101, process-state] x\n"
    )
    assert (first.whole_file, first.own_line, first.codes, first.reason) == (True, True, ("SL1",), "")
    assert (second.whole_file, second.own_line, second.codes) == (False, True, ("SL101", "process-state"))
    assert second.position.line == 3
    assert second.position.column == 5


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("# noqa", ()),
        ("#noqa", ()),
        ("# NOQA", ()),
        ("# noqa: SL101", ("SL101",)),
        ("# noqa:SL101,SL201", ("SL101", "SL201")),
        ("# noqa: E501, SL301", ("SL301",)),
        ("# noqa: E501 SL301", ("SL301",)),
        ("# noqa : sl101", ("SL101",)),
        ("# type: ignore  # noqa: SL101", ("SL101",)),
    ],
)
def test_noqa(comment: str, codes: tuple[str, ...]) -> None:
    (found,) = find_suppressions(f"x = 1  {comment}\n")
    assert (found.noqa, found.codes, found.problem) == (True, codes, "")


@pytest.mark.parametrize(
    "text",
    [
        "x = 1  # noqa: E501\n",
        "x = 1  # noqa: something\n",
        "x = 1  # noqable\n",
        "# flake8: noqa\n",
        "# checked with statelint: see the guide\n",
        "x = '# statelint: ignore[SL101]'\n",
        '"""\n# statelint: ignore[SL101]\n"""\n',
        "# statelint is fine\n",
        "",
    ],
)
def test_what_is_no_suppression(text: str) -> None:
    assert find_suppressions(text) == ()


@pytest.mark.parametrize(
    ("directive", "words"),
    [
        ("ignore", "in brackets, as in ignore[SL101]"),
        ("ignore SL101", "in brackets"),
        ("ignore=SL101", "in brackets"),
        ("ignore-file", "in brackets, as in ignore-file[SL101]"),
        ("ignore[]", "empty"),
        ("ignore[ , ]", "empty"),
        ("ignore[SL101", "closing bracket"),
        ("ignore[SL101,,SL201]", "comma too many"),
        ("ignore[SL101; SL201]", "'SL101; SL201' is no rule"),
        ("ignroe[SL101]", "did you mean 'ignore'?"),
        ("ignore-flie[SL101]", "did you mean 'ignore-file'?"),
        ("disable[SL101]", "unknown directive 'disable': write"),
        ("", "missing"),
    ],
)
def test_malformed_comments_say_what_is_wrong(directive: str, words: str) -> None:
    (found,) = find_suppressions(f"x = 1  # statelint: {directive}\n")
    assert words in found.problem


def test_several_in_one_comment() -> None:
    first, second = find_suppressions("x = 1  # statelint: ignore[SL101] see #12 # noqa: SL201 why  # other\n")
    assert (first.codes, first.reason) == (("SL101",), "see #12")
    assert (second.codes, second.reason) == (("SL201",), "why")
    assert first.position.end_column < second.position.column


@pytest.mark.parametrize("reason", [": why", "- why", "-- why", "— why", "why", " why"])
def test_reasons_may_be_set_off(reason: str) -> None:
    (found,) = find_suppressions(f"x = 1  # statelint: ignore[SL101]{reason}")
    assert found.reason == "why"


def test_broken_files_keep_their_suppressions() -> None:
    text = "# statelint: ignore-file[SL003]\ndef f(:\n  x = 'open\n y = 1  # statelint: ignore[SL101]\n"
    assert [found.codes for found in find_suppressions(text)] == [("SL003",), ("SL101",)]


@given(
    codes=st.lists(CODES, min_size=1, max_size=4), reason=REASONS, whole=st.booleans(), before=st.text("ab \n\r\t'é")
)
def test_what_is_written_is_read(codes: list[str], reason: str, whole: bool, before: str) -> None:
    word = "ignore-file" if whole else "ignore"
    comment = f"# statelint: {word}[{', '.join(codes)}] {reason}"
    text = f"{before}\nx = 1  {comment}\n"
    found = find_suppressions(text)[-1]
    assert (found.codes, found.reason, found.whole_file, found.problem) == (tuple(codes), reason, whole, "")
    line = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[found.position.line - 1]
    assert line[found.position.column - 1 : found.position.end_column - 1] == comment.rstrip()


@given(
    st.lists(
        st.sampled_from(
            ["# ", "statelint:", " ignore", "-file", "[", "SL1", ",", "]", "noqa", ":", "'", '"""', "\n", "\\", "é"]
        )
    )
)
def test_nothing_makes_the_parser_fail(parts: list[str]) -> None:
    text = "".join(parts)
    for found in find_suppressions(text):
        assert found.problem or found.codes or found.noqa
        assert text.split("\n")[found.position.line - 1][found.position.column - 1] == "#"


# --- statements -----------------------------------------------------------------------------------------------------


def lines_of(text: str) -> dict[int, int]:
    spans = statements(ast.parse(text))
    at = {line: statement_at(line, spans)[0] for line in range(1, text.count("\n") + 2)}
    return {line: first for line, first in at.items() if line != first}


def test_the_lines_of_a_simple_statement() -> None:
    assert lines_of("a = 1\nx = f(\n    1,\n)\ny = 2\n") == {3: 2, 4: 2}


def test_a_header_ends_before_its_body() -> None:
    text = "def f(\n    a,\n    b,\n) -> None:\n    x = 1\n    if (\n        a\n    ):\n        y = 2\n"
    assert lines_of(text) == {2: 1, 3: 1, 4: 1, 7: 6, 8: 6}


def test_decorators_belong_to_the_header() -> None:
    text = "@a\n@b(\n    1\n)\nasync def f():\n    pass\n\n@c\nclass K:\n    @d\n    def m(self): pass\n"
    assert lines_of(text) == {2: 1, 3: 1, 4: 1, 5: 1, 9: 8, 11: 10}


def test_headers_of_every_kind() -> None:
    text = """\
with (
    a as b
):
    for x in (
        1,
    ):
        while (
            x
        ):
            try:
                pass
            except (
                E
            ):
                y = (
                    1
                )
            else:
                z = 1
match (
    x
):
    case [
        1
    ]:
        w = 1
"""
    further = {2: 1, 3: 1, 5: 4, 6: 4, 8: 7, 9: 7, 13: 12, 14: 12, 16: 15, 17: 15, 21: 20, 22: 20, 24: 23, 25: 23}
    assert lines_of(text) == further


def test_docstrings_are_left_out() -> None:
    assert lines_of('"""a\nb\n"""\nx = """a\nb"""\n') == {5: 4}


def test_a_long_chain_of_branches_does_not_recurse() -> None:
    text = "if a:\n    x = 1\n" + "elif b:\n    x = 2\n" * 200
    assert lines_of(text) == {}
