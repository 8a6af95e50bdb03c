"""Stored models, and whom their rows belong to: owner columns, foreign keys and what follows from them."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import ClassInfo, ClassValue, External, Instance
from statelint.extract.facts import Attr, Call, Const, Item, Name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import Module
    from statelint.config.settings import Settings
    from statelint.extract.facts import Binding, Position, TermId

TENANT_SHARE = 5
"""So many models must refer to what a user belongs to for it to be the tenant, and not a role or a country."""
MAX_PARENTS = 3
"""Longer chains of foreign keys are too weak a sign of ownership."""

_COLUMN_CALLS = re.compile(
    r"(^|\.)(Column|mapped_column|column_property|Field|\w+Field|Required|Optional|PrimaryKey|Set|ForeignKey|ManyToMany"
    r"|OneToOne\w*|relationship|Relationship|backref|dynamic_loader|Varchar|Text|Integer|Serial|UUID|Boolean|Timestamp\w*|JSONB?|Reference|Relation)$"
)
_FOREIGN_KEY_CALLS = frozenset(
    {
        "ForeignKey", "ForeignKeyField", "OneToOneField", "OneToOne", "DeferredForeignKey", "ReferenceField",
        "LazyReferenceField", "CachedReferenceField", "Reference", "TenantForeignKey", "ParentalKey",
    }
)  # fmt: skip
_MANY_CALLS = frozenset({"ManyToManyField", "ManyToMany", "M2M", "Set"})
_RELATION_CALLS = frozenset({"relationship", "Relationship", "dynamic_loader", "relation"})
_TABLE_ATTRIBUTES = frozenset({"__tablename__", "__table__"})
_PASSWORDS = frozenset({"password", "hashed_password", "password_hash", "passwd", "pwd_hash", "encrypted_password"})

_LOGINS = frozenset({"email", "username", "user_name", "login", "phone", "phone_number"})


def snake(name: str) -> str:
    """Return ``name`` in snake case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower().strip("_")


class OwnerKind(StrEnum):
    """What an owner column says."""

    OWNER = "owner"
    TENANT = "tenant"
    MEMBERSHIP = "membership"
    ATTRIBUTION = "attribution"


class Column(NamedTuple):
    """A column or relation of a model; ``target`` is the model it refers to."""

    name: str
    target: str
    """Name of a class or table, as far as the declaration tells; resolved by ``Ownership``."""
    is_key: bool
    """A foreign key (or the reference of a document), as opposed to a relation."""
    many: bool
    position: Position
    module: Module


class OwnerPath(NamedTuple):
    """How rows of a model lead to their owner: columns from parent to parent, ending in the owner column."""

    columns: tuple[str, ...]
    kind: OwnerKind

    def __str__(self) -> str:
        return ".".join(self.columns)


class Model:
    """A stored model: a class of the project, or a table, collection or vector store that no class declares.

    ``klass`` is None for the latter; ``store`` tells a ``vector`` store from a ``table`` and its like.
    """

    def __init__(
        self,
        klass: ClassInfo | None,
        table: str,
        columns: dict[str, Column],
        *,
        name: str,
        module: Module,
        store: str = "table",
    ) -> None:
        self.klass = klass
        self.store = store
        self.name = name
        self.module = module
        """Where it is declared, or first used."""
        self.table = table
        self.columns = columns
        self.is_principal = False
        self.is_tenant = False
        self.is_public = False
        self.paths: tuple[OwnerPath, ...] = ()
        self.parents: dict[str, Model] = {}
        """Foreign key column → owned parent model."""

    def __repr__(self) -> str:
        return f"<model {self.name}>"

    @property
    def owned(self) -> bool:
        """Whether rows belong to somebody."""
        return bool(self.paths) and not self.is_public

    @property
    def kind(self) -> OwnerKind | None:
        """The strongest kind of its owner paths."""
        kinds = [path.kind for path in self.paths]
        return min(kinds, key=list(OwnerKind).index) if kinds else None

    @property
    def own_columns(self) -> frozenset[str]:
        """The model's own columns that hold an owner."""
        return frozenset(path.columns[0] for path in self.paths if len(path.columns) == 1)


