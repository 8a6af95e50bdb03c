"""Which terms expressions become."""

from __future__ import annotations

import msgspec
import pytest

from statelint.extract.facts import Call, Const, Sequence
from statelint.extract.terms import MAX_DEPTH, MAX_ITEMS, MAX_TEXT


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a.b.c", "a.b.c"),
        ("x", "$x"),
        ("x.y[0]", "$x.y[0]"),
        ("g(x, *x, k=1, **x)", "g($x, *$x, k=1, **$x)"),
        ("await g()", "g()"),
        ("sync_to_async(g)(x)", "g($x)"),
        ("await database_sync_to_async(lambda: x.y)()", "$x.y"),
        ("(z := sync_to_async(lambda: x.y)) and z()", "($x.y and $x.y)"),
        ("sync_to_async(lambda a: a)(x)", "<function f.<lambda>>($x)"),
        ("x + 1 | 2", "(($x + 1) | 2)"),
        ("x == 1", "($x == 1)"),
        ("1 < x <= 2", "((1 < $x) and ($x <= 2))"),
        ("x is not None", "($x is not None)"),
        ("x not in y", "($x not in y)"),
        ("x and y or z", "(($x and y) or z)"),
        ("not x", "not $x"),
        ("~x", "~$x"),
        ("-x", "-$x"),
        ("x if y else z", "<$x if y else z>"),
        ("{1: x, **y}", "{1: $x, -: y}"),
        ("[x, *y]", "list($x, *y)"),
        ("(x, 1)", "tuple($x, 1)"),
        ("{x}", "set($x)"),
        ("f'a{x}b{y!r:>{z}}'", "<format 'a' $x 'b' y>"),
        ("[y.z for y in x if y.ok]", "<list <element $x>.z of $x if <element $x>.ok>"),
        ("{k: v for k, v in x}", "<dict <element $x>[1] of $x if >"),
        ("x[1:2]", "$x[slice(1, 2, <absent>)]"),
        ("(y := x)", "$x"),
        ("lambda a: a", "<function f.<lambda>>"),
        ("b'ab'", "\"b'ab'\""),
        ("1j", "'1j'"),
        ("...", "'...'"),
        ("2 ** 100", "(2 ** 100)"),
        ("1" * 30, "'bigint'"),
        ("'\\ud800'", "'?'"),
    ],
)
def test_expressions(read, expression, expected):
    assert read(f"async def f(x):\n    return {expression}\n").returned() == [expected]


def test_locals_are_replaced_by_what_they_hold(read):
    assert read("def f(x):\n    y = x.a\n    z = y.b\n    return z\n").returned() == ["$x.a.b"]


def test_branches_join(read):
    text = "def f(x):\n    if x:\n        y = 1\n    else:\n        y = 2\n    return y\n"
    assert read(text).returned() == ["<1 if $x else 2>"]


def test_a_name_bound_in_one_branch_may_be_absent(read):
    assert read("def f(x):\n    if x:\n        y = 1\n    return y\n").returned() == ["<1 if $x else <absent>>"]


def test_a_loop_may_not_run(read):
    assert read("def f(x):\n    y = 1\n    for y in x: ...\n    return y\n").returned() == [
        "<<element $x> if - else 1>"
    ]


def test_what_a_branch_that_leaves_binds_is_forgotten(read):
    assert read("def f(x):\n    y = 1\n    if x:\n        y = 2\n        return\n    return y\n").returned() == [
        "-",
        "1",
    ]


def test_a_list_that_grows_under_conditions_stays_one_list(read):
    text = """
        def f(x):
            where = [a]
            where.append(b)
            if x:
                where += [c]
            where.extend([d, e])
            return where
    """
    assert read(text).returned() == ["list(a, b, <c if $x else <absent>>, d, e)"]


def test_a_dict_that_grows_stays_one_dict(read):
    text = "def f(x):\n    d = {'a': 1}\n    d['b'] = x\n    d.update({'c': 2}, e=3)\n    return d\n"
    assert read(text).returned() == ["{'a': 1, 'b': $x, 'c': 2, 'e': 3}"]


def test_unpacking(read):
    assert read("def f(x):\n    a, (b, *c) = x\n    return a, b, c\n").returned() == [
        "tuple($x[0], $x[1][0], <element $x[1]>)"
    ]
    assert read("def f(x):\n    a, b = 1, x\n    return b\n").returned() == ["$x"]


def test_with_and_except_bind(read):
    text = """
        def f(x):
            with x.open() as y:
                a = y
            try:
                g()
            except KeyError as error:
                return error
            return a
    """
    assert read(text).returned() == ["<caught KeyError>", "<enter $x.open()>"]


def test_closures_keep_every_value_of_a_cell(read):
    reading = read("def f(x):\n    y = 1\n    def g():\n        return y\n    y = x\n    return g\n")
    assert reading.returned("f.g") == ["<cell y>"]
    assert [reading.show(term) for term in reading.function("f").cells["y"]] == ["1", "$x"]


def test_equal_terms_are_one_but_calls_are_not(read):
    reading = read("def f(x):\n    return x.a, x.a, g(), g()\n")
    items = next(term for term in reading.facts.terms if isinstance(term, Sequence)).items
    assert items[0] == items[1]
    assert items[2] != items[3]


def test_deep_terms_end_in_the_unknown_but_every_call_is_kept(read):
    reading = read("def f(x):\n    return x" + ".a(x)" * (MAX_DEPTH * 2) + "\n")
    assert "<deep>" in reading.returned()[0]
    calls = [term for term in reading.facts.terms if isinstance(term, Call)]
    assert len(calls) == MAX_DEPTH * 2


def test_long_texts_and_displays_are_cut(read):
    reading = read(f"a = {'x' * (MAX_TEXT + 9)!r}\nb = [{'1,' * (MAX_ITEMS + 5)}]\n")
    text = next(t for t in reading.facts.terms if isinstance(t, Const) and t.kind == "str")
    items = next(t for t in reading.facts.terms if isinstance(t, Sequence))
    assert len(text.value) == MAX_TEXT
    assert (len(items.items), items.more) == (MAX_ITEMS, 5)


def test_facts_survive_encoding(read):
    facts = read("import a\nx = '\\ud800é'\nclass A:\n    y: int = 1\n    def f(self, *, k=1): return k\n").facts
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=type(facts)) == facts
