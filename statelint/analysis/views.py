"""Generic class-based views (Django, DRF) that serve a model without a query of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassValue, External, Place
from statelint.analysis.proofs import Proof
from statelint.analysis.proofs.actions import ACTIONS, applies, offered
from statelint.analysis.proofs.before import Guard
from statelint.analysis.proofs.naming import called_name
from statelint.extract.facts import Attr, Call
from statelint.source.roles import is_offline_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.model import ClassInfo, FunctionInfo, Value
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs import Judge
    from statelint.analysis.queries import Chain

_ALWAYS = (
    "get_queryset", "test_func", "filter_queryset", "dispatch", "has_permission", "get_base_queryset", "setup",
    "initial", "check_permissions",
)  # fmt: skip
_KEYED = (*_ALWAYS, "get_object", "check_object_permissions")
SCOPING = {
    "delete": (*_KEYED, "delete", "destroy", "perform_destroy", "post", "form_valid"),
    "update": (*_KEYED, "put", "patch", "update", "partial_update", "perform_update", "post", "form_valid", "get_form"),
    "read": (*_KEYED, "get", "retrieve", "get_context_data"),
    "list": (*_ALWAYS, "get", "list", "get_context_data"),
}
"""Methods in which a view may narrow what it does, or turn a caller away."""
_FETCHES = ("get_queryset", "get_object")
"""Methods that a view overrides with a question of its own, which is judged itself."""
_OF_FORMS = frozenset({"get_form", "form_valid"})
_SEVERAL = 2
"""Answers of a method that asks something first."""
_HANDLERS = frozenset({"get", "post", "put", "patch", "list", "retrieve", "delete", "destroy", "update"})
"""Methods that do, with what they fetch, all that a request asks for."""
_OF_FRAMEWORK = frozenset({"get_object", "get_queryset", "filter_queryset", "queryset", "object", "object_list"})
_CLIENTS_FILTERS = ("rest_framework.filters.", "django_filters.")
_PUBLIC = re.compile(
    r"(^|_)(public|publish\w*|visible|visibility|approved|shared|listed|featured|status|state|open)($|_)"
)
"""Columns that say that rows are everybody's."""


class GenericView(NamedTuple):
    """A view class that hands out rows of ``model`` to whoever asks."""

    klass: ClassInfo
    model: Model
    action: str
    keyed: bool
    place: Place


def generic_views(judge: Judge) -> Iterator[GenericView]:
    """Yield the generic views of owned models that no method of theirs restricts."""
    inference = judge.inference
    for module in inference.modules:
        if is_offline_path(module.path):
            continue
        for klass in module.classes:
            for kind in offered(inference, klass):
                found = served(judge, klass) or _fetched(judge, klass, kind)
                if found is not None and _is_kept(found[0], kind) and _is_open(judge, klass, found[0], kind):
                    yield GenericView(klass, found[0], "read" if kind == "list" else kind, kind != "list", found[1])
                    break


def _is_kept(model: Model, kind: str) -> bool:
    """Tell whether rows are somebody's, or users themselves, whom others may see but not change."""
    return model.owned or (model.is_principal and kind in {"delete", "update"})


def _is_open(judge: Judge, klass: ClassInfo, model: Model, kind: str) -> bool:
    """Tell whether nothing keeps anybody from what a view does to rows of a model."""
    if _narrowed(judge, klass, model, kind) or judge.guards.permissions.by_model(klass):
        return False
    proven = (
        judge.guards.permissions.of_class(klass, model, objects=kind != "list", action=action)
        for action in ACTIONS[kind]
    )
    return not all(proven) and not _barred(judge, klass, model)


def served(judge: Judge, klass: ClassInfo) -> tuple[Model, Place] | None:
    """Return the model that a view serves, by its ``model`` or ``queryset`` attribute."""
    for name in ("queryset", "model"):
        for owner in judge.inference.mro(klass)[0]:
            binding = owner.attribute(name)
            if binding is None or binding.value < 0:
                continue
            chains = judge.queries.chains(owner.module, binding.value)
            if chains and chains[0].model is not None:
                if _of_everybody(judge, chains[0]):
                    return None
                return chains[0].model, Place(owner.module, binding.position)
            for value in judge.inference.term(owner.module, binding.value):
                if isinstance(value, ClassValue):
                    model = judge.ownership.model_of(value.klass)
                    if model is not None:
                        return model, Place(owner.module, binding.position)
    return None


def _of_everybody(judge: Judge, chain: Chain) -> bool:
    """Tell whether a class's own statement asks for nothing, for rows meant for all, or for what cannot be read."""
    for step in chain.steps:
        if step.method == "none":
            return True
        if step.method in judge.queries.words["filters"]:
            if step.args or any(not name or _PUBLIC.search(name) for name, _ in step.keywords):
                return True
        elif judge.graph.methods(step.method):
            return True
    return False


