"""What a module declares, and what its functions do."""

from __future__ import annotations

import sys

import pytest


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("x.a = 1", "$x.a = 1"),
        ("x['k'] = 1", "$x['k'] = 1"),
        ("x.n += 1", "$x.n += 1"),
        ("x['n'] |= y", "$x['n'] |= y"),
        ("del x.a", "$x.a del -"),
        ("del x['k']", "$x['k'] del -"),
        ("x.a, x.b = 1, 2", "$x.a = 1"),
        ("x.a: int = 1", "$x.a = 1"),
        ("global g; g = 1", "g = 1"),
        ("global g; g += 1", "g += (g + 1)"),
        ("global g; del g", "g del -"),
    ],
)
def test_writes(read, statement, expected):
    assert read(f"def f(x):\n    {statement}\n").writes()[0] == expected


def test_loops_and_with_write_to_attributes(read):
    assert read("def f(x):\n    for x.a in y: ...\n    with z as x.b: ...\n").writes() == [
        "$x.a for <element y>",
        "$x.b with <enter z>",
    ]


def test_locals_are_no_writes(read):
    assert read("def f():\n    x = 1\n    x += 1\n    del x\n").writes() == []


def test_nonlocal_rebinding_is_a_write_to_the_cell(read):
    reading = read("def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n    return g\n")
    assert reading.writes("f.g") == ["<cell n> += (<cell n> + 1)"]


def test_events_come_in_source_order_innermost_call_first(read):
    reading = read("def f(x):\n    a(b())\n    yield c()\n    raise d()\n")
    assert [(event.op, reading.show(event.term)) for event in reading.function("f").events] == [
        ("call", "b()"), ("call", "a(b())"), ("call", "c()"), ("yield", "c()"), ("call", "d()"), ("raise", "d()"),
    ]  # fmt: skip
    assert reading.function("f").is_generator


def test_functions(read):
    reading = read("@deco(1)\nasync def f(a, /, b: int = 2, *c, d, e=3, **g) -> str: ...\n")
    function = reading.function("f")
    assert [(p.name, p.kind, reading.show(p.annotation), reading.show(p.default)) for p in function.parameters] == [
        ("a", "positional", "-", "-"), ("b", "positional", "int", "2"), ("c", "*", "-", "-"),
        ("d", "keyword", "-", "-"), ("e", "keyword", "-", "3"), ("g", "**", "-", "-"),
    ]  # fmt: skip
    assert [reading.show(term) for term in function.decorators] == ["deco(1)"]
    assert (reading.show(function.returns), function.is_async) == ("str", True)
    assert (function.first_line, function.position.line, function.position.column) == (1, 2, 1)
    assert function.position.end_column == len("async def f") + 1


def test_classes(read):
    reading = read("""
        @deco
        class A(B, metaclass=M):
            x: int = 1
            y: str
            z = []
            def m(self): return z
            class Inner: ...
    """)
    klass = reading.facts.classes[0]
    assert [reading.show(base) for base in klass.bases] == ["B"]
    assert [(name, reading.show(value)) for name, value in klass.keywords] == [("metaclass", "M")]
    assert [(a.name, reading.show(a.annotation), reading.show(a.value), a.how) for a in klass.attributes] == [
        ("x", "int", "1", "="), ("y", "str", "-", ":"), ("z", "-", "list()", "="),
    ]  # fmt: skip
    assert set(klass.methods) == {"m"}
    assert set(klass.inner) == {"Inner"}
    assert reading.returned("A.m") == ["z"]


def test_qualified_names(read):
    reading = read("""
        class A:
            def m(self):
                def inner(): ...
                class B:
                    def n(self): ...
                return lambda: 1
    """)
    assert [function.qualname for function in reading.facts.functions] == [
        "<module>", "A.m", "A.m.inner", "A.m.B.n", "A.m.<lambda>",
    ]  # fmt: skip


def test_function_indices_are_their_places(read):
    facts = read("a = lambda: 1\ndef f():\n    def g(): ...\nclass A:\n    def m(self): ...\n").facts
    assert [function.index for function in facts.functions] == list(range(len(facts.functions)))
    assert [klass.index for klass in facts.classes] == list(range(len(facts.classes)))


def test_imports(read):
    facts = read("import a.b\nimport a.b as c\nfrom .d import e as f\nfrom .. import g\nfrom h import *\n").facts
    assert [(i.name, i.module, i.symbol, i.level) for i in facts.imports] == [
        ("a", "a", "", 0), ("", "a.b", "", 0), ("c", "a.b", "", 0), ("f", "d", "e", 1), ("g", "", "g", 2),
        ("*", "h", "*", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('__all__ = ["a", "b"]', ["a", "b"]),
        ('__all__ = ("a",)\n__all__ += ["b"]', ["a", "b"]),
        ("__all__ = [name for name in dir()]", None),
        ('__all__ = other.__all__ + ["a"]', None),
        ("__all__ = []", []),
        ("x = 1", None),
    ],
)
def test_exports(read, text, expected):
    assert read(text).facts.exports == expected


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type statements are new in Python 3.12")
def test_type_statements_bind(read):
    assert [binding.name for binding in read("type X = int\n").facts.bindings] == ["X"]


def test_columns_count_characters(read):
    reading = read("def f(x):\n    'äöü'; x.ä = g()\n")
    event = reading.events("f", "call")[0]
    assert (event.position.line, event.position.column, event.position.end_column) == (2, 18, 21)


def test_quoted_annotations_are_read_as_code(read):
    reading = read("def f(x: 'list[A]', y: 'not code!'): ...\n")
    assert [reading.show(p.annotation) for p in reading.function("f").parameters] == ["list[A]", "-"]
