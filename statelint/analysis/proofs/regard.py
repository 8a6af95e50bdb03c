"""Whether code that could keep strangers out has regard for anything, or merely stands where a check would.

``def has_object_permission(self, request, view, obj): return True`` keeps nobody out, nor does a helper called
``check_access`` that only asks whether there is a row.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.callernames import is_identity_name
from statelint.analysis.calls import decorates, nested
from statelint.analysis.model import ClassValue, External, FunctionValue, Instance
from statelint.analysis.proofs.naming import called_name
from statelint.analysis.proofs.words import CHECKING, HARMLESS, LEAVING, MAKING, QUIET
from statelint.extract.facts import Attr, Call, Cell, Compare, Const, Param

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.model import FunctionInfo, Module, Value
    from statelint.analysis.proofs.judge import Judge
    from statelint.extract.facts import TermId

MAX_DEPTH = 3
"""Calls from a check to what decides."""
_LOGGED_IN = re.compile(
    r"^(is_)?(authenticated|anonymous|active|logged_in|verified)$|^(id|pk|uuid|username|email|name)$"
)
"""Attributes of the caller that say that there is one, or who, and decide nothing by themselves."""
_OF_REQUEST = frozenset({"method", "action", "path", "content_type"})
"""Attributes by which views tell requests apart, and not callers."""
_TELLS_NOTHING = QUIET | {
    "int", "float", "any", "all", "getattr", "type", "id", "UUID", "super", "render", "redirect", "reverse", "Response",
    "JsonResponse", "HttpResponse", "dict", "list", "set", "tuple", "range", "as_view", "JSONResponse",
}  # fmt: skip
"""Calls, of libraries, in whose answer no permission lies."""
_FRAMEWORKS = (
    "django.",
    "rest_framework.",
    "flask.",
    "fastapi.",
    "sqlalchemy.",
    "sqlmodel.",
    "starlette.",
    "pydantic.",
)
_NARROWING = frozenset({"order_by", "select_related", "prefetch_related", "distinct", "annotate", "only", "defer"})
"""Steps of a statement that ask for fewer rows, or none the less, without a condition."""
_ERROR = re.compile(r"(Error|Exception|Http404|PermissionDenied|NotFound|Forbidden|Unauthorized)$")


class Regard:
    """Finds what functions look at; whatever cannot be read counts as a look at the caller."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.inference = judge.inference
        self.principals = judge.principals
        self.queries = judge.queries
        self._known: dict[FunctionInfo, bool] = {}
        self._leaving: dict[tuple[FunctionInfo, int], bool] = {}
        words = self.queries.words
        self._statements = words["filters"] | words["terminals"] | words["record_verbs"] | _NARROWING

    def of_any(self, functions: Iterable[FunctionInfo]) -> bool:
        """Tell whether one of some functions weighs something; also if there is none in sight."""
        held = list(functions)
        return not held or any(map(self.weighs, held))

    def called(self, values: Iterable[Value]) -> bool:
        """Tell whether what a call may call weighs something; what is not in sight may."""
        functions = []
        for value in values:
            if isinstance(value, FunctionValue):
                functions.append(value.function)
            elif isinstance(value, (Instance, ClassValue)):
                method = self.inference.method(value.klass, "__call__" if isinstance(value, Instance) else "__init__")
                functions += [method] if method is not None else []
            else:
                return True
        return self.of_any(functions)

    def weighs(self, function: FunctionInfo, depth: int = 0) -> bool:
        """Tell whether a function compares something, looks at the caller, or asks what is not in sight.

        It is False only for what is read as a whole: nothing in it depends on who is calling or whose a row is.
        """
        found = self._known.get(function)
        if found is None:
            self._known[function] = False
            found = self._weighs(function, depth)
            if found or depth == 0:
                self._known[function] = found
            else:
                del self._known[function]
        return found

    def compares_caller(self, function: FunctionInfo, depth: int = 0) -> bool:
        """Tell whether a function, or one that it calls, asks who or what the caller is, beyond whether there is one.

        Whoever is only told the caller, to write it down, checks nothing: ``cancel(order, by=user)``.
        """
        if not function.events:
            return True
        for each in (function, *nested(function)):
            module = each.module
            if any(
                self._asks_about(module, part) for root in self._answers(each) for part in self._parts(module, root)
            ):
                return True
            if self._asks_for_owned(each):
                return True
            for _, call in each.calls:
                given = call.arguments
                if (
                    CHECKING.search(called_name(module, call))
                    and not self.inference.callees(module, call)
                    and any(self._is_caller(module, value) for value in given)
                ):
                    return True
        return depth < MAX_DEPTH and any(
            edge.kind in {"call", "override"}
            and edge.callee is not function
            and not is_identity_name(edge.callee.name)
            and self.compares_caller(edge.callee, depth + 1)
            for edge in self.judge.graph.callees.get(function, ())
        )

    def mentions_caller(self, function: FunctionInfo) -> bool:
        """Tell whether a function makes something of the caller, whatever else hangs on what nobody can read."""
        return self.compares_caller(function) or any(
            self._looks(each.module, part)
            for each in (function, *nested(function))
            for root in self._roots(each)
            for part in self._parts(each.module, root)
        )

    def _asks_for_owned(self, function: FunctionInfo) -> bool:
        """Tell whether a query of the function asks for an owner's rows."""
        return any(
            self.judge.statement.on_owner(query, atom)
            for query in self.queries.of(function)
            for atom in self.queries.atoms(query)
        )

    def _asks_about(self, module: Module, part: TermId) -> bool:
        """Tell whether an answer hangs on the caller, on a role or on whose a row is."""
        held = module.terms[part]
        match held:
            case Compare(left=left, right=right):
                return self._looks(module, part) or any(
                    isinstance(side := module.terms[one], Attr)
                    and self.judge.ownership.column_kind(side.name) is not None
                    and not isinstance(module.terms[other], Const)
                    for one, other in ((left, right), (right, left))
                )
            case Attr():
                return self._looks(module, part) or self.principals.mentions_admin(module, part)
            case Call(args=args, keywords=keywords):
                return (
                    not self._tells_nothing(module, held)
                    and not self.inference.callees(module, held)
                    and any(self._is_caller(module, value) for value in (*args, *(value for _, value in keywords)))
                )
            case _:
                return False

    def leaves(self, function: FunctionInfo, depth: int = 0) -> bool:
        """Tell whether a function, or one that it calls, may end in an exception, as far as can be read."""
        key = (function, depth)
        found = self._leaving.get(key)
        if found is None:
            found = self._leaving[key] = self._leaves(function, depth)
        return found

    def _leaves(self, function: FunctionInfo, depth: int) -> bool:
        module = function.module
        if not function.events:
            return True
        for event in function.events:
            if event.op == "raise" or self.judge.exits.aborts(module, event):
                return True
        for _, call in function.calls:
            name = called_name(module, call)
            if LEAVING.search(name) or (CHECKING.search(name) and not self.inference.callees(module, call)):
                return True
        return depth < MAX_DEPTH and any(
            edge.kind in {"call", "override"} and edge.callee is not function and self.leaves(edge.callee, depth + 1)
            for edge in self.judge.graph.callees.get(function, ())
        )

    def _weighs(self, function: FunctionInfo, depth: int) -> bool:
        if not function.events:
            # Abstract.
            return True
        for each in (function, *nested(function)):
            module = each.module
            wrapped = self._wrapped(function, each) | self._dropped(each)
            said = (part for root in self._roots(each) for part in self._parts(module, root))
            if any(part not in wrapped and self._looks(module, part) for part in said):
                return True
            answered = (part for root in self._answers(each) for part in self._outside(module, root))
            if any(part not in wrapped and self._decides(module, part) for part in answered):
                return True
            if self._asks_for_owned(each):
                return True
            if any(
                event.op == "raise" and "NotImplemented" in self._raised(module, event.term) for event in each.events
            ):
                return True
        if depth >= MAX_DEPTH:
            return False
        return any(
            edge.kind in {"call", "override", "dependency"}
            and not is_identity_name(edge.callee.name)
            and not (edge.kind == "dependency" and self.principals.is_provider(edge.callee))
            and self.weighs(edge.callee, depth + 1)
            for each in (function, *nested(function))
            for edge in self.judge.graph.callees.get(each, ())
        )

    @staticmethod
    def _wrapped(function: FunctionInfo, inner: FunctionInfo) -> set[TermId]:
        """Return the calls by which a decorator's inner function goes on to what it decorates."""
        if inner is function or not decorates(function):
            return set()
        found = set()
        for event, call in inner.calls:
            func = inner.module.terms[call.func]
            if isinstance(func, Cell) or (isinstance(func, Param) and func.function != inner.index):
                found.add(event.term)
        return found

    def _dropped(self, function: FunctionInfo) -> set[TermId]:
        """Return what a function says in conditions that never reach the database."""
        return {
            part
            for query in self.queries.of(function)
            for term in self.queries.dropped(query)
            for part in self._parts(function.module, term)
        }

    def _raised(self, module: Module, term: TermId) -> str:
        held = module.terms[term] if term >= 0 else None
        return module.dotted(held.func if isinstance(held, Call) else term)

    def _roots(self, function: FunctionInfo) -> Iterator[TermId]:
        """Yield everything that a function says."""
        for event in function.events:
            yield from (term for term in (event.term, event.value) if term >= 0)
        yield from self._tests(function)

    def _answers(self, function: FunctionInfo) -> Iterator[TermId]:
        """Yield what a function gives back and what it decides by."""
        yield from (event.term for event in function.events if event.op in {"return", "yield"} and event.term >= 0)
        yield from self._tests(function)

    def _tests(self, function: FunctionInfo) -> Iterator[TermId]:
        module = function.module
        steps = self.judge.exits.steps(function)
        for step in sorted(steps):
            condition = module.facts.conditions[step]
            if condition.test >= 0 and condition.kind not in {"loop", "except", "with"}:
                yield condition.test

    def _parts(self, module: Module, root: TermId) -> Iterable[TermId]:
        return self.queries.containment(module).parts(root)

    def _outside(self, module: Module, root: TermId) -> Iterator[TermId]:
        """Yield the parts of a term that are not in a statement to the database."""
        parts = self._parts(module, root)
        asked = {part for part in parts if isinstance(module.terms[part], Call) and self.queries.chains(module, part)}
        inside = {inner for part in asked for inner in self._parts(module, part)}
        yield from (part for part in parts if part not in inside)

    def _looks(self, module: Module, part: TermId) -> bool:
        """Tell whether a term makes something of who is calling."""
        held = module.terms[part]
        match held:
            case Compare(left=left, right=right):
                return any(
                    self._is_caller(module, side) and not isinstance(module.terms[other], Const)
                    for side, other in ((left, right), (right, left))
                )
            case Attr(base=base, name=name):
                return not _LOGGED_IN.match(name) and self._is_caller(module, base)
            case Call(args=args, keywords=keywords):
                if self._tells_nothing(module, held):
                    return False
                named = (name.partition("__")[0] for name, _ in keywords)
                return any(
                    self._is_caller(module, value) for value in (*args, *(value for _, value in keywords))
                ) or any(name and self.judge.ownership.column_kind(name) is not None for name in named)
            case _:
                return False

    def _decides(self, module: Module, part: TermId) -> bool:
        """Tell whether an answer hangs on a comparison, a role, or on what nobody can read."""
        held = module.terms[part]
        match held:
            case Compare(left=left, right=right):
                sides = (module.terms[left], module.terms[right])
                return not any(
                    isinstance(side, Const) or (isinstance(side, Attr) and side.name in _OF_REQUEST) for side in sides
                )
            case Call(args=args, keywords=keywords):
                name = called_name(module, held)
                if self._tells_nothing(module, held) or not (args or keywords) or name in self._statements:
                    return False
                values = self.inference.term(module, held.func)
                if any(isinstance(value, (FunctionValue, ClassValue, Instance)) for value in values):
                    return False
                known = any(isinstance(value, External) and value.name.startswith(_FRAMEWORKS) for value in values)
                return not known or bool(CHECKING.search(name))
            case _:
                return self.principals.mentions_admin(module, part) if isinstance(held, Attr) else False

    def _tells_nothing(self, module: Module, call: Call) -> bool:
        name = called_name(module, call)
        func = module.terms[call.func]
        base = module.terms[func.base] if isinstance(func, Attr) else None
        if isinstance(base, Call) and called_name(module, base) == "super":
            return True
        return name in _TELLS_NOTHING | MAKING or bool(HARMLESS.match(name)) or bool(_ERROR.search(name))

    def _is_caller(self, module: Module, term: TermId) -> bool:
        held = module.terms[term]
        if isinstance(held, Param) and held.index == 0 and module.functions[held.function].owner is not None:
            return False
        return self.principals.is_principal(module, term)
