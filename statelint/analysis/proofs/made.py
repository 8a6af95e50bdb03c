"""Rows that a function has just put into the database, and keys that it has just made: nobody else has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import External
from statelint.analysis.proofs.naming import called_name
from statelint.analysis.proofs.words import FRESH, KEYS
from statelint.extract.facts import Attr, Call, Cell, Const, Param

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.queries import QueryFinder
    from statelint.analysis.stores.calls_on import CallsOn
    from statelint.analysis.stores.documents import Document
    from statelint.analysis.stores.sqlcalls import SqlCalls
    from statelint.extract.facts import TermId

_NEW_KEYS = frozenset({"lastrowid", "inserted_id", "inserted_ids", "inserted_primary_key", "inserted_primary_key_rows"})
"""Attributes of drivers' answers that hold the keys of the rows just made."""
_INSERTS = frozenset(
    {"abulk_create", "acreate", "bulk_create", "create", "create_user", "insert", "insert_many", "insert_one"}
)
_REPLACING = frozenset({"on_conflict_do_update", "on_duplicate_key_update"})
"""What makes an insertion change somebody's row instead."""


class Made:
    """Finds the insertions of each function."""

    def __init__(
        self, inference: Inference, queries: QueryFinder, sql: SqlCalls, documents: Iterable[CallsOn[Document]]
    ) -> None:
        self._inference = inference
        self._queries = queries
        self._sql = sql
        self._documents = tuple(documents)
        self._found: dict[FunctionInfo, frozenset[TermId]] = {}
        self._makers: dict[FunctionInfo, bool] = {}
        self._savers: dict[FunctionInfo, bool] = {}

    def gives(self, function: FunctionInfo, value: TermId) -> bool:
        """Tell whether a value comes from a row that the function has made, or is a key made for one."""
        module = function.module
        inserted = self._insertions(function)
        parts = self._queries.containment(module).parts(value)
        if self.is_fresh(module, value):
            return True
        names = {held.name for part in parts if isinstance(held := module.terms[part], Attr)}
        if names & _NEW_KEYS or not inserted.isdisjoint(parts) or any(self._saves(module, part) for part in parts):
            return True
        # insert(Note).values(…).returning(Note.id)
        return names.isdisjoint(_REPLACING) and any(
            isinstance(held := module.terms[part], Call)
            and any(
                isinstance(each, External) and each.name.startswith("sql") and each.name.endswith(".insert")
                for each in self._inference.term(module, held.func)
            )
            for part in parts
        )

    def is_fresh(self, module: Module, key: TermId) -> bool:
        """Tell whether a key was made just now: ``str(uuid4())``, but not ``UUID(text)`` or ``given or uuid4()``."""
        if _names_new_document(module, key):
            return True
        parts = [module.terms[part] for part in self._queries.containment(module).parts(key)]
        return not any(isinstance(part, (Param, Cell)) for part in parts) and any(
            isinstance(part, Call) and self._makes_key(module, part) for part in parts
        )

    def _makes_key(self, module: Module, call: Call) -> bool:
        functions = self._inference.callees(module, call)
        if functions:
            return all(map(self._gives_key, functions))
        name = called_name(module, call)
        return FRESH.search(name) is not None and (not call.args or name.startswith("token_"))

    def _gives_key(self, function: FunctionInfo) -> bool:
        """Tell whether a function of the project makes a key: ``def new_session_id(): return str(uuid4())``."""
        found = self._makers.get(function)
        if found is None:
            # A function that calls itself makes no key by that.
            self._makers[function] = False
            answers = [event.term for event in function.events if event.op == "return" and event.term >= 0]
            found = bool(answers) and all(self.is_fresh(function.module, answer) for answer in answers)
            self._makers[function] = found
        return found

    def _saves(self, module: Module, term: TermId) -> bool:
        """Tell whether a call of the project's saves a row and gives back its key: ``key = note.save_to_db()``."""
        held = module.terms[term]
        functions = self._inference.callees(module, held) if isinstance(held, Call) else ()
        return bool(functions) and all(map(self._gives_key_of_saved, functions))

    def _gives_key_of_saved(self, function: FunctionInfo) -> bool:
        found = self._savers.get(function)
        if found is None:
            module = function.module
            calls = [held for event, _ in function.calls if isinstance(held := module.terms[event.term], Call)]
            saved = {each for call in calls if called_name(module, call) == "add" for each in call.args}
            answers = [
                module.terms[event.term] for event in function.events if event.op == "return" and event.term >= 0
            ]
            given = [answer for answer in answers if not isinstance(answer, Const)]
            found = self._savers[function] = bool(given) and all(
                isinstance(answer, Attr) and answer.name in KEYS and answer.base in saved for answer in given
            )
        return found

    def _insertions(self, function: FunctionInfo) -> frozenset[TermId]:
        found = self._found.get(function)
        if found is None:
            calls = [call for call in self._sql.of(function) if call.statement.verb == "insert"]
            terms = {term for call in calls for term in (call.event.term, call.leaf)}
            terms |= {
                document.event.term
                for source in self._documents
                for document in source.of(function)
                if document.verb == "insert"
            }
            terms |= {
                event.term
                for event, _ in function.calls
                for chain in self._queries.chains(function.module, event.term)
                if any(step.method in _INSERTS for step in chain.steps)
            }
            found = self._found[function] = frozenset(terms)
        return found


def _names_new_document(module: Module, key: TermId) -> bool:
    """``notes.document().id``: Firestore makes the key of a document for which none is given."""
    held = module.terms[key]
    made = module.terms[held.base] if isinstance(held, Attr) and held.name == "id" else None
    return isinstance(made, Call) and module.last_name(made.func) == "document" and not made.arguments
