"""Extraction as a whole: bad input, positions, and every file of the standard library."""

from __future__ import annotations

import random
import sys
import sysconfig
import time
from pathlib import Path

import msgspec
import pytest

from statelint.analysis.terms import children
from statelint.catalogue.loader import load
from statelint.extract.extractor import extract
from statelint.extract.facts import ModuleFacts

CATALOGUE = load()
LIBRARY = Path(sysconfig.get_path("stdlib"))


def facts_of(data: bytes) -> ModuleFacts:
    return extract("main.py", data, CATALOGUE)


@pytest.mark.parametrize(
    ("data", "kind", "line"),
    [
        (b"def f(:\n", "syntax", 1),
        (b"x = 1\nif x:\n", "syntax", 2),
        (b"print 'python 2'\n", "syntax", 1),
        (b"x = 1\0\n", "unreadable", 1),
        (b"x = '\xff'\n", "unreadable", 1),
        (b"# -*- coding: nonsense -*-\n", "unreadable", 1),
        (b"x = " + b"(" * 300 + b")" * 300, "syntax", 1),
    ],
)
def test_bad_input_is_a_failure_with_a_place(data, kind, line):
    facts = facts_of(data)
    assert facts.failure is not None
    assert (facts.failure.kind, facts.failure.line) == (kind, line)
    assert facts.failure.message
    assert [function.name for function in facts.functions] == ["<module>"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"# only a comment",
        b"\xef\xbb\xbfx = 1\n",
        b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
        b"x = 1\r\ny = 2\r\n",
        b"x = '\\d'\n",
    ],
)
def test_unusual_input_is_read(data):
    assert facts_of(data).failure is None


def test_mixed_line_ends_and_form_feeds_move_no_line():
    facts = facts_of("\x0cdef f():\n\x0c    pass\r\n    '\u202e\u2028'\rclass A: pass\n".encode())
    assert [(f.name, f.position.line) for f in facts.functions[1:]] == [("f", 1)]
    assert [(klass.name, klass.position.line) for klass in facts.classes] == [("A", 4)]


HOSTILE = {
    "parentheses": ("x = " + "(" * 10_000 + ")" * 10_000, "syntax"),
    "blocks": ("".join(" " * n + "if a:\n" for n in range(1_000)) + " " * 1_000 + "pass\n", "syntax"),
    "blocks beyond the size": ("".join(" " * n + "if a:\n" for n in range(5_000)), "unreadable"),
    "attributes": ("x = a" + ".b" * 5_000, "unreadable"),
    "a literal": ("x = [" + "0," * 900_000 + "]", None),
    "a line": ("x = '" + "a" * 2_000_000 + "'", None),
    "a longer line": ("x = '" + "a" * 20_000_000 + "'", "unreadable"),
    "decorators": ("@d(a)(b)\n" * 5_000 + "def f(): pass\n", None),
    "fields": ("x = f'" + "{a:{b}}" * 10_000 + "'", None),
}


@pytest.mark.parametrize("shape", HOSTILE)
def test_hostile_files_are_read_or_refused_in_seconds(shape):
    text, kind = HOSTILE[shape]
    started = time.process_time()
    failure = facts_of(text.encode()).failure
    assert (failure.kind if failure else None) == kind
    assert time.process_time() - started < 20


def test_a_byte_order_mark_moves_no_column():
    assert facts_of(b"\xef\xbb\xbfx = 1\n").bindings[0].position.column == 1


def test_latin_1_is_decoded():
    facts = facts_of(b"# -*- coding: latin-1 -*-\nx = '\xe9'\n")
    assert "é" in [getattr(term, "value", None) for term in facts.terms]


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "-" * 5000 + "1",
        "x = " + "+".join(["1"] * 5000),
        "x = a" + ".b" * 3000,
        "x = " + "[" * 90 + "]" * 90,
        "def f():\n" + "".join("    " * n + "if a:\n" for n in range(1, 90)) + "    " * 90 + "pass\n",
        "if a: pass\n" + "elif a: pass\n" * 3000,
    ],
    ids=["signs", "sums", "attributes", "brackets", "blocks", "branches"],
)
def test_deep_nesting_never_raises(text):
    facts = facts_of(text.encode())
    assert facts.failure is None or facts.failure.kind == "unreadable"


