from __future__ import annotations

from typing import TYPE_CHECKING, SupportsIndex

from statelint.analysis.model import Module
from statelint.analysis.proofs.naming import is_read_from
from statelint.catalogue.loader import load
from statelint.extract.extractor import extract

if TYPE_CHECKING:
    from statelint.extract.facts import Term


class Counting(list["Term"]):
    """A list that counts what is asked of it."""

    asked = 0

    def __getitem__(self, index: SupportsIndex) -> Term:  # type: ignore[override]
        self.asked += 1
        return super().__getitem__(index)


def test_rows_that_many_branches_narrow_are_looked_at_once() -> None:
    steps = "".join(f"    if a.x{number}:\n        rows = rows.filter(x=a.x{number})\n" for number in range(15))
    text = f"def f(a):\n    rows = load()\n    others = load()\n{steps}    return list(rows)\n"
    module = Module(extract("app.py", text.encode(), load(), ()))
    function = module.functions[1]
    returned = next(event.term for event in function.events if event.op == "return")
    (rows, _), (others, _), *_ = function.calls
    assert is_read_from(module, returned, rows.term)
    terms = module.terms = Counting(module.terms)
    assert not is_read_from(module, returned, others.term)
    assert terms.asked < 5 * len(terms)
