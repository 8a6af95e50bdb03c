"""Generic class-based views (Django, DRF) that serve a model without a query of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassInfo, ClassValue, External, FunctionInfo, Place
from statelint.source.roles import is_offline_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs import Judge

ACTIONS = {
    "UpdateView": ("update", True), "DeleteView": ("delete", True), "DetailView": ("read", True), "ListView": ("read",
    False), "RetrieveAPIView": ("read", True), "UpdateAPIView": ("update", True), "DestroyAPIView": ("delete", True),
    "ListAPIView": ("read", False), "ListCreateAPIView": ("read", False), "RetrieveUpdateAPIView": ("update", True),
    "RetrieveDestroyAPIView": ("delete", True), "RetrieveUpdateDestroyAPIView": ("delete", True), "ModelViewSet":
    ("delete", True), "ReadOnlyModelViewSet": ("read", True),
}  # fmt: skip
"""Generic view → the gravest thing it does, and whether it addresses rows by key."""
SCOPING = (
    "get_queryset",
    "get_object",
    "test_func",
    "filter_queryset",
    "dispatch",
    "has_permission",
    "get_base_queryset",
    "list",
)
_CLIENTS_FILTERS = ("rest_framework.filters.", "django_filters.")


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
            known = [
                ACTIONS[name]
                for base in inference.external_bases(klass)
                if (name := base.rpartition(".")[2]) in ACTIONS
            ]
            if not known:
                continue
            if any(inference.method(klass, name) is not None for name in SCOPING) or _restricted(judge, klass):
                continue
            found = _served(judge, klass)
            if found is None or not found[0].owned:
                continue
            model, place = found
            action, keyed = known[0]
            yield GenericView(klass, model, action, keyed, place)


def _served(judge: Judge, klass: ClassInfo) -> tuple[Model, Place] | None:
    """Return the model that a view serves, by its ``model`` or ``queryset`` attribute."""
    for name in ("queryset", "model"):
        for owner in judge.inference.mro(klass)[0]:
            binding = owner.attribute(name)
            if binding is None or binding.value < 0:
                continue
            chains = judge.queries.chains(owner.module, binding.value)
            if chains and chains[0].model is not None:
                if any(step.method in {"filter", "none"} for step in chains[0].steps):
                    return None
                return chains[0].model, Place(owner.module, binding.position)
            for value in judge.inference.term(owner.module, binding.value):
                if isinstance(value, ClassValue):
                    model = judge.ownership.model_of(value.klass)
                    if model is not None:
                        return model, Place(owner.module, binding.position)
    return None


def _restricted(judge: Judge, klass: ClassInfo) -> bool:
    """Permission classes, filter backends or mixins of the project, or a guard by name, restrict the view."""
    probe = next((klass.module.functions[index] for index in klass.facts.methods.values()), None)
    if any(klass.attribute(name) is not None for name in ("filterset_class", "permission_required")):
        return True
    if _filtered(judge, klass):
        return True
    if any(_asks_caller(judge, klass.module.functions[index]) for index in klass.facts.methods.values()):
        return True
    return judge.guards.class_guard(klass) is not None or (
        probe is not None and isinstance(probe, FunctionInfo) and judge.guards.guarded(probe)
    )


def _filtered(judge: Judge, klass: ClassInfo) -> bool:
    """Tell whether a filter backend may narrow the view; those of the libraries do what the client asks for."""
    binding = klass.attribute("filter_backends")
    if binding is None or binding.value < 0:
        return binding is not None
    module = klass.module
    backends = getattr(module.terms[binding.value], "items", (binding.value,))
    return any(
        not (values := judge.inference.term(module, backend))
        or any(not isinstance(value, External) or not value.name.startswith(_CLIENTS_FILTERS) for value in values)
        for backend in backends
    )


def _asks_caller(judge: Judge, method: FunctionInfo) -> bool:
    """A method that uses the caller narrows what the view shows in its own way."""
    module = method.module
    return method.name != "form_valid" and any(
        judge.principals.is_principal(module, part)
        for event in method.events
        if event.op == "call"
        for part in judge.queries.containment(module).parts(event.term)
    )
