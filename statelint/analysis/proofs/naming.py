"""What calls and raw values are called in the source, and what they are read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.proofs.words import RUNNING
from statelint.analysis.terms import children
from statelint.extract.facts import NO_TERM, Attr, Call, Choice, Element, Item, Logic, Param

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.extract.facts import TermId


def called_name(module: Module, call: Call) -> str:
    """Return the last part of the name that a call calls."""
    return module.last_name(call.func)


def name_of(module: Module, term: TermId) -> str:
    """Return the last part of what a value is called: a variable, a parameter or an attribute."""
    held = module.terms[term]
    if isinstance(held, Param):
        return module.parameter_of(held).name
    return module.last_name(term)


def own_attribute(function: FunctionInfo, term: TermId) -> str:
    """Return the name of the attribute of ``self`` that a term reads or writes."""
    held = function.module.terms[term]
    base = function.module.terms[held.base] if isinstance(held, Attr) else None
    return held.name if isinstance(held, Attr) and isinstance(base, Param) and base.index == 0 else ""


def raw_names(module: Module, term: TermId) -> Iterator[str]:
    """Yield names for the raw values in a key: its parameters, and constant keys of request data."""
    stack = [term]
    depth = 0
    while stack and depth < 60:
        depth += 1
        at = stack.pop()
        if at < 0:
            continue
        held = module.terms[at]
        if isinstance(held, Param):
            yield module.parameter_of(held).name
        elif isinstance(held, Item):
            text = module.text(held.key)
            if text is not None:
                yield text
            else:
                stack += [held.base, held.key]
        elif isinstance(held, Attr):
            root = module.terms[held.base]
            if isinstance(root, Param) and module.parameter_of(root).name == "cls":
                continue  # a column of the class itself
            if isinstance(root, Param):
                yield f"{module.parameter_of(root).name}.{held.name}"
                yield held.name
            else:
                stack.append(held.base)
        elif isinstance(held, Call):
            func = module.terms[held.func]
            if isinstance(func, Attr) and func.name == "get" and held.args:
                text = module.text(held.args[0])
                if text is not None:
                    yield text
                    continue
            if isinstance(func, Attr) and func.name in {"items", "keys", "values"}:
                stack.append(func.base)
            stack += [*held.args]
        else:
            stack += list(children(held))


_SAME_ROWS = RUNNING | {"next", "iter", "list", "tuple", "set", "sorted", "reversed", "enumerate", "zip", "merge"}
"""Calls that give back the rows that they are given."""


def is_read_from(module: Module, term: TermId, leaf: TermId) -> bool:
    """Tell whether a term is read from what ``leaf`` loads: ``row.members.filter(…)``, but not ``Form(row, …)``."""
    stack = [term]
    seen: set[TermId] = set()
    while stack:
        at = stack.pop()
        if at == leaf:
            return True
        if at in seen:  # rows that many branches narrow are one term with a power of two of ways to it
            continue
        seen.add(at)
        match held := module.terms[at]:
            case Attr(base=base) | Element(base=base) | Item(base=base):
                stack.append(base)
            case Call(func=func, args=args):
                stack += (func, *(args if called_name(module, held) in _SAME_ROWS else ()))
            case Choice(then=then, other=other):
                stack += (then, other)
            case Logic(values=values):
                stack += values
    return False


def looked_up(module: Module, term: TermId) -> tuple[TermId, str | None]:
    """Return in what, and under which text, ``held["key"]``, ``held.get("key")`` or ``held.pop("key")`` looks."""
    held = module.terms[term]
    if isinstance(held, Item):
        return held.base, module.text(held.key)
    if isinstance(held, Call) and held.args and isinstance(func := module.terms[held.func], Attr):
        return (func.base, module.text(held.args[0])) if func.name in {"get", "pop"} else (NO_TERM, None)
    return NO_TERM, None