def _fetched(judge: Judge, klass: ClassInfo, kind: str) -> tuple[Model, Place] | None:
    """Return the model of which a view's own ``get_queryset`` gives everybody rows to change, such as those on show.

    What it gives to read is judged where it asks for it.
    """
    chosen = next((method for owner in judge.inference.mro(klass)[0] if (method := owner.method("get_queryset"))), None)
    if chosen is None or kind not in {"delete", "update"}:
        return None
    asked = [
        query
        for query in judge.queries.of(chosen)
        if any(
            applies(chosen.module, judge.exits.chain(chosen.module, query.event.condition), action)
            for action in ACTIONS[kind]
        )
    ]
    model = asked[0].chain.model if asked else None
    if model is None:
        return None
    # Who knows the slug of a post may read it.
    open_to_all = {None, Proof.PUBLIC} | ({Proof.OWN_ROW} if model.is_published else set())
    open_to_all |= {Proof.NOT_OWNED} if model.is_principal else set()
    if any(judge.judge(query).proof not in open_to_all for query in asked):
        return None
    return model, Place(chosen.module, asked[0].event.position)


def _narrowed(judge: Judge, klass: ClassInfo, model: Model, kind: str) -> bool:
    """Tell whether a method of the view, a filter or a mixin may narrow what it does, of a kind, to the caller's."""
    if klass.attribute("permission_required") is not None:
        return True
    for owner in judge.inference.mro(klass)[0]:
        for name in SCOPING[kind]:
            method = owner.method(name)
            if method is None:
                continue
            if name in _OF_FORMS and not judge.regard.leaves(method) and _returns(method) < _SEVERAL:
                # It chooses what stands in the form, and turns nobody away.
                continue
            if judge.guards.restricted.lets_in(Guard(owner.name, method), model):
                continue
            # What is shown beside a row hangs on this and that.
            weighs = judge.regard.mentions_caller if name == "get_context_data" else judge.regard.weighs
            if weighs(method) or (name in _HANDLERS and _takes_over(method)):
                return True
            if name in _FETCHES and not _extends(method) and _fetched(judge, klass, kind) is None:
                return True
    return _filtered(judge, klass)


def _barred(judge: Judge, klass: ClassInfo, model: Model) -> bool:
    probe = next((klass.module.functions[index] for index in klass.facts.methods.values()), None)
    return probe is not None and judge.guards.entrance(probe, [], model) is not None


def _returns(method: FunctionInfo) -> int:
    return sum(event.op == "return" for event in method.events)


def _takes_over(method: FunctionInfo) -> bool:
    """Tell whether a handler does without what the framework fetches: whatever it asks for is judged itself."""
    module = method.module
    return not _extends(method) and not any(
        module.last_name(term) in _OF_FRAMEWORK or module.last_name(func) in _OF_FRAMEWORK
        for event in method.events
        for term in (event.term, event.value)
        if term >= 0
        for func in (getattr(module.terms[term], "func", term),)
    )


def _extends(method: FunctionInfo) -> bool:
    """Tell whether a method only adds to what the framework's gives: it calls that, or the class's own statement."""
    module = method.module
    for event in method.events:
        call = module.terms[event.term] if event.op == "call" else None
        func = module.terms[call.func] if isinstance(call, Call) else None
        base = module.terms[func.base] if isinstance(func, Attr) else None
        if isinstance(base, Call) and called_name(module, base) == "super":
            return True
        if isinstance(base, Attr) and base.name == "queryset":
            return True
    return False


def _filtered(judge: Judge, klass: ClassInfo) -> bool:
    """Tell whether a filter may narrow the view; those of the libraries do what the client asks for."""
    chosen = klass.attribute("filterset_class")
    for value in judge.inference.term(klass.module, chosen.value) if chosen is not None and chosen.value >= 0 else ():
        if not isinstance(value, ClassValue) or any(
            judge.regard.mentions_caller(method)
            for owner in judge.inference.mro(value.klass)[0]
            for method in (owner.module.functions[index] for index in owner.facts.methods.values())
        ):
            return True
    binding = klass.attribute("filter_backends")
    if binding is None or binding.value < 0:
        return binding is not None
    module = klass.module
    backends = getattr(module.terms[binding.value], "items", (binding.value,))
    return any(not _harmless(judge, judge.inference.term(module, backend)) for backend in backends)


def _harmless(judge: Judge, backend: Iterable[Value]) -> bool:
    """Tell whether a backend is read as a whole, and has no regard for the caller."""
    values = list(backend)
    for value in values:
        if isinstance(value, ClassValue):
            method = judge.inference.method(value.klass, "filter_queryset")
            if method is None or judge.regard.weighs(method):
                return False
        elif not isinstance(value, External) or not value.name.startswith(_CLIENTS_FILTERS):
            return False
    return bool(values)
