"""Generic class-based views (Django, DRF) that serve a model without a query of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassValue, External, Place
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

ACTIONS = {
    "UpdateView": ("update", True), "DeleteView": ("delete", True), "DetailView": ("read", True), "ListView": ("read",
    False), "RetrieveAPIView": ("read", True), "UpdateAPIView": ("update", True), "DestroyAPIView": ("delete", True),
    "ListAPIView": ("read", False), "ListCreateAPIView": ("read", False), "RetrieveUpdateAPIView": ("update", True),
    "RetrieveDestroyAPIView": ("delete", True), "RetrieveUpdateDestroyAPIView": ("delete", True), "ModelViewSet":
    ("delete", True), "ReadOnlyModelViewSet": ("read", True), "DestroyModelMixin": ("delete", True), "UpdateModelMixin":
    ("update", True), "RetrieveModelMixin": ("read", True), "ListModelMixin": ("read", False),
}  # fmt: skip
"""Generic view, or mixin of one → the gravest thing it does, and whether it addresses rows by key."""
_GRAVITY = (("delete", True), ("update", True), ("read", True), ("read", False))
SCOPING = (
    "get_queryset",
    "get_object",
    "test_func",
    "filter_queryset",
    "dispatch",
    "has_permission",
    "get_base_queryset",
    "list",
    "retrieve",
    "get",
    "post",
    "setup",
    "initial",
    "check_permissions",
    "check_object_permissions",
    "get_context_data",
    "get_form",
    "delete",
    "update",
    "destroy",
    "perform_destroy",
    "perform_update",
)
"""Methods in which a view may narrow what it shows, or turn a caller away."""
_SHOWING = ("get", "get_context_data", "list", "retrieve")
"""Methods that run when rows are shown, and not when they are changed."""
_FETCHES = ("get_queryset", "get_object", "list")
"""Methods that a view overrides with a question of its own, which is judged itself."""
_LISTS = ("ListAPIView", "ListCreateAPIView", "ModelViewSet", "ReadOnlyModelViewSet", "ListModelMixin")
"""Views of Django REST framework that list rows, about which object permissions are not asked."""
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
            kinds = [name for base in inference.external_bases(klass) if (name := base.rpartition(".")[2]) in ACTIONS]
            found = served(judge, klass) if kinds else None
            if found is None or not found[0].owned:
                continue
            model, place = found
            action, keyed = min((ACTIONS[kind] for kind in kinds), key=_GRAVITY.index)
            if _narrowed(judge, klass, model, shown=action == "read"):
                continue
            if not _guarded(judge, klass, model):
                yield GenericView(klass, model, action, keyed, place)
            elif (
                any(kind in _LISTS for kind in kinds)
                and judge.guards.permissions.of_class(klass, model) is None
                and not _barred(judge, klass, model)
            ):
                yield GenericView(klass, model, "read", False, place)


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


def _narrowed(judge: Judge, klass: ClassInfo, model: Model, *, shown: bool) -> bool:
    """Tell whether a method of the view, a filter or a mixin may narrow what it serves to the caller's.

    What is done before rows are merely ``shown`` keeps nobody from changing them.
    """
    if any(klass.attribute(name) is not None for name in ("filterset_class", "permission_required")):
        return True
    for owner in judge.inference.mro(klass)[0]:
        for name in SCOPING:
            method = owner.method(name)
            if method is None or (name in _SHOWING and not shown):
                continue
            if name == "get_form" and not judge.regard.leaves(method):
                # It chooses what stands in the form, and turns nobody away.
                continue
            if judge.guards.restricted.lets_in(Guard(owner.name, method), model):
                continue
            if judge.regard.weighs(method) or (name in _FETCHES and not _extends(method)):
                return True
    return _filtered(judge, klass)


def _guarded(judge: Judge, klass: ClassInfo, model: Model) -> bool:
    """Tell whether permission classes or a guard by name stand before a view's object."""
    return judge.guards.permissions.of_class(klass, model, objects=True) is not None or _barred(judge, klass, model)


def _barred(judge: Judge, klass: ClassInfo, model: Model) -> bool:
    probe = next((klass.module.functions[index] for index in klass.facts.methods.values()), None)
    return probe is not None and judge.guards.guarded(probe, model)


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
    """Tell whether a filter backend may narrow the view; those of the libraries do what the client asks for."""
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
