"""What fixers add to a call, a literal, a function or a chain is there, and nothing else has changed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statelint.lint.fixers import SourceFile, apply_edits
from statelint.source.text import decode, encode_like

NEWLINES = st.sampled_from(["\n", "\r\n", "\r"])
COMMENTS = st.sampled_from(["", "  # why", "  # a, b)", "\t#é ("])
ATOMS = st.sampled_from(
    [
        "a",
        "(a)",
        "((a),)",
        '"é, ("',
        "'''x\n; no comment'''",
        "lambda x, y=1: x",
        "[i for i in (1, 2)]",
        "{**k}",
        'f"{a!r:>{b}}, {c["d"]}"',
        "a if b else c",
        "not a",
        "(yield)",
        "é.ü",
        "*rest",
        "name=1",
        "name=(1)",
        "**more",
    ]
)


@st.composite
def brackets(draw: st.DrawFn) -> str:
    """Return a call in any layout: on a line, on several, with commas and comments in all places."""
    order = draw(st.lists(ATOMS, max_size=4))
    items = sorted(dict.fromkeys(order), key=lambda each: ("name=" in each, each == "**more"))
    if sum(each.startswith("name=") for each in items) > 1:
        items.remove("name=1")
    indent = draw(st.sampled_from(["    ", "\t", "        "]))
    parts = ["f("]
    for number, item in enumerate(items):
        apart = draw(st.booleans())
        parts.append(f"{draw(COMMENTS)}\n{indent}" if apart else " " * (number > 0))
        last = number == len(items) - 1
        parts.append(item + ("," if not last or draw(st.booleans()) else ""))
    if draw(st.booleans()):
        parts.append(f"{draw(COMMENTS)}\n{draw(st.sampled_from(['', indent]))}")
    return "".join([*parts, ")"])


@st.composite
def files(draw: st.DrawFn) -> str:
    """Return a file around such a call."""
    call = draw(brackets())
    text = draw(
        st.sampled_from(
            [
                'é = "ü"; CALL; x = 1  # end\n',
                "def g():\n    return CALL  # end",
                "async def g():\n\tx = await (CALL)\n",
                "if 1: CALL\nelse: pass\n",
                "\fx = [CALL, 2]\n",
                "x = \\\n    CALL\n",
                "@CALL\ndef g(): ...\n",
            ]
        )
    )
    return text.replace("CALL", call)


def parsed(text: str) -> SourceFile | None:
    try:
        return SourceFile("app.py", text)
    except (SyntaxError, ValueError):
        return None


def calls(source: SourceFile) -> list[ast.Call]:
    return [each for each in ast.walk(source.tree) if isinstance(each, ast.Call) and source.code(each.func) == "f"]


@settings(deadline=None, max_examples=300)
@given(text=files(), newline=NEWLINES)
def test_an_argument_is_added_in_any_layout(text: str, newline: str) -> None:
    source = parsed(text.replace("\n", newline))
    if source is None:
        return
    (call,) = calls(source)
    after = parsed(apply_edits(source.text, [source.append(call, "one=1", "two=2")], source))
    assert after is not None
    (changed,) = calls(after)
    assert [each.arg for each in changed.keywords[-2:]] == ["one", "two"]
    del changed.keywords[-2:]
    assert ast.dump(after.tree) == ast.dump(source.tree)
    assert after.comments == source.comments
    assert not re.search(r"[\r\n]", after.text.replace(newline, ""))
    start, end = source.span(call)
    assert after.text.startswith(source.text[:start])
    assert after.text.endswith(source.text[end:])
    kept_comments_beside_their_code(source, after)


def kept_comments_beside_their_code(source: SourceFile, after: SourceFile) -> None:
    """A comment within the call stands behind the code that it stood behind, or behind what was added to it."""
    within = source.text.count("#", 0, source.span(calls(source)[0])[1])
    for before, now in zip(commented(source)[:within], commented(after)[:within], strict=True):
        code = now[0].replace(", one=1, two=2", "").replace("one=1, two=2", "").rstrip(",")
        assert (code, now[1]) == (before[0].rstrip(","), before[1])


def commented(source: SourceFile) -> list[tuple[str, str]]:
    """Return what stands before each comment on its line, with the comment."""
    found, left = [], source.layout.comments
    for line in source.lines:
        if left and line.endswith(left[0]):
            comment = left.pop(0)
            found.append((line.removesuffix(comment).strip(), comment))
    return found


@pytest.mark.parametrize(
    "path", sorted(Path(ast.__file__).parent.glob("[a-d]*.py")), ids=lambda path: path.name.removesuffix(".py")
)
def test_whatever_the_standard_library_calls_can_be_given_more(path: Path) -> None:
    data = path.read_bytes()
    source = SourceFile(path.name, decode(data))
    found = [each for each in source.nodes() if isinstance(each, ast.Call)]
    # A generator alone in its call needs parentheses of its own before anything can be added.
    found = [each for each in found if not (len(each.args) == 1 and isinstance(each.args[0], ast.GeneratorExp))]
    edits = [source.append(each, "one=1") for each in found]
    after = SourceFile(path.name, decode(encode_like(apply_edits(source.text, edits, source), data)))
    assert after.comments == source.comments
    changed = [each for each in ast.walk(after.tree) if isinstance(each, ast.Call)]
    changed = [each for each in changed if each.keywords and each.keywords[-1].arg == "one"]
    assert len(changed) == len(found)
    for each in changed:
        each.keywords.pop()
    assert ast.dump(after.tree) == ast.dump(source.tree)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(): ...", "def f(x=1, y=2): ..."),
        ("def f(a, /): ...", "def f(a, /, x=1, y=2): ..."),
        ("async def f(*, a=(1)) -> g(1): ...", "async def f(*, a=(1), x=1, y=2) -> g(1): ..."),
        ("def f(*a, **k): ...", "def f(*a, x=1, y=2, **k): ..."),
        (
            "@g(1)\ndef f(\n    a,  # one\n    b\n): ...",
            "@g(1)\ndef f(\n    a,  # one\n    b,\n    x=1,\n    y=2\n): ...",
        ),
        ("def f(\n\ta,\n\t**k,\n): ...", "def f(\n\ta,\n\tx=1,\n\ty=2,\n\t**k,\n): ..."),
    ],
)
def test_parameters_are_added_where_they_are_allowed(before: str, after: str) -> None:
    source = SourceFile("app.py", before)
    function = source.tree.body[0]
    assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
    assert apply_edits(before, [source.add_parameters(function, "x=1", "y=2")], source) == after
    ast.parse(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import a", "from b import c\nimport a"),
        ('"""Doc"""  # what\nx = 1', '"""Doc"""  # what\n\nfrom b import c\nx = 1'),
        ('"""Doc"""; import a', '"""Doc"""; from b import c; import a'),
        ("from __future__ import d", "from __future__ import d\n\nfrom b import c"),
        ("@g\ndef f(): ...", "from b import c\n\n@g\ndef f(): ..."),
        ("from b import d  # why", "from b import d, c  # why"),
        ("from b import (\n    d,  # why\n)", "from b import (\n    d,  # why\n    c,\n)"),
    ],
)
def test_imports_stand_where_imports_are(before: str, after: str) -> None:
    source = SourceFile("app.py", before)
    found = source.use("b.c")
    assert found is not None
    assert (found[0], apply_edits(before, found[1], source)) == (["c"], after)
