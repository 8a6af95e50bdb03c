"""Forms and serializers that let the client set a row's owner: Django's ``ModelForm``, generic views and DRF.

Sources: Django's documentation on ``ModelForm`` ("Selecting the fields to use"), Django REST framework's on
``ModelSerializer`` ("Specifying which fields to include", "Specifying read only fields").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassValue, Place
from statelint.analysis.ownership import OwnerKind
from statelint.analysis.proofs import Proof
from statelint.analysis.proofs.naming import called_name
from statelint.analysis.reach import Reach
from statelint.extract.facts import Attr, Call, Const, Item, Mapping, Sequence
from statelint.source.roles import is_offline_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import ClassInfo, FunctionInfo, Module
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs import Judge
    from statelint.extract.facts import Binding, TermId

_SCHEMAS = ("ModelSerializer", "ModelForm")
"""What the names of classes end with whose subclasses take a model's fields from the client."""
_MAKES = ("CreateAPIView", "ListCreateAPIView", "ModelViewSet", "CreateModelMixin", "CreateView")
_CHANGES = (
    "UpdateAPIView", "RetrieveUpdateAPIView", "RetrieveUpdateDestroyAPIView", "ModelViewSet", "UpdateModelMixin",
    "UpdateView",
)  # fmt: skip
_SERVER_SIDE = frozenset({"HiddenField", "ReadOnlyField", "StringRelatedField", "SerializerMethodField"})
"""Fields of serializers that no client writes."""
_OWN_NAME = re.compile(
    r"^(?!(mentioned|tagged|target|invited|follow(ed|ing)|blocked|reported|rated|reviewed|liked|to|other|second)_)"
    r"(\w+_)?(user|owner|account|profile)(_id|_uuid)?$"
)
"""Owners that a client has no business to name, as opposed to recipients, members and patients."""
JOINS = re.compile(r"member|invit|participa|assign|shar|collab|permission|role|follow|friend|guest|access|grant", re.I)
"""Models whose rows are made about others."""
_READS = ("get_queryset", "get_context_data", "get_success_url", "__str__", "list", "retrieve")
"""Methods that have no part in what is written."""
_UNSAFE = frozenset({"post", "put", "patch"})


class OpenField(NamedTuple):
    """``schema`` lets the client give ``column`` of ``model``, whose rows ``use`` makes or changes with it."""

    place: Place
    schema: str
    model: str
    column: str
    use: Place
    new: bool
    """Whether rows are made, as opposed to changed."""