class Ownership:
    """The models of a project and their owner paths."""

    def __init__(self, inference: Inference, settings: Settings, tables: Iterable[Model] = ()) -> None:
        """Find the models that classes declare; ``tables`` are those known without a class."""
        self.inference = inference
        self.settings = settings
        names = inference.catalogue.ownership
        self._owner_names = names["owner_columns"] | {snake(name) for name in settings.owner_columns}
        self._tenant_names = names["tenant_columns"]
        self._attribution_names = names["attribution_columns"]
        self._principal_names = names["principal_models"]
        self._tenant_models = names["tenant_models"]
        self._private = names["private_models"]
        self.models: dict[ClassInfo | str, Model] = {}
        """By class, or by name where there is none."""
        self._by_name: dict[str, list[Model]] = {}
        self._by_table: dict[str, Model] = {}
        self._vector_stores: dict[str, Model] = {}
        self._find_models()
        self._add_tables(tables)
        self._find_owners()

    # -- questions

    def model_of(self, klass: ClassInfo) -> Model | None:
        """Return the model that a class declares."""
        return self.models.get(klass)

    def named(self, name: str, near: Module | None = None) -> Model | None:
        """Return the model of a class or table name; among several, one of the same module or folder."""
        plain = name.rpartition(".")[2]
        found = self._by_name.get(plain)
        if found:
            if near is not None and len(found) > 1:
                found = sorted(found, key=lambda model: _distance(model.module, near))
            return found[0]
        return self._by_table.get(plain) or self._by_table.get(name)

    def vector_store(self, name: str) -> Model | None:
        """Return the vector store that the code calls ``name``."""
        return self._vector_stores.get(name)

    def column_kind(self, column: str) -> OwnerKind | None:
        """Return what a column's name alone says about ownership."""
        name = snake(column)
        stem = re.sub(r"_(id|ids|uuid|pk|fk|identifier)$", "", name)
        if name in self._owner_names or stem in self._owner_names:
            return OwnerKind.OWNER
        if name in self._tenant_names or stem in self._tenant_names:
            return OwnerKind.TENANT
        if name in self._attribution_names or stem in self._attribution_names or stem.endswith("_by"):
            return OwnerKind.ATTRIBUTION
        return None

    def is_private_name(self, name: str) -> bool:
        """Tell whether a model of this name, whose definition is not in sight, surely belongs to users."""
        plain = re.sub(r"^(user|my)_|_(model|table|orm|db|entity|list|item|entry|record)$", "", snake(name))
        return plain in self._private or plain.removesuffix("s") in self._private

    # -- models

    def _find_models(self) -> None:
        for module in self.inference.modules:
            for klass in module.classes:
                if self._is_model(klass):
                    columns = self._columns(klass)
                    self.models[klass] = Model(klass, self._table(klass), columns, name=klass.name, module=module)
        for model in self.models.values():
            self._by_name.setdefault(model.name, []).append(model)
            for table in {model.table, snake(model.name), snake(model.name) + "s", model.name.lower()}:
                self._by_table.setdefault(table, model)
        for model in self.models.values():
            self._by_table[model.table] = model

    def _add_tables(self, tables: Iterable[Model]) -> None:
        """A table that no class stands for is a model of its own."""
        known = set(self._by_table) | set(self._by_name)
        for model in tables:
            if model.store == "vector":
                self.models[f"{model.store} {model.name}"] = self._vector_stores[model.name] = model
            elif model.table not in known:
                self.models[model.table] = self._by_table[model.table] = model

    def _is_model(self, klass: ClassInfo) -> bool:
        """A class is a model when its bases say so, or when it names a table or declares columns on an unknown base."""
        classes, outside = self.inference.mro(klass)
        if any(name == "table" and _truth(klass.module, value) for name, value in klass.facts.keywords):
            return True
        names = {binding.name for binding in klass.facts.attributes}
        if "__abstract__" in names or self._is_abstract(klass):
            return False
        if names & _TABLE_ATTRIBUTES:
            return True
        catalogue = self.inference.catalogue
        if any(catalogue.role(base, "model") for base in outside):
            return bool(klass.facts.attributes) and not any(base.endswith("SQLModel") for base in outside)
        if any(catalogue.role(base, "schema") for base in outside):
            return False
        if any(base.endswith("SQLModel") for base in outside):
            return False
        if any(base.endswith(("Model", "Document", "Entity", "Base")) for base in outside) or (
            klass.facts.bases and not outside and len(classes) == 1
        ):
            return sum(self._is_column(klass.module, binding) for binding in klass.facts.attributes) >= 2
        return False

    def _is_abstract(self, klass: ClassInfo) -> bool:
        meta = klass.facts.inner.get("Meta")
        if meta is None:
            return False
        binding = klass.module.classes[meta].attribute("abstract")
        return binding is not None and _truth(klass.module, binding.value)

    @staticmethod
    def _is_column(module: Module, binding: Binding) -> bool:
        held = module.terms[binding.value] if binding.value >= 0 else None
        return isinstance(held, Call) and _COLUMN_CALLS.search(_last_name(module, held.func)) is not None

    def _table(self, klass: ClassInfo) -> str:
        for name in ("__tablename__",):
            binding = klass.attribute(name)
            text = klass.module.text(binding.value) if binding is not None else None
            if text:
                return text
        meta = klass.facts.inner.get("Meta") or klass.facts.inner.get("Settings")
        if meta is not None:
            for name in ("db_table", "table", "table_name", "name", "collection"):
                binding = klass.module.classes[meta].attribute(name)
                text = klass.module.text(binding.value) if binding is not None else None
                if text:
                    return text
        return snake(klass.name)

    def _columns(self, klass: ClassInfo) -> dict[str, Column]:
        columns: dict[str, Column] = {}
        for owner in reversed(self.inference.mro(klass)[0]):
            for binding in owner.facts.attributes:
                column = self._column(owner.module, binding)
                if column is not None:
                    columns[binding.name] = column
            for name, index in owner.facts.methods.items():
                function = owner.module.functions[index]
                if any("declared_attr" in owner.module.dotted(d) for d in function.facts.decorators):
                    for event in function.events:
                        if event.op == "return" and event.term >= 0:
                            target, is_key, many = self._reference(owner.module, event.term)
                            columns[name] = Column(name, target, is_key, many, function.facts.position, owner.module)
        return columns

    def _column(self, module: Module, binding: Binding) -> Column | None:
        if binding.name.startswith("__") or (binding.value < 0 and binding.annotation < 0):
            return None
        target, is_key, many = ("", False, False)
        if binding.value >= 0:
            target, is_key, many = self._reference(module, binding.value)
        if not target and binding.annotation >= 0:
            target, many = self._annotated_target(module, binding.annotation)
        return Column(binding.name, target, is_key, many, binding.position, module)

    def _reference(self, module: Module, term: TermId, depth: int = 0) -> tuple[str, bool, bool]:
        """Return what a column declaration refers to: target name, whether by key, whether to many."""
        held = module.terms[term]
        if not isinstance(held, Call) or depth > 3:
            return "", False, False
        name = _last_name(module, held.func).rpartition(".")[2]
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
                return self._reference(module, value, depth + 1)
        for argument in held.args:
            found = self._reference(module, argument, depth + 1)
            if found[0]:
                return found
            for meant in self.inference.term(module, argument):
                if isinstance(meant, ClassValue) and name in {"Required", "Optional"}:
                    return meant.klass.name, True, False
        return "", False, False

    def _target(self, module: Module, call: Call) -> str:
        terms = [
            *call.args[:1],
            *(value for name, value in call.keywords if name in {"to", "model", "document_type", "argument"}),
        ]
        for term in terms:
            text = module.text(term)
            if text is not None:
                if text == "self":
                    return ""
                # SQLAlchemy writes "table.column", Django "app.Model".
                head, _, tail = text.rpartition(".")
                return tail if tail[:1].isupper() or not head else head.rpartition(".")[2]
            if "AUTH_USER_MODEL" in module.dotted(term) or "get_user_model" in _last_name(
                module, getattr(module.terms[term], "func", term)
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
                if isinstance(value, External):
                    return value.name.rpartition(".")[2]
            if isinstance(held, Name):
                return held.id
        return ""

    def _annotated_target(self, module: Module, annotation: TermId) -> tuple[str, bool]:
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
                target, many = self._annotated_target(module, held.key)
                return target, many or name in {"List", "list", "DynamicMapped", "WriteOnlyMapped"}
            return "", False
        if isinstance(held, Const) and isinstance(held.value, str):
            return (held.value, False) if held.value[:1].isupper() else ("", False)
        for value in self.inference.annotation(module, annotation):
            if isinstance(value, Instance) and value.klass is not None:
                return value.klass.name, False
        return "", False

    # -- owners

    def _find_owners(self) -> None:
        public = set(self.settings.public_models)
        for model in self.models.values():
            model.is_public = model.name in public
            model.is_principal = self._is_principal(model)
            model.is_tenant = not model.is_principal and snake(model.name) in self._tenant_models
        for model in self._tenants_of_principals():
            model.is_tenant = True
        for model in self.models.values():
            model.paths = tuple(self._direct(model))
        for _ in range(MAX_PARENTS):
            changed = False
            for model in self.models.values():
                if model.is_principal or model.is_tenant:
                    continue
                for column in model.columns.values():
                    parent = self.named(column.target, column.module) if column.is_key and column.target else None
                    if parent is None or parent is model or parent.is_principal or parent.is_tenant or not parent.owned:
                        continue
                    model.parents[column.name] = parent
                    for path in parent.paths:
                        longer = OwnerPath((column.name, *path.columns), path.kind)
                        if len(longer.columns) <= MAX_PARENTS + 1 and longer not in model.paths and not _loops(longer):
                            model.paths = (*model.paths, longer)
                            changed = True
            if not changed:
                break

    def _tenants_of_principals(self) -> Iterator[Model]:
        """Yield what every user belongs to and most other rows do, too: it is the tenant, whatever it is called."""
        pointing: dict[Model, int] = {}
        for model in self.models.values():
            targets = {
                self.named(column.target, column.module)
                for column in model.columns.values()
                if column.is_key and column.target
            }
            for target in targets:
                if target is not None and target is not model:
                    pointing[target] = pointing.get(target, 0) + 1
        for user in self.models.values():
            if not user.is_principal:
                continue
            for column in user.columns.values():
                target = self.named(column.target, column.module) if column.is_key and column.target else None
                if (
                    target is not None
                    and not target.is_principal
                    and pointing.get(target, 0) >= TENANT_SHARE
                    and not self._refers_to_principal(target)
                ):
                    yield target

    def _refers_to_principal(self, model: Model) -> bool:
        return any(
            target is not None and target.is_principal
            for column in model.columns.values()
            if column.is_key and column.target
            for target in (self.named(column.target, column.module),)
        )

    def _is_principal(self, model: Model) -> bool:
        if model.name in self.settings.principal_models:
            return True
        bases = self.inference.external_bases(model.klass) if model.klass is not None else ()
        if any(
            base.rpartition(".")[2] in {"AbstractUser", "AbstractBaseUser", "UserMixin"} or "BaseUserTable" in base
            for base in bases
        ):
            return True
        name = snake(model.name)
        if name in self._principal_names or (model.klass is None and name.removesuffix("s") in self._principal_names):
            return True
        names = {snake(name) for name in model.columns}
        return bool(_PASSWORDS & names) and bool(_LOGINS & names)

    def _direct(self, model: Model) -> Iterator[OwnerPath]:
        if model.is_principal:
            return
        for column in model.columns.values():
            named = self.column_kind(column.name)
            target = self.named(column.target, column.module) if column.target else None
            to_user = target.is_principal if target is not None else snake(column.target) in self._principal_names
            to_tenant = target.is_tenant if target is not None else snake(column.target) in self._tenant_models
            if to_user and column.many:
                yield OwnerPath((column.name,), OwnerKind.MEMBERSHIP)
            elif to_user:
                yield OwnerPath(
                    (column.name,), OwnerKind.ATTRIBUTION if named is OwnerKind.ATTRIBUTION else OwnerKind.OWNER
                )
            elif to_tenant and not column.many:
                yield OwnerPath((column.name,), OwnerKind.TENANT)
            elif named is not None and not column.target and not (model.is_tenant and named is OwnerKind.TENANT):
                yield OwnerPath((column.name,), named)


def _loops(path: OwnerPath) -> bool:
    return len(set(path.columns)) < len(path.columns)


def _distance(left: Module, right: Module) -> int:
    common = 0
    for a, b in zip(left.parts, right.parts, strict=False):
        if a != b:
            break
        common += 1
    return len(left.parts) + len(right.parts) - 2 * common


def _last_name(module: Module, term: TermId) -> str:
    held = module.terms[term]
    if isinstance(held, Attr):
        return held.name
    return held.id if isinstance(held, Name) else ""


def _truth(module: Module, term: TermId) -> bool:
    held = module.terms[term] if term >= 0 else None
    return isinstance(held, Const) and held.value is True
