"""Whom the rows of models belong to: owner columns, foreign keys and what follows from them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.ownership.declarations import Declarations
from statelint.analysis.ownership.directories import Directories
from statelint.analysis.ownership.guesses import guess_references
from statelint.analysis.ownership.schema import Model, OwnerKind, OwnerPath, snake
from statelint.analysis.ownership.tables import TableObjects
from statelint.analysis.ownership.tenants import Tenants
from statelint.analysis.ownership.users import LOGINS, PASSWORDS, PERSONAL, Users

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import ClassInfo, Module
    from statelint.analysis.ownership.schema import Column
    from statelint.config.settings import Settings
    from statelint.extract.facts import TermId

MAX_PARENTS = 3
"""Longer chains of foreign keys are too weak a sign of ownership."""
_KEPT = frozenset(
    {"saved", "save", "favorite", "favourite", "bookmarked", "draft", "hidden", "private", "scheduled", "direct"}
)
"""Words by which a user's own relation to what is published is told from it."""
_RIGHTS = frozenset({"role", "permission", "privilege", "scope", "user_role", "user_permission"})
"""What users are given, and is nobody's for that."""
_PEOPLE = frozenset(
    {"client", "customer", "contact", "lead", "patient", "student", "person", "guest", "visitor", "player"}
)
"""Models whose rows have a name of their own."""
_LATEST = re.compile(r"^(last|latest|most_recent|previous)_")
"""Beginnings of columns that note the latest of many, as ``forum.last_post_user_id`` does: rows are not its user's."""
_IN_CHARGE = re.compile(
    r"(^|_)(head|hod|in_?charge|chief|dean|warden|director|chair(man|person)?|principal)(_|$)|^default_(?!account|wallet)"
)
"""Columns that say who runs something (``department.head_doctor_id``), or gets what nobody is named for
(``queue.default_owner``): such rows are for all who work there."""
_DONE_BY = re.compile(
    r"^(?!(\w+_)?(superseded|replaced|blocked|caused|triggered|preceded|followed|sort|sorted|order|ordered|group|grouped)_by$)"
    r".*_by$"
)
"""Columns that say who did something, and not which row came instead."""
_SIGNS = frozenset({"username", "user_name", "uname"})
"""Columns that say whose a row is, unless the rows are people."""
_TALK = re.compile(r"(^|_)(message|chat|room|log|session|token|login|score)s?($|_)")
"""Rows that bear the name of a user and are not that user's to keep, or to guard."""
_SAID = re.compile(r"(^|_)(message|msg|chat)s?($|_)")
"""Columns of what somebody said to others, whatever its table is called."""
_CONTACTS = frozenset({"email", "phone", "phone_number"})
_OFFERED = frozenset({"title", "description", "price", "logo"})
"""Columns of ads and firms, whose contacts are there for everybody."""


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
        self._published = names["published_models"]
        self._directories = Directories(names)
        self._labels = names["label_columns"]
        self._audience = names["audience_columns"]
        self._kinds: dict[str, OwnerKind | None] = {}
        self.models: dict[ClassInfo | str, Model] = {}
        """By class, or by name where there is none."""
        self._by_name: dict[str, list[Model]] = {}
        self._by_table: dict[str, Model] = {}
        self._vector_stores: dict[str, Model] = {}
        self._tables = TableObjects(inference)
        self._users: Model | None = None
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

    def users_of_framework(self, near: Module) -> Model:
        """Return the model of the framework's users: the project's own where it declares one."""
        if self._users is None:
            named = self.inference.catalogue.principal_models
            own = [
                model
                for model in self.models.values()
                if model.klass is not None and not named.isdisjoint(self.inference.external_bases(model.klass))
            ]
            self._users = own[0] if len(own) == 1 else Model(None, "auth_user", {}, name="User", module=near)
            self._users.is_principal = True
        return self._users

    def table_at(self, module: Module, term: TermId) -> Model | None:
        """Return the model whose ``Table`` object ``term`` names."""
        table = self._tables.at(module, term)
        return self._by_table.get(table.table) if table is not None and table.klass is None else table

    def vector_store(self, name: str) -> Model | None:
        """Return the vector store that the code calls ``name``."""
        return self._vector_stores.get(name)

    def column_kind(self, column: str) -> OwnerKind | None:
        """Return what a column's name alone says about ownership."""
        if column not in self._kinds:
            self._kinds[column] = self._named_kind(column)
        return self._kinds[column]

    def _named_kind(self, column: str) -> OwnerKind | None:
        name = snake(column)
        # user1_id and user_id2 are two users.
        stem = re.sub(r"_?\d+$", "", re.sub(r"^id_|_(id|ids|uid|uuid|guid|pk|fk|identifier)_?\d*$", "", name))
        if name in self._owner_names or stem in self._owner_names:
            return OwnerKind.OWNER
        if name in self._tenant_names or stem in self._tenant_names:
            return OwnerKind.TENANT
        if name in self._attribution_names or stem in self._attribution_names or _DONE_BY.search(stem):
            return OwnerKind.ATTRIBUTION
        return None

    def is_own_column(self, name: str) -> bool:
        """Tell whether some model's rows have their owner in a column of this name, or in one that it is the key of."""
        names = {name, name.removesuffix("_id")}
        return any(not names.isdisjoint(model.own_columns) for model in self.models.values())

    def is_label(self, column: Column) -> bool:
        """Tell whether a column, whatever its name means elsewhere, is plain text: ``merchant = Column(String)``."""
        return column.listed or (not column.target and not column.is_key and snake(column.name) in self._labels)

    def is_audience(self, relation: str) -> bool:
        """Tell whether a relation of this name is of those who look on, and own nothing: ``liked_by``."""
        return not {snake(relation), f"{snake(relation)}s"}.isdisjoint(self._audience)

    def _is_published(self, model: Model) -> bool:
        """Tell whether users write rows of a model for others to read: posts, comments, likes."""
        words = re.sub(r"_(model|table|orm|db|entity|schema)$", "", snake(model.name)).split("_")
        last = words[-1]
        return (last in self._published or last.removesuffix("s") in self._published) and not _KEPT & set(words)

    def is_directory(self, model: Model) -> bool:
        """Tell whether others read a model's rows to choose whom or what to deal with: doctors, job offers."""
        return self._directories.holds(model)

    def is_private_name(self, name: str) -> bool:
        """Tell whether a model of this name, whose definition is not in sight, surely belongs to users."""
        plain = re.sub(r"^(user|my)_|_(model|table|orm|db|entity|list|item|entry|record)$", "", snake(name))
        return plain in self._private or plain.removesuffix("s") in self._private

    def is_personal(self, model: Model) -> bool:
        """Tell whether rows of a model are surely not for everybody's eyes: conversations, orders, customers."""
        columns = {snake(name) for name in model.columns}
        logins = LOGINS - _CONTACTS if columns & _OFFERED else LOGINS
        if any(
            column.is_key and (user := self._target(column)) and user.is_principal for column in model.columns.values()
        ):
            # Questions that say by whom they were asked.
            logins = logins & _CONTACTS
        return self.is_private_name(model.name) or snake(model.name) in self._principal_names or bool(logins & columns)

    # -- models

    def _find_models(self) -> None:
        declarations = Declarations(self.inference)
        for module in self.inference.modules:
            for klass in module.classes:
                model = self._tables.mapped.get(klass) or declarations.model(klass)
                if model is not None:
                    self.models[klass] = model
        of_classes = {model.table for model in self.models.values()}
        for declared in self._tables.models.values():
            if declared.klass is None and declared.table not in of_classes:
                # One table may be declared more than once, as in branches.
                self.models.setdefault(declared.table, declared)
        for model in self.models.values():
            self._by_name.setdefault(model.name, []).append(model)
            for table in {model.table, snake(model.name), snake(model.name) + "s", model.name.lower()}:
                self._by_table.setdefault(table, model)
        for model in self.models.values():
            self._by_table[model.table] = model
        # Who declares foreign keys declares all of them.
        mute = [model for model in self.models.values() if not any(column.target for column in model.columns.values())]
        guess_references(mute, self.models.values())

    def _add_tables(self, tables: Iterable[Model]) -> None:
        """A table that no class stands for is a model of its own."""
        known = set(self._by_table) | set(self._by_name)
        for model in tables:
            if model.store == "vector":
                self.models[f"{model.store} {model.name}"] = self._vector_stores[model.name] = model
            elif model.table not in known:
                self.models[model.table] = self._by_table[model.table] = model

    # -- owners

    def _find_owners(self) -> None:
        public = set(self.settings.public_models)
        for model in self.models.values():
            model.is_public = model.name in public or snake(model.name).startswith("public_")
            model.is_published = self._is_published(model)
        Users(self.models.values(), self.inference, self.settings, self._target).mark()
        tenants = Tenants(
            self.models.values(), self.inference.modules, self._target, self._tenant_models, self._principal_names
        )
        for model in list(tenants.found()):
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
                    if _LATEST.match(snake(column.name)):
                        continue
                    model.parents[column.name] = parent
                    # An author's profile is the author's; what the author wrote is the author's no more than before.
                    named = self.column_kind(column.name)
                    wrote = named is OwnerKind.ATTRIBUTION or (named is OwnerKind.OWNER and model.is_published)
                    for path in parent.paths:
                        longer = OwnerPath((column.name, *path.columns), OwnerKind.ATTRIBUTION if wrote else path.kind)
                        if (
                            len(longer.columns) <= MAX_PARENTS + 1
                            and longer not in model.paths
                            and not self._loops(model, longer)
                        ):
                            model.paths = (*model.paths, longer)
                            changed = True
            if not changed:
                break

    def _loops(self, model: Model, path: OwnerPath) -> bool:
        """Tell whether a path leads back to a model where it has been: ``task.parent_task.user``."""
        seen = {model}
        at: Model | None = model
        for name in path.columns:
            column = at.columns.get(name) if at is not None else None
            at = self.named(column.target, column.module) if column is not None and column.target else None
            if at in seen:
                return True
            if at is not None:
                seen.add(at)
        return False

    def _target(self, column: Column) -> Model | None:
        return self.named(column.target, column.module) if column.target else None

    def _is_key_to(self, user: Model, model: Model) -> bool:
        return any(
            column.is_key and column.target and self.named(column.target, column.module) is model
            for column in user.columns.values()
        )

    def _direct(self, model: Model) -> Iterator[OwnerPath]:
        if model.is_principal:
            return
        for column in model.columns.values():
            name = snake(column.name)
            if _LATEST.match(name) or _IN_CHARGE.search(name) or _is_own_key(model, column):
                continue
            named = self.column_kind(column.name) if not self.is_label(column) else None
            if named is None and self._is_signed(model, column):
                named = OwnerKind.OWNER if self.is_private_name(model.name) else OwnerKind.ATTRIBUTION
            if model.is_published and named is OwnerKind.OWNER:
                named = OwnerKind.ATTRIBUTION
            target = self.named(column.target, column.module) if column.target else None
            to_user = target.is_principal if target is not None else snake(column.target) in self._principal_names
            to_tenant = target.is_tenant if target is not None else snake(column.target) in self._tenant_models
            if (
                target is not None
                and target.is_principal
                and not (column.is_key or model.is_tenant)
                and self._is_key_to(target, model)
            ):
                # The other side of user.role: a role has users, and belongs to none of them.
                continue
            if to_user and column.many and (snake(model.name) in _RIGHTS or self.is_audience(column.name)):
                continue
            if to_user and column.many and "price" in model.columns:
                # Whoever has bought what is sold does not own it.
                continue
            if to_user and column.many:
                yield OwnerPath((column.name,), OwnerKind.MEMBERSHIP)
            elif to_user:
                # What stays when a reviewer leaves is no reviewer's.
                by_author = model.is_published or named is OwnerKind.ATTRIBUTION or (column.kept and named is None)
                yield OwnerPath((column.name,), OwnerKind.ATTRIBUTION if by_author else OwnerKind.OWNER)
            elif to_tenant and not column.many:
                yield OwnerPath((column.name,), OwnerKind.TENANT)
            elif named is not None and not column.target and not (model.is_tenant and named is OwnerKind.TENANT):
                yield OwnerPath((column.name,), named)

    @staticmethod
    def _is_signed(model: Model, column: Column) -> bool:
        """Tell whether a column holds the name of the user whose a row is: ``tasks(id, username, title)``.

        Whoever writes a message signs it for others to read.
        """
        return (
            snake(column.name) in _SIGNS
            and snake(model.name).removesuffix("s") not in _PEOPLE
            and not (PASSWORDS | PERSONAL) & {snake(name) for name in model.columns}
            and not _TALK.search(snake(model.name))
            and not any(_SAID.search(snake(name)) for name in model.columns)
        )


def _is_own_key(model: Model, column: Column) -> bool:
    """Tell whether a column names the row itself: ``Customer.customer_id``."""
    name = snake(model.name)
    return not column.target and snake(column.name) in {f"{name}_id", f"{name.removesuffix('s')}_id", f"id_{name}"}


def _distance(left: Module, right: Module) -> int:
    common = 0
    for a, b in zip(left.parts, right.parts, strict=False):
        if a != b:
            break
        common += 1
    return len(left.parts) + len(right.parts) - 2 * common