class OpenFields:
    """Finds them: the field is writable, the caller is known, and nobody sets the owner instead."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference

    def found(self) -> Iterator[OpenField]:
        """Yield each schema and column once, at the first view or function that uses it."""
        seen = set()
        for field in (*self._of_views(), *self._of_calls()):
            key = (field.place, field.column)
            if key not in seen:
                seen.add(key)
                yield field

    def _of_views(self) -> Iterator[OpenField]:
        for module in self.inference.modules:
            if is_offline_path(module.path):
                continue
            for klass in module.classes:
                kinds = {base.rpartition(".")[2] for base in self.inference.external_bases(klass)}
                new, changed = not kinds.isdisjoint(_MAKES), not kinds.isdisjoint(_CHANGES)
                if (
                    not (new or changed)
                    or self._reads_only(klass)
                    or not self.judge.guards.logins.class_knows_caller(klass)
                ):
                    continue
                if self.judge.guards.permissions.of_class(klass) is not None:
                    continue
                for schema, model, names, place in self._schemas(klass):
                    for column in self._open(schema, model, names):
                        if not self._settled_by(klass, column) and not self._settled_by(schema, column):
                            use = Place(module, klass.facts.position)
                            yield OpenField(place, schema.name, model.name, column, use, new)

    def _schemas(self, view: ClassInfo) -> Iterator[tuple[ClassInfo, Model, _Names, Place]]:
        """Yield the serializer or form of a view; a Django view with ``fields`` makes its own."""
        binding = _inherited(self.inference.mro(view)[0], "fields")
        model = self._model(view, "model") or self._model(view, "queryset")
        if binding is not None and model is not None:
            owner, held = binding
            yield view, model, _Names(owner.module, held.value, -1), Place(owner.module, held.position)
            return
        if any(klass.method("get_serializer_class") for klass in self.inference.mro(view)[0]):
            return
        for name in ("serializer_class", "form_class"):
            named = _inherited(self.inference.mro(view)[0], name)
            if named is not None:
                for value in self.inference.term(named[0].module, named[1].value):
                    if isinstance(value, ClassValue):
                        yield from self._schema(value.klass)
                return

    def _of_calls(self) -> Iterator[OpenField]:
        """``NoteSerializer(data=request.data)`` and ``NoteForm(request.POST)`` in functions that save them."""
        for module in self.inference.modules:
            for function in module.functions:
                for event, call in function.calls:
                    if not self._is_filled(module, call):
                        continue
                    for value in self.inference.term(module, call.func):
                        if isinstance(value, ClassValue) and self.judge.reach.of(function) is Reach.SERVED:
                            given = {name for name, _ in call.keywords}
                            # A serializer's first argument is the row, a form's is the data.
                            new = "instance" not in given and not (call.args and "data" in given)
                            use = Place(module, event.position)
                            yield from self._of_call(function, event.term, value.klass, use, new=new)

    def _of_call(
        self, function: FunctionInfo, made: TermId, schema: ClassInfo, use: Place, *, new: bool
    ) -> Iterator[OpenField]:
        for klass, model, names, place in self._schema(schema):
            if (
                self._saved(function, made)
                and self.judge.guards.logins.knows_caller(function)
                and self.judge.guards.guard_before(function, []) not in {Proof.ADMIN, Proof.SERVICE}
            ):
                for column in self._open(klass, model, names):
                    if not self._settles(function, column) and not self._settled_by(klass, column):
                        yield OpenField(place, klass.name, model.name, column, use, new)

    @staticmethod
    def _is_filled(module: Module, call: Call) -> bool:
        """Tell whether a form or serializer is given the request's data as it is."""
        term = next((value for name, value in call.keywords if name == "data"), call.args[0] if call.args else -1)
        held = module.terms[term] if term >= 0 else None
        while isinstance(held, Call):
            func = module.terms[held.func]
            # request.data.copy(), dict(request.data)
            inner = func.base if isinstance(func, Attr) else held.args[0] if held.args else -1
            held = module.terms[inner] if inner >= 0 else None
        return isinstance(held, Attr) and held.name in {"data", "POST"}

    def _saved(self, function: FunctionInfo, made: TermId) -> bool:
        module = function.module
        holds = self.judge.queries.containment(module).holds
        return any(called_name(module, call) == "save" and holds(call.func, made) for _, call in function.calls)

    def _schema(self, klass: ClassInfo) -> Iterator[tuple[ClassInfo, Model, _Names, Place]]:
        """Yield a serializer or form with its model and what it says about fields."""
        if not any(base.endswith(_SCHEMAS) for base in self.inference.external_bases(klass)):
            return
        metas = [
            owner.module.classes[index]
            for owner in self.inference.mro(klass)[0]
            if (index := owner.facts.inner.get("Meta")) is not None
        ]
        metas = [each for meta in metas for each in self.inference.mro(meta)[0]]
        model = next((found for meta in metas if (found := self._model(meta, "model"))), None)
        fields, left_out = _inherited(metas, "fields"), _inherited(metas, "exclude")
        named = fields or left_out
        if model is None or named is None or _inherited(metas, "depth") is not None:
            return
        home = named[0].module
        names = _Names(home, fields[1].value if fields else -1, left_out[1].value if left_out else -1)
        closed = [_inherited(metas, name) for name in ("read_only_fields", "extra_kwargs")]
        read_only = tuple((found[0].module, found[1].value) for found in closed if found is not None)
        yield klass, model, names._replace(read_only=read_only), Place(home, named[1].position)

    def _model(self, klass: ClassInfo, name: str) -> Model | None:
        found = _inherited(self.inference.mro(klass)[0], name)
        if found is None or found[1].value < 0:
            return None
        owner, binding = found
        chains = self.judge.queries.chains(owner.module, binding.value)
        models = [chain.model for chain in chains]
        models += [
            self.judge.ownership.model_of(value.klass)
            for value in self.inference.term(owner.module, binding.value)
            if isinstance(value, ClassValue)
        ]
        return next((model for model in models if model is not None and model.owned), None)

    def _open(self, schema: ClassInfo, model: Model, names: _Names) -> Iterator[str]:
        """Yield the owner columns that a schema takes from the client."""
        if JOINS.search(model.name):
            return
        for path in model.paths:
            column = path.columns[0]
            if len(path.columns) > 1 or path.kind is not OwnerKind.OWNER or not _OWN_NAME.match(column):
                continue
            if names.allow(column) and not self._declared_closed(schema, column) and self._editable(model, column):
                yield column

    def _declared_closed(self, schema: ClassInfo, column: str) -> bool:
        """Tell whether a serializer declares the field itself as one that only the server fills."""
        found = _inherited(self.inference.mro(schema)[0], column)
        if found is None:
            return False
        module, term = found[0].module, found[1].value
        held = module.terms[term] if term >= 0 else None
        if not isinstance(held, Call):
            return True
        name = called_name(module, held)
        return (
            name in _SERVER_SIDE
            or name.endswith("Serializer")
            or any(keyword in {"read_only", "default"} for keyword, _ in held.keywords)
        )

    @staticmethod
    def _editable(model: Model, column: str) -> bool:
        binding = model.klass.attribute(column) if model.klass is not None else None
        held = model.module.terms[binding.value] if binding is not None and binding.value >= 0 else None
        return not isinstance(held, Call) or not any(
            name == "editable" and isinstance(shown := model.module.terms[value], Const) and shown.value is False
            for name, value in held.keywords
        )

    def _reads_only(self, view: ClassInfo) -> bool:
        found = _inherited(self.inference.mro(view)[0], "http_method_names")
        if found is None or found[1].value < 0:
            return False
        items = getattr(found[0].module.terms[found[1].value], "items", ())
        return not _UNSAFE & {(found[0].module.text(item) or "").lower() for item in items}

    def _settled_by(self, klass: ClassInfo, column: str) -> bool:
        """Tell whether a method of a view, form or serializer sets the owner, or looks at the caller."""
        return any(
            self._settles(owner.module.functions[index], column)
            for owner in self.inference.mro(klass)[0]
            for name, index in owner.facts.methods.items()
            if not name.startswith(_READS)
        )

    def _settles(self, function: FunctionInfo, column: str) -> bool:
        """Tell whether a function names the owner in what it writes or hands on, or weighs who is calling."""
        module = function.module
        names = {column, column.removesuffix("_id"), f"{column}_id"}
        for event in function.events:
            held = module.terms[event.term] if event.term >= 0 else None
            if event.op == "write" and (
                (isinstance(held, Attr) and held.name in names)
                or (isinstance(held, Item) and module.text(held.key) in names)
            ):
                return True
            if isinstance(held, Call) and (
                any(name in names for name, _ in held.keywords)
                or any(module.text(argument) in names for argument in held.args)
            ):
                return True
        return self.judge.regard.weighs(function)


