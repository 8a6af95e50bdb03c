"""Tables asked through PostgREST (Supabase): ``client.table("notes").select("*").eq("user_id", me).execute()``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.queries.predicates import COMPARISONS
from statelint.analysis.stores.calls_on import CallsOn
from statelint.analysis.stores.contents import stored_fields
from statelint.analysis.stores.documents import Document
from statelint.extract.facts import Attr, Call, Choice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.extract.facts import Event, TermId

TABLES = frozenset({"table", "from_"})
_WRITES = frozenset({"insert", "upsert", "update"})
_USER_BOUND = (".postgrest.auth", ".auth.set_session")
"""Calls after which the database sees the caller's token, so that its row-level security decides."""
MAX_STEPS = 40


class Postgrest(CallsOn[Document]):
    """Finds the columns that steps of statements name; the statements are chains like an ORM's."""

    packages = frozenset({"supabase", "postgrest", "supabase_py_async"})

    def __init__(self, inference: Inference) -> None:
        super().__init__(inference)
        self.in_use = self.in_use and not any(
            isinstance(held, Call) and module.dotted(held.func).endswith(_USER_BOUND)
            for module in inference.modules
            for held in module.terms
        )

    def table(self, module: Module, call: Call) -> str:
        """Return the table that ``client.table("notes")`` opens, or an empty string."""
        func = module.terms[call.func]
        if not self.in_use or not isinstance(func, Attr) or func.name not in TABLES or len(call.args) != 1:
            return ""
        base = module.terms[func.base]
        is_storage = isinstance(base, Attr) and base.name == "storage"
        return "" if is_storage else module.text(call.args[0]) or ""

    def _read(self, function: FunctionInfo, event: Event, call: Call, func: Attr) -> Iterator[Document]:
        module = function.module
        if not call.args:
            return
        fields: tuple[str, ...] = ()
        if func.name in COMPARISONS:
            text = module.text(call.args[0])
            fields = (text,) if text else ()
        elif func.name in _WRITES:
            fields = tuple(stored_fields(self.inference, function, call.args[0]))
        table = self._opened(module, func.base) if fields else ""
        if table:
            yield Document(function, event, table, "insert", (), fields, False)

    def _opened(self, module: Module, term: TermId) -> str:
        """Return the table of the statement that a step is added to."""
        for _ in range(MAX_STEPS):
            held = module.terms[term]
            if isinstance(held, Choice):
                term = held.then
                continue
            func = module.terms[held.func] if isinstance(held, Call) else None
            if not isinstance(held, Call) or not isinstance(func, Attr):
                return ""
            found = self.table(module, held)
            if found:
                return found
            term = func.base
        return ""
