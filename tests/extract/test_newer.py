"""Syntax newer than the running Python's: read all the same, with every line where it was."""

from __future__ import annotations

import ast
import math
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from statelint.catalogue.loader import load
from statelint.config.settings import Settings
from statelint.extract import newer
from statelint.extract.extractor import extract
from statelint.extract.nesting import tractable
from statelint.lint.packs import load_rules
from statelint.run.pipeline import CheckRequest, check

CATALOGUE = load()
OLD = SyntaxError("what ast said")


def reread(text: str) -> str:
    """Return what ``text`` means in older syntax."""
    tree, older = newer.parse(dedent(text), OLD, math.inf)
    assert older.count("\n") == dedent(text).count("\n")
    return ast.unparse(tree)


def plain(tree: ast.AST) -> None:
    """Take conversions and format specifications, which no analysis reads, out of the f-strings of ``tree``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue):
            node.format_spec, node.conversion = None, -1


@pytest.mark.parametrize(
    ("text", "older"),
    [
        ("class Box[T: int = bool, *Ts, **P](Base): pass", "class Box(Base): pass"),
        ("class Box[T]: pass", "class Box: pass"),
        ("def f[\n    T,  # the item\n](x: T) -> T:\n    return x", "def f(x: T) -> T:\n    return x"),
        ("async def f[T](x): await x", "async def f(x): await x"),
        ("type X = list[int]", "X = list[int]"),
        ("type X[T] = list[T]", "X = list[T]"),
        ("type \\\n  Longer = int", "Longer = int"),
        ("if a:\n    b = 1; type X = int; c = 2", "if a:\n    b = 1; X = int; c = 2"),
        ("type = 1\ntype X = type", "type = 1\nX = type"),
        ("try: f()\nexcept A, B: g()", "try: f()\nexcept (A, B): g()"),
        ("try: f()\nexcept A,\\\n B: g()", "try: f()\nexcept (A, B): g()"),
        ("try: f()\nexcept* A, b.C: g()", "try: f()\nexcept* (A, b.C): g()"),
        ("lazy import a.b as c", "import a.b as c"),
        ("lazy from a import (\n    b,\n    c,\n)", "from a import b, c"),
        (
            "x = [*a for a in b], {*a for a in b}, f(*a for a in b)",
            "x = [a for a in b], {a for a in b}, f(a for a in b)",
        ),
        ("x = {**a for a in b}", "x = {a for a in b}"),
    ],
)
def test_newer_syntax_means_what_older_syntax_means(text, older):
    assert reread(text) == ast.unparse(ast.parse(older))


@pytest.mark.parametrize(
    ("text", "older"),
    [
        ('f"a{d["k"]}b"', """f'a{d["k"]}b'"""),
        ('f"{", ".join(x)}{y}"', """f'{", ".join(x)}{y}'"""),
        ('f"{x  # the item\n}"', 'f"{x}"'),
        ('f"{\n  x\n}{[\n  y,  # {\n]}"', 'f"{x}{[y]}"'),
        ('f"{f"{f"{x}"}"}"', """f'''{f"{f'{x}'}"}'''"""),
        ('f"{d["a"]!r:>{w["b"]}}"', """f'{d["a"]}'"""),
        ('f"{{{d["a"]}}}"', """f'{{{d["a"]}}}'"""),
        ('f"{d["a"] = }"', """f'd["a"] = {d["a"]}'"""),
        ('f"{*d["a"], b}{(yield)}"', """f'{*d["a"], b}{(yield)}'"""),
        ('f"{x, y}{(z for z in "a")}"', """f'{x, y}{(z for z in "a")}'"""),
        ("""f'''a"{d['''k''']}\n  b{x}\n'''""", '''f"""a"{d['k']}\n  b{x}\n"""'''),
        (r'''rf"\d{d["a"]}\{x}"''', r"""rf'\d{d["a"]}\{x}'"""),
        (r'''f"\t\N{EM DASH}\"{d["a"]}"''', "f'\\t\u2014\"{d[\"a\"]}'"),
        ('"a" f"b{d["k"]}" r"\\c"', """'a' f'b{d["k"]}' r'\\c'"""),
        ('("a"  # first\n  f"{d["k"]}"\n  "b")', """f'a{d["k"]}b'"""),
        ('f"{d["é"]}ü{x}"', """f'{d["é"]}ü{x}'"""),
        ('f"{d["k"]}".format(f"{x}")[0]', """f'{d["k"]}'.format(f'{x}')[0]"""),
        ('t"a{x}b"', 'f"a{x}b"'),
        ('rt"a{x!r:>{w}}"', 'f"a{x}"'),
        ('1 if x else"a" f"{d["k"]}"if y else 2', """1 if x else f'a{d["k"]}' if y else 2"""),
    ],
)  # fmt: skip
def test_newer_strings_keep_their_constants_and_expressions(text, older):
    expected = ast.parse(older, mode="eval").body
    plain(expected)
    for context in ("x = {}", "def g():\n    return {}", "class A[T]: x = {}\n"):
        tree, _ = newer.parse(context.format(text.replace("\n", "\r\n") if "class" in context else text), OLD, math.inf)
        found = next(node for node in ast.walk(tree) if isinstance(node, ast.Assign | ast.Return)).value
        assert found is not None
        assert ast.dump(found) == ast.dump(expected)


LIBRARY = Path(ast.__file__).parent


@pytest.mark.parametrize("name", ["pprint.py", "asyncio/base_futures.py", "asyncio/events.py", "asyncio/streams.py"])
def test_older_syntax_is_read_as_ast_reads_it(name):
    text = (LIBRARY / name).read_text("utf-8")
    expected, (found, _) = ast.parse(text), newer.parse(text, OLD, math.inf)
    plain(expected)
    assert any(isinstance(node, ast.JoinedStr) for node in ast.walk(expected))
    assert ast.dump(found) == ast.dump(expected)
    places = [
        [(node.lineno, node.col_offset) for node in ast.walk(tree) if isinstance(node, ast.stmt)]
        for tree in (found, expected)
    ]
    assert places[0] == places[1]


def test_calls_keep_their_lines_and_columns():
    text = dedent('''\
        class Box[
            T,
        ]:
            def get[K](self, key: K): return one(key)

            def show(self):
                text = f"{two(d["é"])!r:>5} and {three(
                    "x"
                )}" + f"""
                    select {four("""a""")} from {five()}
                """; six()
                return t"{seven()}", eight()
    ''')
    tree, older = newer.parse(text, OLD, math.inf)
    lines = text.splitlines()
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {"one", "two", "three", "four", "five", "six", "seven", "eight"}
    assert {node.func.id for node in calls if isinstance(node.func, ast.Name)} == names
    for call in calls:
        assert isinstance(call.func, ast.Name)
        before = older.splitlines()[call.lineno - 1].encode()[: call.col_offset].decode()
        assert lines[call.lineno - 1][len(before) :].startswith(f"{call.func.id}(")


def test_escapes_in_expressions_and_strings_without_expressions():
    assert reread(r"""x = f"{'\n'.join(y)}" """) == reread(r"""x = f"{"\n".join(y)}" """)
    tree, _ = newer.parse(r"""f"{"\n".join(y)}"; t"a".b""", OLD, math.inf)
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert constants == ["a", "\n"]


def test_sql_in_a_newer_string_is_understood(read):
    reading = read("""
        def f(d):
            return t"select * from chats where id = {d["id"]}"
    """)
    assert reading.returned() == ["<format 'select * from chats where id = ' $d['id']>"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = 1\ndef f(:\n", 2),
        ("x = (1\n", 1),
        ("x = 1\nprint 'a'\n", 2),
        ("x = 1\n  y = 2\n", 2),
        ("try: f()\nexcept A, B as e: g()\n", 2),
        ("def f():\n    return f'{}'\n", 2),
        ("def f[T](x): return x\ny = b'\u00e9'\n", 2),
        ("x = " + "[" * 5_000 + "\n", 1),
    ],
)
def test_invalid_code_stays_a_syntax_error(text, line):
    failure = extract("main.py", text.encode(), CATALOGUE).failure
    assert failure is not None
    assert (failure.kind, failure.line) == ("syntax", line)
    assert "newer Python" not in failure.message


@pytest.mark.parametrize("text", ["x = " + "-" * 50_000 + "1\n", "x = " + "+".join("a" * 3_000), "x = t'a' t'b'"])
def test_what_libcst_cannot_read_raises_the_first_error(text):
    with pytest.raises(SyntaxError) as caught:
        newer.parse(text, OLD, math.inf)
    assert caught.value is OLD


def test_what_cannot_be_rewritten_needs_a_newer_python(monkeypatch):
    monkeypatch.delattr(newer._Finder, "visit_TypeAlias")
    with pytest.raises(SyntaxError, match=r"needs a newer Python than the 3\.\d+ that statelint runs on") as caught:
        newer.parse("x = 1\ntype X = int\n", OLD, math.inf)
    assert caught.value.lineno == 2


def test_deep_nesting_is_refused_before_libcst_sees_it():
    assert tractable("x = [" + "f(a.b)[0], " * 5_000 + "]\n" + "y = 1 + 2\n" * 5_000)
    assert tractable("x = '" + "(" * 5_000 + "'  # " + "(" * 5_000)
    assert not tractable("x = " + "[" * 300 + "]" * 300)
    assert not tractable("x = a" + ".b()" * 2_000)
    assert not tractable("x = a" + "[0]" * 2_000)
    assert not tractable("x = a" + " + \\\n a" * 2_000)
    assert not tractable("if a: pass\n" + "elif a: pass\n" * 3_000)


def test_the_module_is_not_imported_for_syntax_that_ast_reads(monkeypatch):
    monkeypatch.setitem(sys.modules, "statelint.extract.newer", None)
    monkeypatch.delattr("statelint.extract.newer")
    files = sorted((LIBRARY / "asyncio").glob("*.py"))
    assert len(files) > 20
    for file in files:
        assert extract(file.name, file.read_bytes(), CATALOGUE).failure is None


def test_findings_in_newer_code_stand_where_they_belong(tmp_path):
    text = dedent("""\
        from fastapi import FastAPI

        app = FastAPI()
        type Answers = dict[str, str]
        class Page[T]:
            pass

        answers: Answers = {}
        quiet = {}  # statelint: ignore[SL101] a test


        @app.post("/{name}")
        def save[T](name: str, item: dict[str, T]) -> str:
            try:
                answers[f"{name}{item["id"]}"] = "x"; quiet[name] = 1
            except KeyError, ValueError:
                pass
            return name
    """)
    (tmp_path / "main.py").write_text(text, encoding="utf-8")
    rules = load_rules()
    found = check(CheckRequest(root=tmp_path, paths=(tmp_path,), settings=Settings(), rules=rules)).findings
    assert [(finding.rule, finding.location.line, finding.location.column) for finding in found] == [("SL101", 15, 9)]