class _Names(NamedTuple):
    """What a schema says about its fields; terms of ``module``."""

    module: Module
    fields: TermId
    left_out: TermId
    read_only: tuple[tuple[Module, TermId], ...] = ()

    def allow(self, column: str) -> bool:
        """Tell whether the client may give a column, as far as is said."""
        if any(self._names(module, term, column) for module, term in self.read_only):
            return False
        if self.fields >= 0:
            held = self.module.terms[self.fields]
            if self.module.text(self.fields) == "__all__":
                return True
            if isinstance(held, Attr):
                # serializers.ALL_FIELDS
                return held.name == "ALL_FIELDS"
            return self._names(self.module, self.fields, column)
        listed = self.left_out >= 0 and isinstance(self.module.terms[self.left_out], Sequence)
        return listed and not self._names(self.module, self.left_out, column)

    @staticmethod
    def _names(module: Module, term: TermId, column: str) -> bool:
        held = module.terms[term]
        items = held.items if isinstance(held, Sequence) else held.keys if isinstance(held, Mapping) else ()
        return any(item >= 0 and module.text(item) == column for item in items)


def _inherited(classes: tuple[ClassInfo, ...] | list[ClassInfo], name: str) -> tuple[ClassInfo, Binding] | None:
    """Return the first class that sets an attribute, with what it sets."""
    for klass in classes:
        binding = klass.attribute(name)
        if binding is not None:
            return klass, binding
    return None
