"""Values: what a class is, and what its instances are, are never taken for each other."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue, External, Instance, Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Sample


def test_values_differ_by_kind(code: Callable[[str], Sample]) -> None:
    klass = next(iter(code("class Note: ...\n").project.modules["main.py"].classes))
    values = [External("app.Note"), Result("app.Note"), ClassValue(klass), Instance(klass)]
    assert all(left != right for left, right in combinations(values, 2))
    assert len(set(values)) == len(values)


def test_equal_values_are_one() -> None:
    assert {External("a"), External("a"), Result("a"), Result("a")} == {External("a"), Result("a")}


def test_a_name_may_stand_for_a_class_and_for_its_instance(code: Callable[[str], Sample]) -> None:
    found = code("""
        from lib import Store

        def pick(ready):
            if ready:
                return Store
            return Store()
    """)
    assert found.returns("pick") == {"lib.Store", "result lib.Store"}