CHAINS = {
    "sums": lambda n: "+".join(["a"] * n),
    "texts": lambda n: "+\\\n".join(["'a'"] * n),
    "attributes": lambda n: "a" + ".b" * n,
    "calls": lambda n: "a" + ".b(c)" * (n // 2),
    "calls of calls": lambda n: "a" + "(c)" * n,
    "items": lambda n: "a" + "[c]" * n,
    "alternatives": lambda n: "a if b else " * n + "c",
    "lambdas": lambda n: "lambda: " * n + "c",
    "signs": lambda n: "-" * n + "a",
    "branches": lambda n: "a\nif a == 0: b = 0\n" + "".join(f"elif a == {i}: b = {i}\n" for i in range(n)),
}


@pytest.mark.parametrize("shape", CHAINS)
@pytest.mark.parametrize("length", [200, 900, 2_500])
def test_what_python_compiles_is_read_however_deep(shape, length):
    text = f"x = {CHAINS[shape](length)}\n"
    compile(text, "main.py", "exec")
    assert facts_of(text.encode()).failure is None


def test_a_chain_in_an_endless_quoted_type_is_passed_over():
    facts = facts_of(f"x: '{'a | ' * 40_000}b' = 1\n".encode())
    assert [(binding.name, binding.annotation) for binding in facts.bindings] == [("x", -1)]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="needs no rewriting there")
@pytest.mark.parametrize("shape", CHAINS)
def test_chains_in_newer_code_are_read(shape):
    assert facts_of(f"type T = int\nx = {CHAINS[shape](600)}\n".encode()).failure is None


def test_of_tests_only_comments_are_read():
    source = b"import app\nx = app.f()\ndef g(a=1):\n    return h(\n    )  # statelint: ignore[SL101]\n"
    facts = extract("tests/test_main.py", source, CATALOGUE)
    assert facts.screened
    assert facts.lines == 5
    assert [(function.name, function.events) for function in facts.functions] == [("<module>", ())]
    assert (facts.classes, facts.imports, facts.bindings, facts.terms) == ([], [], [], [])
    assert [suppression.codes for suppression in facts.suppressions] == [("SL101",)]
    assert facts.statements == [(4, 5)]


def test_a_test_that_tells_how_tables_look_is_read_whole():
    source = b"def g(c):\n    return c.execute('CREATE TABLE notes (id integer)')\n"
    facts = extract("tests/test_main.py", source, CATALOGUE)
    assert not facts.screened
    assert len(facts.functions[1].events) == 2


def check(facts: ModuleFacts) -> None:
    """Assert that every reference in the facts leads to something, and that terms and conditions form no cycle."""
    terms, conditions = len(facts.terms), len(facts.conditions)
    for index, term in enumerate(facts.terms):
        assert all(-1 <= child < index for child in children(term))
    for index, condition in enumerate(facts.conditions[1:], 1):
        assert 0 <= condition.parent < index
        assert -1 <= condition.test < terms
        assert -1 <= condition.via < terms
    for index, function in enumerate(facts.functions):
        assert function.index == index
        assert -1 <= function.owner < len(facts.classes)
        assert -1 <= function.parent < len(facts.functions)
        for event in function.events:
            assert -1 <= event.term < terms
            assert -1 <= event.value < terms
            assert 0 <= event.condition < conditions
            assert 1 <= event.position.line <= event.position.end_line <= facts.lines
            assert event.position.column >= 1
        for values in (*function.cells.values(), function.decorators, (function.returns,)):
            assert all(-1 <= value < terms for value in values)
    for index, klass in enumerate(facts.classes):
        assert klass.index == index
        assert all(0 <= base < terms for base in klass.bases)
        assert all(facts.functions[method].name == name for name, method in klass.methods.items())
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=ModuleFacts) == facts


def test_every_file_of_the_standard_library_gives_sound_facts():
    """A sample, the same in every run: all files take a minute."""
    files = sorted(LIBRARY.rglob("*.py"))
    files = [path for path in files if "site-packages" not in path.parts]
    for path in random.Random(1).sample(files, min(len(files), 120)):
        facts = extract(path.relative_to(LIBRARY).as_posix(), path.read_bytes(), CATALOGUE)
        try:
            check(facts)
        except AssertionError as error:
            raise AssertionError(f"{path}: {error}") from error


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="later parsers take their time in proportion")
def test_an_endless_f_string_is_refused_and_an_endless_string_read():
    braces = "{x}\n" * 40_000
    refused = extract("a.py", f"x = 1\ny = (rf'''{braces}''')\n".encode(), CATALOGUE).failure
    assert refused is not None
    assert (refused.line, "f-string" in refused.message) == (2, True)
    assert extract("a.py", f"y = 1 if '''{braces}''' else 2\n".encode(), CATALOGUE).failure is None
