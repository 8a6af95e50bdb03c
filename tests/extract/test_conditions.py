"""Under which conditions things happen: what dominates what."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("leaving", "loop"),
    [
        ("return", False),
        ("return None", False),
        ("raise Denied()", False),
        ("raise Denied() from None", False),
        ("continue", True),
        ("break", True),
        ("sys.exit(1)", False),
        ("abort(404)", False),
        ("flask.abort(404)", False),
    ],
)
def test_after_a_branch_that_leaves_its_test_is_false(read, leaving, loop):
    header = "    for i in xs:\n" if loop else "    with nothing:\n"
    reading = read(f"def f(x):\n{header}        if x.bad:\n            {leaving}\n        effect()\n")
    assert reading.before("effect")[-1] == "guard not $x.bad"


def test_after_an_else_that_leaves_the_test_is_true(read):
    assert read("def f(x):\n    if x:\n        pass\n    else:\n        raise E\n    effect()\n").before("effect") == [
        "guard $x"
    ]


def test_when_both_branches_leave_nothing_follows(read):
    reading = read("def f(x):\n    if x:\n        return 1\n    else:\n        return 2\n    effect()\n")
    assert reading.returned() == ["1", "2"]
    with pytest.raises(AssertionError, match="not called"):
        reading.before("effect")


def test_every_link_of_an_elif_chain_that_leaves_is_a_guard(read):
    reading = read("def f(x):\n    if x.a:\n        return\n    elif x.b:\n        return\n    effect()\n")
    assert {"guard not $x.a", "guard not $x.b"} <= set(reading.before("effect"))


def test_nested_guards_hold_inside_their_branch_only(read):
    reading = read("""
        def f(x):
            if x.a:
                if x.b:
                    return
                y = inner()
            outer()
    """)
    assert reading.before("inner") == ["if $x.a", "guard not $x.b"]
    assert reading.before("outer") == []


def test_inside_a_branch(read):
    reading = read("def f(x):\n    if x:\n        y = a()\n    else:\n        y = b()\n    c()\n")
    assert (reading.before("a"), reading.before("b"), reading.before("c")) == (["if $x"], ["if not $x"], [])


def test_a_call_at_the_end_of_a_branch_may_never_return(read):
    reading = read("def f(x):\n    if x:\n        deny()\n    effect()\n")
    assert reading.before("effect") == ["call-guard not $x"]


def test_a_call_at_the_end_of_an_else_may_never_return(read):
    reading = read("def f(x):\n    if x:\n        y = 1\n    else:\n        deny()\n    effect()\n")
    assert reading.before("effect") == ["call-guard $x"]


def test_assertions(read):
    assert read("def f(x):\n    assert x.ok\n    effect()\n").before("effect") == ["assert $x.ok"]


def test_loops(read):
    reading = read("def f(xs):\n    for x in xs:\n        if x.bad:\n            continue\n        a()\n    b()\n")
    assert reading.before("a") == ["loop $xs", "guard not <element $xs>.bad"]
    assert reading.before("b") == []


def test_an_early_return_in_a_loop_guards_the_rest_of_the_loop_only(read):
    reading = read("def f(xs):\n    for x in xs:\n        if x:\n            return x\n        a()\n    b()\n")
    assert reading.before("a") == ["loop $xs", "guard not <element $xs>"]
    assert reading.before("b") == []


def test_while(read):
    reading = read("def f(x):\n    while x.more:\n        a()\n    b()\n")
    assert reading.before("a") == ["loop -", "if $x.more"]
    assert reading.before("b") == []


def test_nothing_follows_an_endless_loop_that_only_returns(read):
    reading = read("def f(x):\n    while True:\n        return 1\n    effect()\n")
    with pytest.raises(AssertionError, match="not called"):
        reading.before("effect")


def test_what_follows_an_endless_loop_with_a_break_is_reached(read):
    assert read("def f(x):\n    while True:\n        if x:\n            break\n    effect()\n").before("effect") == []


def test_a_guard_in_a_try_whose_handlers_leave_holds_afterwards(read):
    reading = read("""
        def f(x):
            try:
                if x.bad:
                    raise E
                inner()
            except ValueError:
                return
            effect()
    """)
    assert reading.before("inner") == ["guard not $x.bad"]
    assert reading.before("effect") == ["guard not $x.bad"]


def test_a_guard_in_a_try_whose_handler_goes_on_does_not_hold_afterwards(read):
    reading = read("""
        def f(x):
            try:
                if x.bad:
                    raise E
                inner()
            except ValueError:
                pass
            effect()
    """)
    assert reading.before("inner") == ["try -", "guard not $x.bad"]
    assert reading.before("effect") == []


def test_handlers_else_and_finally(read):
    reading = read("""
        def f(x):
            try:
                a()
            except (KeyError, OSError) as e:
                b()
            else:
                c()
            finally:
                d()
    """)
    assert reading.before("a") == ["try -"]
    assert reading.before("b") == ["except tuple(KeyError, OSError)"]
    assert reading.before("c") == ["try -"]
    assert reading.before("d") == []


def test_a_handler_that_leaves_after_logging_leaves(read):
    reading = read("def f(x):\n    try:\n        a()\n    except E:\n        log()\n        raise\n    b()\n")
    assert reading.before("a") == []


def test_a_guard_in_a_with_holds_afterwards_and_the_with_does_not(read):
    reading = read("""
        def f(x):
            with lock as l:
                if x.bad:
                    return
                inner()
            effect()
    """)
    assert reading.before("inner") == ["with lock", "guard not $x.bad"]
    assert reading.before("effect") == ["guard not $x.bad"]


@pytest.mark.parametrize(
    "manager", ["suppress(E)", "contextlib.suppress(E)", "pytest.raises(E)", "self.assertRaises(E)"]
)
def test_a_with_that_may_swallow_does_not_end_the_function(read, manager):
    reading = read(f"def f(x):\n    with {manager}:\n        return g()\n    effect()\n")
    assert reading.before("effect") == []


def test_match(read):
    reading = read("""
        def f(x):
            match x:
                case 1:
                    a()
                case [y] if y.ok:
                    b()
                case _:
                    raise E
            c()
    """)
    assert reading.before("a") == ["if ($x == 1)"]
    assert reading.before("b") == ["if (<pattern> and <element $x>.ok)"]
    assert reading.before("c") == []


def test_conditional_expressions_short_circuits_and_comprehensions(read):
    reading = read("def f(x):\n    y = a() if x else b()\n    z = [c() for i in x if i]\n")
    assert reading.before("a") == ["if $x"]
    assert reading.before("b") == ["if not $x"]
    assert reading.before("c") == ["loop $x", "if <element $x>"]


def test_definitions_remember_the_condition_they_stand_under(read):
    reading = read("if flag:\n    def g(): ...\n    class A: ...\n    import b\n    C = 1\n")
    facts = reading.facts
    held = [
        facts.functions[1].condition,
        facts.classes[0].condition,
        facts.imports[0].condition,
        facts.bindings[0].condition,
    ]
    assert {tuple(reading.path(condition)) for condition in held} == {("if flag",)}


def test_what_breaks_a_loop_off_holds_after_it_if_its_else_leaves(read):
    reading = read(
        "def f(xs):\n    for x in xs:\n        if x.a:\n            break\n"
        "    else:\n        raise Refused\n    effect()\n"
    )
    assert reading.before("effect") == ["guard <element $xs>.a"]


def test_a_loop_that_is_broken_off_in_two_places_says_neither(read):
    reading = read(
        "def f(xs):\n    for x in xs:\n        if x.a:\n            break\n        if x.b:\n            break\n"
        "    else:\n        raise Refused\n    effect()\n"
    )
    assert reading.before("effect") == []


def test_an_inner_loop_breaks_off_itself_only(read):
    reading = read(
        "def f(xs):\n    for x in xs:\n        while x.more:\n            if x.a:\n                break\n"
        "        if x.b:\n            break\n    else:\n        return\n    effect()\n"
    )
    assert reading.before("effect") == ["guard <element $xs>.b"]
