"""Models whose rows a service shows to whoever asks: a shop's products, the ads of a market."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.ownership import snake
from statelint.analysis.proofs import Proof
from statelint.analysis.proofs.actions import SERVES
from statelint.analysis.proofs.naming import raw_names
from statelint.analysis.queries import gives_figures
from statelint.analysis.reach import Reach
from statelint.analysis.views import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from statelint.analysis.exposure import Exposures
    from statelint.analysis.model import ClassInfo
    from statelint.analysis.ownership import Model
    from statelint.analysis.proofs import Judge, Verdict

_READ_BY_ALL = re.compile(r"OrReadOnly$|OrAnonReadOnly$")
"""Permission classes that let everybody read, and say so."""


_ROOM = re.compile(r"(^|_)(room|chatroom|channel|forum|topic|lobby)s?(_(model|table|orm|db))?$")
"""Models of places where whoever comes may talk."""
_MESSAGE = re.compile(r"(chat_?)?messages?(_(model|table|orm|db))?$")
_SAID = re.compile(
    r"((message|msg)_)?(id|text|content|message|body|\w+_at|time(stamp)?|date|username|user|sender|author|created_by"
    r"|(is_)?edited)$"
)
"""What there is to a message in a chat of all with all: no receiver, no room, and no role of an assistant."""
_JOINED = re.compile(r"member|participant|subscri|invit|access|(^|_)(room|channel)s?_users?|users?_(room|channel)")
"""Models that say who may."""
_KEPT = re.compile(
    r"member|participant|user|host|owner|admin|creator|created_by|private|public|password|invit|type|kind"
)
"""Columns of places that are not for everybody."""

_OWNERS = frozenset({Proof.CHECKED, Proof.PREDICATE})
"""Proofs that ask for the owner of a row itself."""


class Publicity:
    """Tells whether everybody may read a model's rows; where nobody is asked who they are, nothing tells so."""

    def __init__(self, judge: Judge, exposures: Exposures, listed: Callable[[Verdict], bool]) -> None:
        """``listed`` tells whether a verdict is on a statement that names no rows in particular."""
        self.judge = judge
        self._exposures = exposures
        self._listed = listed

    def of(self, model: Model | None) -> bool:
        """Tell whether a model's rows are everybody's to read, by themselves or as parts of rows that are."""
        if model is None:
            return False
        shown = model in self._public and not self._exposures.everywhere("route")
        return shown or model in self._said_openly or self.judge.ownership.is_directory(model)

    @cached_property
    def _said_openly(self) -> frozenset[Model]:
        """What users say in rooms that are nobody's, and that have no members."""
        ownership = self.judge.ownership
        models = list(ownership.models.values())
        rooms = {
            model
            for model in models
            if _ROOM.search(snake(model.name))
            and not (model.owned or model.is_principal or model.is_tenant)
            and not any(_KEPT.search(snake(column)) for column in model.columns)
        }
        named = {
            model: {ownership.named(column.target, column.module) for column in model.columns.values() if column.target}
            for model in models
        }
        rooms -= {room for model in models if _JOINED.search(snake(model.name)) for room in named[model] if room}
        live = any(entry.kind == "websocket" for entries in self.judge.reach.entry_points.values() for entry in entries)
        return frozenset(
            model
            for model in models
            if (not rooms.isdisjoint(named[model] - {None}) or (live and self._is_said_to_all(model)))
            and all(len(path.columns) == 1 for path in model.paths)
            and len({path.columns[0].removesuffix("_id") for path in model.paths} - {"user"}) <= 1
        )

    @staticmethod
    def _is_said_to_all(model: Model) -> bool:
        """Tell whether a message is nothing but who said what and when: there is one chat, and all are in it."""
        owners = {path.columns[0] for path in model.paths}
        return (
            model.klass is not None
            and len(model.columns) > len(owners)
            and _MESSAGE.match(snake(model.name)) is not None
            and all(name in owners or _SAID.match(snake(name)) for name in model.columns)
        )

    @cached_property
    def _public(self) -> frozenset[Model]:
        found = set(self._shown)
        models = self.judge.ownership.models.values()
        while added := {model for model in models if model not in found and self._is_part(model, found)}:
            found |= added
        private = self.judge.ownership.is_personal
        return frozenset(found | {part for part, whole in self._parts_shown if whole in found and not private(part)})

    @cached_property
    def _parts_shown(self) -> frozenset[tuple[Model, Model]]:
        """What a route lists by the row above, asking nobody who is calling: the answers to a question, with both."""
        found = set()
        for verdict in self.judge.verdicts():
            query = verdict.query
            model = query.chain.model
            if model is None or verdict.proof is not None or not model.parents or self.judge.writes.of(query) != "read":
                continue
            asked = [atom.column[0] for atom in self.judge.queries.atoms(query) if atom.op == "=="]
            above = {parent for column, parent in model.parents.items() if column in asked}
            entry = self.judge.reach.root(verdict.way[0].caller if verdict.way else query.function)
            if above and entry is not None and entry.kind == "route" and not self._exposures.demands(entry.function):
                found |= {(model, parent) for parent in above}
        return frozenset(found)

    @staticmethod
    def _is_part(model: Model, public: set[Model]) -> bool:
        """Tell whether rows are parts of public ones: the pictures of an ad, and what users wrote about it."""
        parents = [parent in public for parent in model.parents.values()]
        return any(parents) and (
            model.is_published or (all(parents) and all(len(path.columns) > 1 for path in model.paths))
        )

    @cached_property
    def _shown(self) -> frozenset[Model]:
        found = {*self._listed_openly(), *self._readable_views(), *self._read_alike()}
        kept = {*self._kept(), *self._changed_by_strangers()}
        return frozenset(model for model in found if model not in kept and not self.judge.ownership.is_personal(model))

    def _kept(self) -> Iterator[Model]:
        """Yield the models of which a reader is shown the row asked for only if it is the reader's own."""
        for verdict in self.judge.verdicts():
            query = verdict.query
            model = query.chain.model
            if model is None or verdict.proof is not Proof.PREDICATE or query.verb != "read":
                continue
            statement = self.judge.statement
            owners = [atom for atom in self.judge.queries.atoms(query) if statement.on_owner(query, atom)]
            mine = any(
                self.judge.principals.is_principal(query.module, atom.value)
                or self.judge.loaded.gives(query.function, atom.value, query.leaf)
                for atom in owners
                if atom.value >= 0
            )
            asked = any(
                any(raw_names(query.module, atom.value))
                for atom in self.judge.queries.atoms(query)
                if atom not in owners and atom.optional < 0 and atom.op == "=="
            )
            changed = any(
                other.chain.model is model and self.judge.writes.of(other) != "read"
                for other in self.judge.queries.of(query.function)
            )
            if mine and asked and not changed:
                yield model

    def _changed_by_strangers(self) -> Iterator[Model]:
        """Yield what whoever comes may change: that reading it asks nobody either tells nothing."""
        for verdict in self.judge.verdicts():
            query = verdict.query
            model = query.chain.model
            if model is None or model.is_published or verdict.proof is not None or query.verb == "create":
                continue
            entry = self.judge.reach.root(verdict.way[0].caller if verdict.way else query.function)
            if (
                entry is not None
                and entry.kind == "route"
                and self._exposures.open(entry.function)
                and self.judge.writes.of(query, unchecked=True) != "read"
            ):
                yield model

    def _listed_openly(self) -> Iterator[Model]:
        """Yield what a route lists that asks nobody who is calling, and the reviews and comments that it shows."""
        for verdict in self.judge.verdicts():
            query = verdict.query
            model = query.chain.model
            if model is None or verdict.proof is not None or not (model.is_published or self._listed(verdict)):
                continue
            entry = self.judge.reach.root(verdict.way[0].caller if verdict.way else query.function)
            if (
                entry is not None
                and entry.kind == "route"
                and not gives_figures(query)
                and (
                    model.is_published
                    or not any(
                        any(raw_names(query.module, atom.value))
                        for atom in self.judge.queries.atoms(query)
                        if atom.optional < 0
                    )
                )
                and self.judge.writes.of(query) == "read"
                and not self._exposures.demands(entry.function)
            ):
                yield model

    def _read_alike(self) -> frozenset[Model]:
        """Return what all users are shown, in lists and one by one, and what is changed by its owner alone.

        Who checks the owner of each row that is changed, and of none that is read, means the rows to be read.
        """
        listed: set[Model] = set()
        read: set[Model] = set()
        changed: set[Model] = set()
        careless: set[Model] = set()
        for verdict in self.judge.verdicts():
            query = verdict.query
            model = query.chain.model
            if model is None or model.store == "vector" or self.judge.reach.of(query.function) is not Reach.SERVED:
                continue
            if self.judge.writes.of(query, unchecked=verdict.proof is None) != "read":
                (careless if verdict.proof is None else changed if verdict.proof in _OWNERS else set()).add(model)
            elif verdict.proof is None and not gives_figures(query):
                (listed if self._listed(verdict) else read).add(model)
        private = self.judge.ownership.is_private_name
        return frozenset(model for model in (listed & read & changed) - careless if not private(model.name))

    def _readable_views(self) -> Iterator[Model]:
        """Yield the models of generic views that say that everybody may read."""
        for module in self.judge.inference.modules:
            for klass in module.classes:
                if self._read_by_all(klass) and any(
                    base.rpartition(".")[2] in SERVES for base in self.judge.inference.external_bases(klass)
                ):
                    found = served(self.judge, klass)
                    if found is not None:
                        yield found[0]
                    chosen = klass.method("get_queryset")
                    for query in self.judge.queries.of(chosen) if chosen is not None else ():
                        if query.chain.model is not None and not self.judge.queries.atoms(query):
                            yield query.chain.model

    def _read_by_all(self, klass: ClassInfo) -> bool:
        if self.judge.guards.permissions.open_to_all(klass):
            return True
        binding = klass.attribute("permission_classes")
        permissions = self.judge.guards.permissions
        if binding is None:
            items = permissions.default
        else:
            items = permissions.items(klass.module, binding.value) if binding.value >= 0 else []
        return any(
            _READ_BY_ALL.search(module.text(part) or module.last_name(part)) is not None for module, part in items
        )
