"""Values that come from rows loaded before: those rows are judged where they are loaded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue, Instance
from statelint.analysis.proofs.chosen import COLLECTING
from statelint.analysis.proofs.naming import called_name, own_attribute
from statelint.analysis.proofs.words import FORMS, MAKING, NEGATIVE
from statelint.extract.facts import Attr, Call, Cell, Compare, Const, Item, Not, Param, Sequence

if TYPE_CHECKING:
    from statelint.analysis.model import ClassInfo, FunctionInfo, Module
    from statelint.analysis.proofs.judge import Judge
    from statelint.analysis.queries import Query
    from statelint.extract.facts import Term, TermId

_FOREIGN = re.compile(
    r"(^|_)(telegram|discord|slack|whatsapp|line|viber|vk|wechat|messenger|chat|google|github|gitlab|facebook|apple|clerk|"
    r"auth0|firebase|cognito|supabase|keycloak|oidc|oauth|ldap|external|tg)_?(user_?)?(id|uid|sub)$",
    re.IGNORECASE,
)
"""Columns by which other services know a user."""
_DESTROYS = "perform_destroy"
_OF_PARENT = frozenset({"create", "update", "partial_update", "retrieve"})
"""Actions of generic views."""


class Loaded:
    """Tells what functions load and hand out."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.ownership = judge.ownership
        self.principals = judge.principals
        self.queries = judge.queries
        self._getters: dict[FunctionInfo, bool] = {}
        self._collections: dict[tuple[Module, TermId], bool] = {}
        self._parts: dict[tuple[Module, TermId], bool] = {}
        self._kept: dict[tuple[ClassInfo, str], bool] = {}

    def keeps(self, klass: ClassInfo, name: str) -> bool:
        """Tell whether methods of a class, or of what it inherits, keep loaded rows alone in an attribute.

        ``self.project = get_object_or_404(Project, …)`` in the ``dispatch`` of a view's mixin.
        """
        key = (klass, name)
        found = self._kept.get(key)
        if found is None:
            self._kept[key] = False
            written = [
                (method, event.value)
                for owner in self.inference.mro(klass)[0]
                for method in (owner.module.functions[index] for index in owner.facts.methods.values())
                for event in method.events
                if event.op == "write" and event.value >= 0 and own_attribute(method, event.term) == name
                if not isinstance(method.module.terms[event.value], Const)
            ]
            found = bool(written) and all(self.gives(method, value) for method, value in written)
            self._kept[key] = found
        return found

    def gives(self, function: FunctionInfo, value: TermId, besides: TermId = -1) -> bool:
        """Tell whether a value comes from an owned row that was loaded or made before.

        A row that is not proven is reported where it is loaded, not again for each of its relatives.
        """
        module = function.module
        containment = self.queries.containment(module)
        if self.judge.made.gives(function, value):
            return True
        for other in self.queries.of(function):
            model = other.chain.model
            if (
                other.leaf != besides
                and containment.holds(value, other.leaf)
                and (
                    model is None
                    or model.owned
                    or (model.is_principal and self._asks_for_caller(other))
                    or (not model.is_principal and self._is_part(other))
                )
            ):
                return True
        for part in containment.parts(value):
            held = module.terms[part]
            if self._is_edited(function, part):
                return True
            if isinstance(held, Cell) and held.function != function.index:
                # A closure uses what the function around it has loaded.
                around = module.functions[held.function]
                if any(self.gives(around, cell, besides) for cell in around.facts.cells.get(held.name, ())):
                    return True
            if isinstance(held, (Call, Sequence)) and self._collected(function, part):
                return True
            if not isinstance(held, Call) or part == besides:
                continue
            if called_name(module, held) == "get_object":
                # A generic view's object, for which the view is judged.
                return True
            base = module.terms[held.func]
            if isinstance(base, Attr) and base.name in _OF_PARENT and self._is_super(module, base.base):
                # super().create(request): the response holds what the view has made, for which the view is judged.
                return True
            if called_name(module, held) in MAKING and self.queries.chains(module, part):
                return True
            if any(map(self.returns_rows, self.inference.callees(module, held))) or any(
                isinstance(target, ClassValue) and self.ownership.model_of(target.klass) is not None
                for target in self.inference.term(module, held.func)
            ):
                return True
        return False

    def _is_part(self, query: Query) -> bool:
        """Tell whether a row without an owner was asked for by the key of one that was proven before: its content."""
        key = (query.module, query.leaf)
        found = self._parts.get(key)
        if found is None:
            # A row that is asked for by its own content is no part of another.
            self._parts[key] = False
            keys = self.judge.keys(query)
            parents = self.judge.parents
            found = bool(keys) and parents.prove(query.function, query.event, query.leaf, keys) is not None
            self._parts[key] = found
        return found

    @staticmethod
    def _is_super(module: Module, term: TermId) -> bool:
        held = module.terms[term]
        return isinstance(held, Call) and called_name(module, held) == "super"

    def _is_edited(self, function: FunctionInfo, term: TermId) -> bool:
        """``self.instance`` of a form or serializer, ``kwargs.get("instance")``: whoever loaded the row is judged."""
        module = function.module
        held = module.terms[term]
        if function.name.startswith("perform_") and function.owner is not None:
            # perform_destroy(self, instance), and serializer.instance of perform_update: what the view has fetched.
            given = module.terms[held.base] if isinstance(held, Attr) and held.name == "instance" else held
            if isinstance(given, Param) and given.index == 1 and (given is not held or function.name == _DESTROYS):
                return True
        if isinstance(held, Attr) and held.name == "object" and function.owner is not None:
            # self.object of a generic view, which is judged itself.
            base = module.terms[held.base]
            return isinstance(base, Param) and base.index == 0
        if isinstance(held, Attr) and held.name == "instance":
            forms = (value for value in self.inference.term(module, held.base) if isinstance(value, Instance))
            if any(base.startswith(FORMS) for form in forms for base in self.inference.external_bases(form.klass)):
                return True
        if isinstance(held, Call):
            named = called_name(module, held) in {"get", "pop"} and bool(held.args) and module.text(held.args[0])
        else:
            named = isinstance(held, Attr) and isinstance(module.terms[held.base], Param) and held.name
        return (
            (named == "instance" or self._is_handed_on(module, held))
            and function.owner is not None
            and any(base.startswith(FORMS) for base in self.inference.external_bases(function.owner))
        )

    @staticmethod
    def _is_handed_on(module: Module, held: Term) -> bool:
        """``self.context["project_id"]``, but not ``self.context["request"]``: the view has judged what it hands on."""
        match held:
            case Item(base=base, key=key):
                pass
            case Call(func=func, args=(key, *_)) if isinstance(get := module.terms[func], Attr) and get.name == "get":
                base = get.base
            case _:
                return False
        context = module.terms[base]
        return (
            isinstance(context, Attr)
            and context.name == "context"
            and isinstance(module.terms[context.base], Param)
            and module.text(key) not in {None, "request", "view"}
        )

    def _collected(self, function: FunctionInfo, collection: TermId) -> bool:
        """``ids = set(); for row in rows: ids.add(row.note_id)``: what is in it comes from rows that were loaded."""
        module = function.module
        found = self._collections.get((module, collection))
        if found is None:
            # A collection that is put into itself holds nothing by that.
            self._collections[module, collection] = False
            added = [
                call.args[0]
                for _, call in function.calls
                if isinstance(func := module.terms[call.func], Attr)
                and func.base == collection
                and func.name in COLLECTING
                and len(call.args) == 1
            ]
            found = bool(added) and all(self.gives(function, each) for each in added)
            self._collections[module, collection] = found
        return found

    def _asks_for_caller(self, query: Query) -> bool:
        """``User.find_one(User.username == token["sub"])``: the caller's own row, and what it holds.

        A user asked for by the id of another service, as ``User.telegram_id == message.from_user.id``, is who sent it.
        """
        return any(
            atom.value >= 0
            and atom.op not in NEGATIVE
            and (self.principals.is_principal(query.module, atom.value) or _FOREIGN.search(atom.column[-1]))
            for atom in self.queries.atoms(query)
        )

    def returns_rows(self, function: FunctionInfo) -> bool:
        """Tell whether a function hands out owned rows."""
        found = self._getters.get(function)
        if found is None:
            # A function that calls itself adds no rows by that.
            self._getters[function] = False
            found = self._getters[function] = any(
                event.op in {"return", "yield"}
                and event.term >= 0
                and not isinstance(function.module.terms[event.term], (Compare, Not))
                and self.gives(function, event.term)
                for event in function.events
            )
        return found
