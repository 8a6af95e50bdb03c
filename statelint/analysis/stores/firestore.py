"""Questions to Firestore (google-cloud-firestore, firebase-admin): documents by key, and queries on collections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.stores.calls_on import CallsOn
from statelint.analysis.stores.contents import fields_of, stored_fields
from statelint.analysis.stores.documents import Condition, Document
from statelint.analysis.stores.references import References
from statelint.extract.facts import Const

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.stores.references import Reference
    from statelint.extract.facts import Attr, Call, Event

VERBS = {
    "get": "read", "stream": "read", "list_documents": "read", "update": "update", "set": "update",
    "delete": "delete", "add": "insert", "create": "insert",
}  # fmt: skip


class Firestore(CallsOn[Document]):
    """Finds the calls on collections and documents, function by function."""

    packages = frozenset({"firebase_admin", "google.cloud.firestore", "google.cloud.firestore_v1"})
    lists_members = True

    def __init__(self, inference: Inference) -> None:
        super().__init__(inference)
        self._references = References(inference)

    def _read(self, function: FunctionInfo, event: Event, call: Call, func: Attr) -> Iterator[Document]:
        module = function.module
        verb = VERBS.get(func.name)
        if verb is None or (verb == "read" and call.args and isinstance(module.terms[call.args[0]], Const)):
            # snapshot.get("user_id")
            return
        place, given = self._place(module, call, func)
        if place is None:
            return
        if func.name == "set" and not any(name == "merge" for name, _ in call.keywords):
            verb = "insert"
        if verb == "insert":
            fields = tuple(stored_fields(self.inference, function, given[0])) if given else ()
            fields += tuple(one.path[0] for one in place.asked if one.path != ("id",))
            yield Document(function, event, place.collection, verb, (), fields, False)
            return
        filters = tuple(Condition(one.path, one.value, one.op, one.test) for one in place.asked)
        fields = tuple(condition.path[0] for condition in filters)
        changed = tuple(fields_of(self.inference, module, given[0])) if verb == "update" and given else ()
        is_open = place.is_open or place.is_new
        yield Document(function, event, place.collection, verb, filters, fields + changed, is_open, changed)

    def _place(self, module: Module, call: Call, func: Attr) -> tuple[Reference | None, tuple[int, ...]]:
        """Return what is asked, and what is given for it: ``ref.set(data)`` or ``batch.set(ref, data)``."""
        place = self._references.at(module, func.base)
        if place is not None or not call.args:
            return place, call.args
        named = self._references.at(module, call.args[0])
        return (named if named is not None and named.is_document else None), call.args[1:]
