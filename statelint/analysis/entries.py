"""What the rows of a constant table hold, for code that goes through them in a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.extract.facts import Attr, Call, Const, Element, Item, Mapping, Name, Sequence, Star

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import Module
    from statelint.extract.facts import TermId

MAX_DEPTH = 8


def entries(inference: Inference, module: Module, term: TermId, depth: int = 0) -> Iterator[tuple[Module, TermId]]:
    """Yield the terms that ``term`` stands for, row by row: ``row[2]`` in ``for row in TABLE``, or ``term`` itself."""
    held = module.terms[term]
    if depth > MAX_DEPTH:
        return
    if isinstance(held, Name):
        home, bindings = inference.definition(module, held.id)
        values = [binding.value for binding in bindings if binding.value >= 0]
        for value in values:
            yield from entries(inference, home, value, depth + 1)
        if not values:
            yield module, term
    elif isinstance(held, Star):
        yield from entries(inference, module, held.value, depth + 1)
    elif isinstance(held, Element):
        for home, table in entries(inference, module, held.base, depth + 1):
            rows = home.terms[table]
            if isinstance(rows, Sequence):
                yield from ((home, row) for row in rows.items)
            elif isinstance(rows, Mapping):
                yield from ((home, key) for key in rows.keys if key >= 0)
    elif isinstance(held, Item):
        yield from _picked(inference, module, held, depth)
    else:
        yield module, term


def _picked(inference: Inference, module: Module, item: Item, depth: int) -> Iterator[tuple[Module, TermId]]:
    index = module.terms[item.key]
    base = module.terms[item.base]
    if not isinstance(index, Const):
        return
    pairs = module.terms[base.base] if isinstance(base, Element) else None
    func = module.terms[pairs.func] if isinstance(pairs, Call) else None
    if isinstance(func, Attr) and func.name == "items":
        for home, table in entries(inference, module, func.base, depth + 1):
            if isinstance(rows := home.terms[table], Mapping):
                yield from ((home, part) for part in (rows.values if index.value == 1 else rows.keys) if part >= 0)
        return
    for home, row in entries(inference, module, item.base, depth + 1):
        held = home.terms[row]
        if isinstance(held, Sequence) and isinstance(index.value, int) and 0 <= index.value < len(held.items):
            yield home, held.items[index.value]
        elif isinstance(held, Mapping):
            texts = {home.text(key): value for key, value in zip(held.keys, held.values, strict=True) if key >= 0}
            if isinstance(index.value, str) and index.value in texts:
                yield home, texts[index.value]
