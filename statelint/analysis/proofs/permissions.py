"""Permission classes of Django REST framework and its like: what they prove for views and functions."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from statelint.analysis.callernames import is_admin_name
from statelint.analysis.model import ClassValue, External
from statelint.analysis.ownership import snake
from statelint.analysis.proofs.actions import ACTIONS, applies, of_method, parts
from statelint.analysis.proofs.before import Guard
from statelint.analysis.proofs.verdict import Proof
from statelint.analysis.proofs.words import GUARD_NAME
from statelint.extract.facts import Call, Mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.model import ClassInfo, FunctionInfo, Module, Value
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs.actions import Action
    from statelint.analysis.proofs.judge import Judge
    from statelint.extract.facts import TermId

    Items: TypeAlias = list[tuple[Module, TermId]]

_OR_OWNER = re.compile(
    r"(owner|author|creator|self|user|customer|member|participant)s?Or|Or(Is)?(Owner|Author|Creator|Self|User|Customer|Member|Participant)",
    re.IGNORECASE,
)
"""Names of permission classes that let in others than administrators: ``IsOwnerOrAdmin``."""
_GIVEN = frozenset({"DjangoModelPermissions", "DjangoModelPermissionsOrAnonReadOnly", "DjangoObjectPermissions"})
"""Permission classes that ask whoever changes rows for what administrators of Django give to users and groups."""
_TESTS = ("test_func", "has_permission")
"""Methods by which views themselves tell who may come in."""


class Permissions:
    """Reads permission classes."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.queries = judge.queries
        self.regard = judge.regard

    def of_method(self, function: FunctionInfo, model: Model | None = None) -> Proof | None:
        """Return what the class of a view's method proves for it, of rows of a model."""
        owner = function.owner
        chooses = owner is not None and self._chooses(owner)
        if owner is None or (not chooses and any(self.listed(function))):
            # What ``@action`` lists stands in place of the class's.
            return None
        actions = of_method(self.inference, function) if chooses else ()
        proofs = [
            self.of_class(owner, model, objects=_fetches(function), action=action) for action in actions or (None,)
        ]
        return proofs[0] if all(proofs) else None

    def _chooses(self, owner: ClassInfo) -> bool:
        """Tell whether a view says which permission classes are for which of its actions."""
        return any(klass.method("get_permissions") is not None for klass in self.inference.mro(owner)[0])

    def of_class(
        self, owner: ClassInfo, model: Model | None = None, *, objects: bool = False, action: Action | None = None
    ) -> Proof | None:
        """Return what the mixins and permission classes of a view prove, for all its methods or for one action.

        ``objects`` asks for rows that the view's own ``get_object`` fetches: those are shown to the permission classes.
        """
        for klass in self.inference.mro(owner)[0]:
            for name in _TESTS:
                method = klass.method(name)
                if method is not None and self._tells(klass, method, model):
                    return Proof.GUARD
            chosen = klass.method("get_permissions")
            if chosen is not None:
                answers = list(self._answers(owner, chosen, action))
                proofs = [self._proven(items, model, objects=objects) for items in answers]
                if any(proofs) or not any(_is_framework_asked(items) for items in answers):
                    return next(filter(None, proofs), None)
            binding = klass.attribute("permission_classes")
            if binding is None or binding.value < 0:
                continue
            return self._proven(self.items(klass.module, binding.value), model, objects=objects)
        if any(base.startswith("rest_framework.") for base in self.inference.external_bases(owner)):
            return self._proven(self.default, model, objects=objects)
        return None

    def by_model(self, owner: ClassInfo) -> bool:
        """Tell whether a view asks for a permission for its model, as administrators give: rows are shared work."""
        listed = self.default
        for klass in self.inference.mro(owner)[0]:
            binding = klass.attribute("permission_classes")
            if klass.method("get_permissions") is not None:
                return False
            if binding is not None and binding.value >= 0:
                listed = self.items(klass.module, binding.value)
                break
        return any(
            (module.text(item) or module.last_name(item)).rpartition(".")[2] in _GIVEN for module, item in listed
        )

    @cached_property
    def default(self) -> Items:
        """The permission classes that Django REST framework's settings name for all views."""
        for module in self.inference.modules:
            for binding in module.bindings.get("REST_FRAMEWORK", ()):
                held = module.terms[binding.value] if binding.value >= 0 else None
                if isinstance(held, Mapping):
                    for key, value in zip(held.keys, held.values, strict=True):
                        if module.text(key) == "DEFAULT_PERMISSION_CLASSES":
                            return self.items(module, value)
        return []

    def before(self, function: FunctionInfo, model: Model | None = None) -> Proof | None:
        """``@permission_classes([IsOwner])`` before a function."""
        proofs = (self._proven(self.items(function.module, listed), model) for listed in self.listed(function))
        return next(proofs, None)

    def gates(self, function: FunctionInfo) -> Iterator[Guard]:
        """Yield the tests of a view and its permission classes."""
        listed = [(function.module, each) for each in self.listed(function)]
        for klass in self.inference.mro(function.owner)[0] if function.owner is not None else ():
            for name in _TESTS:
                method = klass.method(name)
                if method is not None:
                    yield Guard(klass.name, method)
            binding = klass.attribute("permission_classes")
            if binding is not None and binding.value >= 0:
                listed.append((klass.module, binding.value))
        for module, each in listed:
            for item in self.queries.containment(module).parts(each):
                for value in self.inference.term(module, item):
                    if isinstance(value, ClassValue):
                        yield Guard(value.klass.name, self.inference.method(value.klass, "has_permission"))

    def _tells(self, klass: ClassInfo, method: FunctionInfo, model: Model | None) -> bool:
        """Tell whether a test has regard for the caller, and does not let in whoever has a part of the rows only."""
        return self.regard.weighs(method) and not self.judge.guards.restricted.lets_in(Guard(klass.name, method), model)

    @staticmethod
    def listed(function: FunctionInfo) -> Iterator[TermId]:
        """Yield what ``@permission_classes([…])`` lists before a function."""
        module = function.module
        for decorator in function.facts.decorators:
            held = module.terms[decorator]
            if isinstance(held, Call) and held.args and module.last_name(held.func) == "permission_classes":
                yield held.args[0]
            elif isinstance(held, Call) and module.last_name(held.func) == "action":
                yield from (value for name, value in held.keywords if name == "permission_classes")

    def items(self, module: Module, listed: TermId) -> Items:
        """Return what is listed, or joined by operators, with the module that says so."""
        return [(module, part) for part in self.queries.containment(module).parts(listed)]

    def _answers(self, view: ClassInfo, chosen: FunctionInfo, action: Action | None) -> Iterator[Items]:
        """Yield what ``get_permissions`` answers for an action, and what it puts into ``self.permission_classes``."""
        module = chosen.module
        for event in chosen.events:
            if event.op == "return":
                said = event.term
            elif event.op == "write" and module.last_name(event.term) == "permission_classes":
                said = event.value
            else:
                continue
            if said >= 0 and action is None:
                yield self.items(module, said)
            elif (
                said >= 0
                and action is not None
                and applies(module, self.judge.exits.chain(module, event.condition), action)
            ):
                yield list(parts(self.inference, view, module, said, action))

    def open_to_all(self, view: ClassInfo) -> bool:
        """Tell whether a view says itself that everybody may list its rows: ``AllowAny`` for those who read."""
        for klass in self.inference.mro(view)[0]:
            chosen = klass.method("get_permissions")
            if chosen is not None:
                said = self._answers(view, chosen, ACTIONS["list"][0])
                answers = [items for items in said if not _is_framework_asked(items)]
                return bool(answers) and all(
                    any(module.last_name(part) == "AllowAny" for module, part in items) for items in answers
                )
        return False

    def _proven(self, listed: Items, model: Model | None = None, *, objects: bool = False) -> Proof | None:
        """Return what permission classes prove, in a list or joined by operators."""
        for module, item in listed:
            values: Iterable[Value] = self.inference.term(module, item)
            home, _, last = (module.text(item) or "").rpartition(".")
            if home:
                # Settings name classes by their dotted path.
                parts = self.inference.index.find(module, home, 0)
                values = [External(f"{home}.{last}")] if parts is None else self.inference.module_member(parts, last)
            for value in values:
                if isinstance(value, ClassValue):
                    if is_admin_name(snake(value.klass.name)) and not _OR_OWNER.search(value.klass.name):
                        return Proof.ADMIN
                    if self._keeps_out(value.klass, model, objects=objects):
                        return Proof.GUARD
                elif isinstance(value, External) and is_admin_name(snake(value.name.rpartition(".")[2])):
                    return Proof.ADMIN
        return None

    def _keeps_out(self, permission: ClassInfo, model: Model | None, *, objects: bool) -> bool:
        """Tell whether a permission class has regard for the caller, or for what is not in sight.

        Its ``has_object_permission`` is asked only about what a view's ``get_object`` fetches.
        """
        of_request = self.inference.method(permission, "has_permission")
        of_object = self.inference.method(permission, "has_object_permission")
        if of_request is None and of_object is None:
            return GUARD_NAME.search(permission.name) is not None
        return (of_request is not None and self._tells(permission, of_request, model)) or (
            objects and of_object is not None and self.regard.weighs(of_object)
        )


def _is_framework_asked(answer: Items) -> bool:
    """Tell whether ``get_permissions`` asks the framework's, which instantiates ``permission_classes``."""
    return any(module.last_name(part) == "get_permissions" for module, part in answer)


def _fetches(function: FunctionInfo) -> bool:
    """Tell whether a view's method has its object fetched and checked by the framework."""
    return any(
        function.module.last_name(call.func) in {"get_object", "check_object_permissions"} for _, call in function.calls
    )
