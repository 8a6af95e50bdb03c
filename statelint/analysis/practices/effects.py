"""What functions change outside their process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import Instance, Place, Result
from statelint.analysis.practices.base import Practice, argument
from statelint.extract.facts import Attr, Call

if TYPE_CHECKING:
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.project import Project
    from statelint.extract.facts import Event

MAX_DEPTH = 4
STORING = frozenset(
    {
        "commit", "bulk_create", "bulk_update", "bulk_save_objects", "bulk_insert_mappings", "insert_one",
        "insert_many", "update_one", "update_many", "replace_one", "delete_one", "delete_many",
        "find_one_and_update", "bulk_write",
        "asave", "acreate", "adelete", "aupdate",
    }
)  # fmt: skip
"""Methods that hardly anything but a database has."""
_RECORDS = frozenset({"save", "delete"})
_OPENERS = frozenset({"open", "io.open", "aiofiles.open", "gzip.open", "codecs.open"})


class Effects(Practice):
    """Finds the changes of rows and files that a function makes, itself or through others."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._known: dict[FunctionInfo, Place | None] = {}

    def stored(self, function: FunctionInfo, depth: int = 0) -> Place | None:
        """Return where ``function``, or one that it calls, changes rows of a database."""
        if function in self._known or depth > MAX_DEPTH:
            return self._known.get(function)
        self._known[function] = None
        found = next((place for event in function.events if (place := self.stores(function, event, depth))), None)
        self._known[function] = found
        return found

    def stores(self, function: FunctionInfo, event: Event, depth: int = 0) -> Place | None:
        """Return where an event changes rows of a database: here, or in what it calls."""
        module = function.module
        call = module.terms[event.term] if event.op == "call" else None
        if not isinstance(call, Call):
            return None
        if self._is_store(module, call):
            return Place(module, event.position)
        for edge in self.project.calls.callees.get(function, ()):
            if edge.call == event.term and edge.kind in {"call", "override"}:
                place = self.stored(edge.callee, depth + 1)
                if place is not None:
                    return place
        return None

    def _is_store(self, module: Module, call: Call) -> bool:
        func = module.terms[call.func]
        if not isinstance(func, Attr):
            return False
        if func.name in STORING:
            return not any(
                isinstance(value, Result) and value.name.startswith(("sqlite3", "aiosqlite"))
                for value in self.inference.term(module, func.base)
            )
        if func.name in _RECORDS:
            return any(
                isinstance(value, Instance)
                and any(self.catalogue.role(base, "model") for base in self.inference.external_bases(value.klass))
                for value in self.inference.term(module, func.base)
            )
        inner = module.terms[func.base]
        return func.name == "create" and isinstance(inner, Attr) and inner.name == "objects"

    def overwrites(self, function: FunctionInfo, event: Event) -> Place | None:
        """Return where an event opens a file to write it anew."""
        module = function.module
        call = module.terms[event.term] if event.op == "call" else None
        if not isinstance(call, Call):
            return None
        func = module.terms[call.func]
        name = func.name if isinstance(func, Attr) else ""
        if name in {"write_text", "write_bytes"}:
            return Place(module, event.position)
        if set(self.names(module, call.func)) & _OPENERS or name == "open":
            mode = module.text(argument(call, 0 if name == "open" and not self.names(module, call.func) else 1, "mode"))
            if mode and ("w" in mode or "+" in mode):
                return Place(module, event.position)
        return None
