"""What a view's code says for one of its actions: ``get_permissions`` asks more of who deletes than of who reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.proofs.naming import looked_up, name_of
from statelint.analysis.terms import children
from statelint.extract.facts import Attr, Choice, Compare, Const, Logic, Mapping, Not, Param, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import ClassInfo, FunctionInfo, Module
    from statelint.extract.facts import TermId

_FETCHING = frozenset({"get_queryset", "get_object", "get_base_queryset", "filter_queryset"})
"""Methods that run for all that a view does."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Action(NamedTuple):
    """What a view does by the name of its method (``self.action``), and the HTTP method that asks for it."""

    name: str
    method: str = ""


ACTIONS = {
    "delete": (Action("destroy", "DELETE"),),
    "update": (Action("update", "PUT"), Action("partial_update", "PATCH")),
    "read": (Action("retrieve", "GET"),),
    "list": (Action("list", "GET"),),
}
"""What generic views do, by the gravity of it: the actions of Django REST framework."""
_CHANGE, _ALL = ("delete", "update"), tuple(ACTIONS)
SERVES: dict[str, tuple[str, ...]] = {
    "UpdateView": ("update",), "DeleteView": ("delete",), "DetailView": ("read",), "ListView": ("list",),
    "RetrieveAPIView": ("read",), "UpdateAPIView": ("update",), "DestroyAPIView": ("delete",), "ListAPIView": ("list",),
    "ListCreateAPIView": ("list",), "RetrieveUpdateAPIView": ("update", "read"), "RetrieveDestroyAPIView": ("delete",
    "read"), "RetrieveUpdateDestroyAPIView": (*_CHANGE, "read"), "ModelViewSet": _ALL, "ReadOnlyModelViewSet": ("read",
    "list"), "DestroyModelMixin": ("delete",), "UpdateModelMixin": ("update",), "RetrieveModelMixin": ("read",),
    "ListModelMixin": ("list",),
}  # fmt: skip
"""Generic view, or mixin of one → what it does."""


def applies(module: Module, steps: Iterator[int], action: Action) -> bool:
    """Tell whether code below some conditions may run for an action."""
    conditions = module.facts.conditions
    return all(
        held.kind not in {"if", "guard"}
        or held.test < 0
        or _truth(module, held.test, action) is not (not held.positive)
        for held in (conditions[step] for step in steps)
    )


def parts(
    inference: Inference, view: ClassInfo, module: Module, term: TermId, action: Action
) -> Iterator[tuple[Module, TermId]]:
    """Yield what a term is made of for an action, and what the view's attributes hold that it names."""
    stack = [(module, term)]
    seen: set[tuple[Module, TermId]] = set()
    while stack:
        at = stack.pop()
        if at[1] < 0 or at in seen:
            continue
        seen.add(at)
        yield at
        stack += _inside(inference, view, *at, action)


def _inside(
    inference: Inference, view: ClassInfo, module: Module, term: TermId, action: Action
) -> Iterator[tuple[Module, TermId]]:
    held = module.terms[term]
    if isinstance(held, Choice):
        truth = _truth(module, held.test, action) if held.test >= 0 else None
        yield from (
            (module, each) for each, when in ((held.then, True), (held.other, False)) if truth is not (not when)
        )
        return
    base, _ = looked_up(module, term)
    key = getattr(held, "key", -1) if base >= 0 else -1
    asked = key if key >= 0 else next(iter(getattr(held, "args", ())), -1)
    if base >= 0 and asked >= 0 and name_of(module, asked) == "action":
        for home, table in _tables(inference, view, module, base):
            mapping = home.terms[table]
            if isinstance(mapping, Mapping):
                texts = [home.text(each) if each >= 0 else None for each in mapping.keys]
                if action.name in texts:
                    yield home, mapping.values[texts.index(action.name)]
                    return
                yield from ((module, each) for each in getattr(held, "args", ())[1:])
                return
    if isinstance(held, Attr) and isinstance(module.terms[held.base], Param):
        yield from _tables(inference, view, module, term)
        return
    yield from ((module, each) for each in children(held))


def _tables(inference: Inference, view: ClassInfo, module: Module, term: TermId) -> Iterator[tuple[Module, TermId]]:
    """Yield what an attribute of the view holds, or a term as it is."""
    held = module.terms[term]
    if not (isinstance(held, Attr) and isinstance(module.terms[held.base], Param)):
        yield module, term
        return
    for klass in inference.mro(view)[0]:
        binding = klass.attribute(held.name)
        if binding is not None and binding.value >= 0:
            yield klass.module, binding.value
            return


def _truth(module: Module, test: TermId, action: Action) -> bool | None:
    """Tell whether a test of the action or the HTTP method holds; None if it asks for something else."""
    held = module.terms[test]
    match held:
        case Not(value=value):
            truth = _truth(module, value, action)
            return None if truth is None else not truth
        case Logic(op=op, values=values):
            truths = [_truth(module, value, action) for value in values]
            decisive = op == "or"
            if decisive in truths:
                return decisive
            return None if None in truths else not decisive
        case Compare(op=op, left=left, right=right) if op in {"==", "!=", "in", "not in"}:
            said = _said(module, left, action)
            meant = _meant(module, right) if said else None
            return None if meant is None else (said in meant) is (op in {"==", "in"})
        case _:
            return None


def _said(module: Module, term: TermId, action: Action) -> str:
    held = module.terms[term]
    if not isinstance(held, Attr):
        return ""
    return {"action": action.name, "method": action.method}.get(held.name, "")


def _meant(module: Module, term: TermId) -> frozenset[str] | None:
    """Return the actions or methods that a test names; None if they cannot be read."""
    held = module.terms[term]
    if name_of(module, term) == "SAFE_METHODS":
        return _SAFE
    items = held.items if isinstance(held, Sequence) else (term,)
    texts = [str(each.value) for item in items if isinstance(each := module.terms[item], Const)]
    return frozenset(texts) if len(texts) == len(items) else None


def offered(inference: Inference, view: ClassInfo) -> list[str]:
    """Return what the generic bases of a view do, the gravest first, as far as its ``http_method_names`` allow."""
    kinds = {kind for base in inference.external_bases(view) for kind in SERVES.get(base.rpartition(".")[2], ())}
    methods: frozenset[str] | None = None
    for klass in inference.mro(view)[0] if kinds else ():
        binding = klass.attribute("http_method_names")
        if binding is not None:
            methods = _meant(klass.module, binding.value) if binding.value >= 0 else None
            break
    return [
        kind
        for kind, actions in ACTIONS.items()
        if kind in kinds and (methods is None or any(action.method.lower() in methods for action in actions))
    ]


def of_method(inference: Inference, function: FunctionInfo) -> tuple[Action, ...]:
    """Return the actions for which a view's method runs; none if that is not known."""
    for actions in ACTIONS.values():
        for action in actions:
            if function.name in {action.name, f"perform_{action.name}"}:
                return (action,)
    if function.facts.decorators:
        return (Action(function.name),)
    if function.owner is None or function.name not in _FETCHING:
        return ()
    return tuple(action for kind in offered(inference, function.owner) for action in ACTIONS[kind])
