"""The walk that LibCST visitors share."""

from __future__ import annotations

import libcst
import pytest

from statelint.extract.walk import walk

TEXT = "x = f(1)\n\n\ndef g(a):\n    # comment\n    return a + 2\n"


class Recorder(libcst.CSTVisitor):
    def __init__(self, skip: bool = False) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.skip = skip

    def visit_FunctionDef(self, node: libcst.FunctionDef) -> bool:
        self.seen.append(f"visit {node.name.value}")
        return not self.skip

    def leave_FunctionDef(self, original_node: libcst.FunctionDef) -> None:
        self.seen.append(f"leave {original_node.name.value}")

    def visit_Integer(self, node: libcst.Integer) -> None:
        self.seen.append(f"visit {node.value}")

    def leave_Assign(self, original_node: libcst.Assign) -> None:
        self.seen.append("leave assign")


def test_parents_come_first_and_are_left_last():
    recorder = Recorder()
    walk(libcst.parse_module(TEXT), [recorder])
    assert recorder.seen == ["visit 1", "leave assign", "visit g", "visit 2", "leave g"]


def test_a_visitor_that_returns_false_skips_the_children_but_leaves_the_node():
    recorder = Recorder(skip=True)
    walk(libcst.parse_module(TEXT), [recorder])
    assert recorder.seen == ["visit 1", "leave assign", "visit g", "leave g"]


def test_skipping_concerns_the_visitor_that_asked_for_it_only():
    skipping, reading = Recorder(skip=True), Recorder()
    walk(libcst.parse_module(TEXT), [skipping, reading])
    assert "visit 2" not in skipping.seen
    assert reading.seen == ["visit 1", "leave assign", "visit g", "visit 2", "leave g"]


def test_after_a_skipped_node_the_visitor_sees_the_next_one():
    recorder = Recorder(skip=True)
    walk(libcst.parse_module("def g():\n    return 1\ny = 3\n"), [recorder])
    assert recorder.seen == ["visit g", "leave g", "visit 3", "leave assign"]


@pytest.mark.parametrize(
    "text", [TEXT, "class A(B):\n    @d\n    async def f(self, *a, k: int = 1, **b): await x[1:2]\n"]
)
def test_the_walk_shows_what_libcst_shows(text):
    class Names(libcst.CSTVisitor):
        def __init__(self) -> None:
            super().__init__()
            self.seen: list[str] = []

        def visit_Name(self, node: libcst.Name) -> None:
            self.seen.append(node.value)

        def visit_Call(self, node: libcst.Call) -> None:
            self.seen.append("call")

    module, ours, theirs = libcst.parse_module(text), Names(), Names()
    walk(module, [ours])
    module.visit(theirs)
    assert sorted(ours.seen) == sorted(theirs.seen)


def test_no_visitor_is_no_work():
    walk(libcst.parse_module(TEXT), [])
