"""What a column's declaration refers to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import ClassValue, External, Instance, Result
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Const, Item, Name

if TYPE_CHECKING:
    from statelint.analysis.inference import Inference
    from statelint.analysis.model import Module
    from statelint.extract.facts import TermId

_FOREIGN_KEY_CALLS = frozenset(
    {
        "ForeignKey", "ForeignKeyField", "OneToOneField", "OneToOne", "DeferredForeignKey", "ReferenceField",
        "LazyReferenceField", "CachedReferenceField", "Reference", "TenantForeignKey", "ParentalKey", "KeyProperty",
    }
)  # fmt: skip
_MANY_CALLS = frozenset({"ManyToManyField", "ManyToMany", "M2M", "Set"})
_LIST_CALLS = frozenset({"ListField", "SortedListField", "ArrayField", "ARRAY"})
_RELATION_CALLS = frozenset({"relationship", "Relationship", "dynamic_loader", "relation"})

_USER_MODELS = frozenset({"AUTH_USER_MODEL", "get_user_model"})
_KEEPING = frozenset({"SET_NULL", "SET_DEFAULT"})
_TARGET_KEYWORDS = frozenset({"to", "model", "document_type", "argument", "references", "kind"})

MEMBERS = re.compile(r"^(members?|participants?|users|collaborators)(_?ids?)?$", re.IGNORECASE)
"""Fields of documents that list the users whose they are."""


class References:
    """Reads foreign keys and relations in the spellings of the ORMs."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    @staticmethod
    def is_list(module: Module, term: TermId) -> bool:
        """Tell whether a column holds a list: ``ListField(ObjectIdField())``, ``Column(ARRAY(Integer))``."""
        return any(
            isinstance(held := module.terms[part], Call)
            and module.last_name(held.func).rpartition(".")[2] in _LIST_CALLS
            for part in walk(module, term)
        )

    def of(self, module: Module, term: TermId, depth: int = 0) -> tuple[str, bool, bool]:
        """Return what a column declaration refers to: target name, whether by key, whether to many."""
        held = module.terms[term]
        if not isinstance(held, Call) or depth > 3:
            return "", False, False
        name = module.last_name(held.func).rpartition(".")[2]
        if name in _FOREIGN_KEY_CALLS or name in _MANY_CALLS or name in _RELATION_CALLS:
            target = self._target(module, held)
            is_key = name in _FOREIGN_KEY_CALLS
            many = name in _MANY_CALLS or (name in _RELATION_CALLS and any(k == "secondary" for k, _ in held.keywords))
            return target, is_key, many
        for keyword, value in held.keywords:
            if keyword == "foreign_key":
                text = module.text(value)
                return (text or "").rpartition(".")[0], True, False
            if keyword in {"sa_column", "sa_relationship"}:
                return self.of(module, value, depth + 1)
        target = self._made_key(module, held)
        if target:
            return target, True, False
        for argument in held.args:
            found = self.of(module, argument, depth + 1)
            if found[0]:
                return (found[0], False, True) if name in _LIST_CALLS else found
            for meant in self.inference.term(module, argument):
                if isinstance(meant, ClassValue) and name in {"Required", "Optional"}:
                    return meant.klass.name, True, False
        return "", False, False

    def _made_key(self, module: Module, call: Call) -> str:
        """Return the table that ``reference_col("users")`` refers to, where a function makes foreign keys."""
        text = next((found for argument in call.args if (found := module.text(argument))), "")
        makes = text and any(
            function.module.last_name(made.func) in _FOREIGN_KEY_CALLS
            for function in self.inference.callees(module, call)
            for _, made in function.calls
        )
        return text.partition(".")[0] if makes else ""

    def _target(self, module: Module, call: Call) -> str:
        terms = [
            *call.args[:1],
            *(value for name, value in call.keywords if name in _TARGET_KEYWORDS),
        ]
        for term in terms:
            text = module.text(term)
            if text is not None:
                if text == "self":
                    return ""
                # SQLAlchemy writes "table.column", Django "app.Model".
                head, _, tail = text.rpartition(".")
                return tail if tail[:1].isupper() or not head else head.rpartition(".")[2]
            if "AUTH_USER_MODEL" in module.dotted(term) or "get_user_model" in module.last_name(
                getattr(module.terms[term], "func", term)
            ):
                return "User"
            held = module.terms[term]
            if isinstance(held, Attr):
                for value in self.inference.term(module, held.base):
                    if isinstance(value, ClassValue):
                        return value.klass.name
            for value in self.inference.term(module, term):
                if isinstance(value, ClassValue):
                    return value.klass.name
                if isinstance(value, (External, Result)) and value.name.rpartition(".")[2] in _USER_MODELS:
                    # ``Owner = settings.AUTH_USER_MODEL`` gives the user model a name of the module's own.
                    return "User"
                if isinstance(value, External):
                    return value.name.rpartition(".")[2]
            if isinstance(held, Name):
                return held.id
        return ""

    def annotated(self, module: Module, annotation: TermId) -> tuple[str, bool]:
        """Return the model named inside ``Mapped["User"]``, ``list["Item"]`` or ``Link[User]``."""
        held = module.terms[annotation]
        if isinstance(held, Item):
            name = module.dotted(held.base).rpartition(".")[2]
            if name in {
                "Mapped",
                "Optional",
                "Link",
                "BackLink",
                "List",
                "list",
                "ForeignKeyRelation",
                "Relationship",
                "DynamicMapped",
                "WriteOnlyMapped",
            }:
                target, many = self.annotated(module, held.key)
                return target, many or name in {"List", "list", "DynamicMapped", "WriteOnlyMapped"}
            return "", False
        if isinstance(held, Const) and isinstance(held.value, str):
            return (held.value, False) if held.value[:1].isupper() else ("", False)
        for value in self.inference.annotation(module, annotation):
            if isinstance(value, Instance) and value.klass is not None:
                return value.klass.name, False
        return "", False


def outlives(module: Module, column: TermId) -> bool:
    """Tell whether a row stays when what its column refers to is deleted: ``on_delete=models.SET_NULL``."""
    return any(
        module.last_name(part) in _KEEPING or (module.text(part) or "").upper() == "SET NULL"
        for part in walk(module, column)
    )
