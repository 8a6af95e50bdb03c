"""What requests are answered with when something went wrong."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import External, Place, Result
from statelint.analysis.practices.base import Flaw, Practice, argument
from statelint.analysis.terms import walk
from statelint.extract.facts import (
    Attr,
    Binary,
    Call,
    Caught,
    Choice,
    Format,
    Item,
    Mapping,
    Name,
    Param,
    Sequence,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.catalogue.schema import Answer
    from statelint.extract.facts import Event, TermId

ANSWERING = frozenset({"route", "handler", "middleware", "tool", "resolver"})
_DEBUG = re.compile(r"debug|develop|is_dev|\bdev\b|verbose|local", re.IGNORECASE)
_ERROR_KEYS = ("error", "errors", "detail", "message", "msg", "error_message", "err")
_GROUPS = {"errors": "error", "err": "error", "error_message": "error", "msg": "message"}
_NEGATIVE = {
    "success": (("bool", False),),
    "ok": (("bool", False),),
    "status": (("str", "error"), ("str", "fail"), ("str", "failure")),
    "result": (("str", "error"), ("str", "failure")),
}
_PROTOCOL = re.compile(
    r"health|ready|liveness|status|webhook|ping|jsonrpc|json_rpc|probe|callback|stream|event", re.IGNORECASE
)
"""Routes whose callers expect a status of success whatever happened."""


class Reply(NamedTuple):
    """One way in which a request is answered; ``status`` is None where it is not a constant."""

    function: FunctionInfo
    event: Event
    body: TermId
    status: int | None
    json: bool
    shape: str
    kind: str
    certainty: int

    @property
    def module(self) -> Module:
        """The module of the reply."""
        return self.function.module

    @property
    def place(self) -> Place:
        """Where the reply is given."""
        return Place(self.function.module, self.event.position)


class ReplyFlaws(Practice):
    """Answers for replies."""

    @cached_property
    def replies(self) -> list[Reply]:
        """Every reply in sight."""
        return list(self._replies())

    def _replies(self) -> Iterator[Reply]:
        for function, certainty in self.functions():
            entries = self.reach.entry_points.get(function, ())
            kind = next((entry.kind for entry in entries if entry.kind in ANSWERING), "")
            for event in function.events:
                if event.op not in {"return", "raise"} or event.term < 0:
                    continue
                reply = self._reply(function, event, kind, certainty)
                if reply is not None:
                    yield reply

    def _reply(self, function: FunctionInfo, event: Event, kind: str, certainty: int) -> Reply | None:
        module = function.module
        term, status = event.term, None
        held = module.terms[term]
        if isinstance(held, Sequence) and held.kind == "tuple" and held.items and event.op == "return":
            if len(held.items) < 2 or not kind:
                return None
            status = self._status(module, held.items[1])
            term = held.items[0]
            if status is None:
                status = -1
        made = self._made(module, term)
        if made is not None:
            call, answer = made
            given = argument(call, answer.status, *answer.status_keywords)
            body = argument(call, answer.body, *answer.body_keywords)
            if body < 0 and call.keywords and answer.json and not answer.shape:
                body = -1
            if status is None:
                status = (self._status(module, given) or -1) if given >= 0 else answer.code
            if self._sets_status(function):
                status = -1 if event.op == "return" else status
            kind = kind or self._root_kind(function)
            return Reply(function, event, body, status, answer.json, answer.shape, kind or "raised", certainty)
        if event.op == "raise" or not kind:
            return None
        if status is None:
            status = -1 if self._sets_status(function) else 200
        return Reply(function, event, term, status, isinstance(module.terms[term], Mapping), "", kind, certainty)

    def _root_kind(self, function: FunctionInfo) -> str:
        entry = self.reach.root(function)
        return entry.kind if entry is not None else ""

    def _made(self, module: Module, term: TermId) -> tuple[Call, Answer] | None:
        found = self.call_of(module, term)
        if found is None:
            return None
        call, names = found
        for name in names:
            answer = self.catalogue.answers.get(name)
            if answer is not None:
                if name == "flask.make_response" and call.args and (inner := self._made(module, call.args[0])):
                    return inner
                return call, answer
        return None

    def _status(self, module: Module, term: TermId) -> int | None:
        value = self.constants.value(module, term)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        text = module.dotted(term)
        found = re.search(r"HTTP_(\d{3})_", text)
        if found:
            return int(found[1])
        return (
            500
            if "HTTPStatus." in text and not re.search(r"HTTPStatus\.(OK|CREATED|ACCEPTED|NO_CONTENT)", text)
            else None
        )

    def _sets_status(self, function: FunctionInfo) -> bool:
        """Tell whether a function sets the status of a response by assignment."""
        terms = function.module.terms
        for event in function.events:
            target = terms[event.term] if event.op == "write" else None
            if isinstance(target, Attr) and target.name in {"status_code", "status"}:
                return True
        return False

    # -- insides shown

    def leaked(self) -> Iterator[Flaw]:
        """Yield the replies that show an exception's text or a traceback."""
        for reply in self.replies:
            if reply.body < 0 or self._debugging(reply.module, reply.event.condition):
                continue
            what = self._shown(reply)
            if what:
                certainty = reply.certainty
                yield self._flaw(reply, f"{what}:{reply.kind}", what, certainty)

    def _debugging(self, module: Module, condition: int) -> bool:
        for step in self.conditions(module, condition):
            if step.kind in {"if", "guard"} and any(
                _DEBUG.search(module.dotted(term)) for term in walk(module, step.test)
            ):
                return True
        return False

    def _shown(self, reply: Reply) -> str:
        """Say what insides a reply shows: ``traceback``, ``statement`` (of a database), ``text`` or nothing."""
        module = reply.module
        found = ""
        tracebacks = self.catalogue.listed("failures", "tracebacks")
        for term in self._visible(module, reply.body):
            held = module.terms[term]
            if isinstance(held, Call) and any(name in tracebacks for name in self.names(module, held.func)):
                return "traceback"
            if isinstance(held, Caught) or (isinstance(held, Param) and self._is_error(reply.function, held)):
                kind = self._caught(module, held, reply)
                if kind == "statement":
                    found = kind
                found = found or kind
        return found

    def _visible(self, module: Module, body: TermId) -> Iterator[TermId]:
        """Yield the terms whose text shows in a body."""
        stack = [body]
        seen: set[TermId] = set()
        while stack:
            term = stack.pop()
            if term < 0 or term in seen:
                continue
            seen.add(term)
            yield term
            held = module.terms[term]
            match held:
                case Mapping(values=values):
                    stack += values
                case Sequence(items=items):
                    stack += items
                case Format(parts=parts):
                    stack += parts
                case Binary(left=left, right=right):
                    stack += (left, right)
                case Choice(test=test, then=then, other=other):
                    if test < 0 or not any(_DEBUG.search(module.dotted(part)) for part in walk(module, test)):
                        stack += (then, other)
                case Call(func=func, args=args, keywords=keywords):
                    text = module.terms[func]
                    if isinstance(text, Name) and text.id in {"str", "repr"}:
                        stack += args
                    elif isinstance(text, Attr) and text.name in {"format", "join", "strip"}:
                        stack += (*args, *(value for _, value in keywords), text.base)
                    elif isinstance(text, Attr) and text.name in {"__str__", "__repr__"}:
                        stack.append(text.base)
                    elif self._made(module, term) is not None:
                        stack += (*args, *(value for _, value in keywords))
                case Attr(base=base, name="args" | "orig" | "message" | "statement"):
                    stack.append(base)
                case Item(base=base):
                    if isinstance(module.terms[base], Attr):
                        stack.append(base)

    def _is_error(self, function: FunctionInfo, held: Param) -> bool:
        """Tell whether a parameter is the exception that an exception handler is given."""
        entries = self.reach.entry_points.get(function, ())
        return held.function == function.index and any(entry.kind == "handler" for entry in entries)

    def _caught(self, module: Module, held: Caught | Param, reply: Reply) -> str:
        names = self._types(module, held, reply.function)
        if any(name in self.catalogue.listed("failures", "internal") for name in names):
            return "statement"
        if any(name in self.catalogue.listed("failures", "broad") for name in names):
            return "statement" if self._asks_database(reply.function) else "text"
        return ""

    def _types(self, module: Module, held: Caught | Param, function: FunctionInfo) -> set[str]:
        terms: list[TermId] = []
        if isinstance(held, Caught):
            kind = module.terms[held.exception]
            terms = list(kind.items) if isinstance(kind, Sequence) else [held.exception]
        else:
            for decorator in function.facts.decorators:
                call = module.terms[decorator]
                if isinstance(call, Call) and call.args:
                    if self.constants.value(module, call.args[0]) == 500:
                        return {"Exception"}
                    terms.append(call.args[0])
        return {
            value.name for term in terms for value in self.inference.term(module, term) if isinstance(value, External)
        }

    def _asks_database(self, function: FunctionInfo) -> bool:
        """Tell whether a function, or one it calls, uses a database session."""
        around = [function, *(edge.callee for edge in self.project.calls.callees.get(function, ()))]
        for other in around:
            for event in other.events:
                if event.op != "call":
                    continue
                call = other.module.terms[event.term]
                func = other.module.terms[call.func] if isinstance(call, Call) else None
                if isinstance(func, Attr):
                    for value in self.inference.term(other.module, func.base):
                        if isinstance(value, (Result, External)) and self.catalogue.role(value.name, "session"):
                            return True
        return False

    # -- errors that look like success

    def successes(self) -> Iterator[Flaw]:
        """Yield the error bodies that are sent with a status of success."""
        for reply in self.replies:
            if reply.status is None or not 200 <= reply.status < 300 or not reply.json or reply.event.op == "raise":
                continue
            if reply.kind not in {"route", "tool", "handler"}:
                continue
            entries = self.reach.entry_points.get(reply.function, ())
            if any(_PROTOCOL.search(f"{entry.path} {reply.function.name}") for entry in entries):
                continue
            what = self._tells_error(reply)
            if what:
                in_handler = any(step.kind == "except" for step in self.conditions(reply.module, reply.event.condition))
                certainty = min(reply.certainty, 2 if in_handler else 1)
                yield self._flaw(reply, reply.kind, what, 0 if reply.kind == "tool" else certainty)

    def _tells_error(self, reply: Reply) -> str:
        """Return the entry of a body that says that something went wrong."""
        module = reply.module
        if reply.body < 0:
            call = self._made(module, reply.event.term)
            pairs = [(name, value) for name, value in call[0].keywords] if call else []
        else:
            held = module.terms[reply.body]
            if not isinstance(held, Mapping):
                return ""
            pairs = [(module.text(key) or "", value) for key, value in zip(held.keys, held.values, strict=True)]
        for name, value in pairs:
            constant = self.constants.literal(module, value)
            if name in {"error", "errors", "err"}:
                if constant is not None and not constant.value:
                    continue
                if constant is None and not isinstance(module.terms[value], (Format, Binary, Call, Caught)):
                    continue
                return name
            if constant is not None and (constant.kind, constant.value) in _NEGATIVE.get(name, ()):
                return f"{name}: {constant.value}"
        return ""

    # -- shapes

    def mixed(self) -> Iterator[Flaw]:
        """Yield one flaw for a project whose error bodies have several shapes, at the first of the rarest."""
        shapes: dict[str, list[Reply]] = {}
        for reply in self.replies:
            if reply.status is None or reply.status < 400 or reply.kind in {"tool", "resolver"}:
                continue
            shape = self._shape(reply)
            if shape:
                shapes.setdefault(shape, []).append(reply)
        if len(shapes) < 2:
            return
        ranked = sorted(shapes.items(), key=lambda row: (-len(row[1]), row[0]))
        usual, rest = ranked[0], ranked[1:]
        if sum(len(replies) for _, replies in rest) < 2:
            return
        first = min(
            (reply for _, replies in rest for reply in replies), key=lambda r: (r.module.path, r.event.position.line)
        )
        related = tuple((replies[0].place, f"here it is `{shape}`") for shape, replies in ranked[:6])
        detail = ", ".join(f"`{shape}` ({len(replies)} times)" for shape, replies in ranked)
        yield Flaw(first.place, "error format", usual[0], detail, 1, (), related)

    def _shape(self, reply: Reply) -> str:
        module = reply.module
        held = module.terms[reply.body] if reply.body >= 0 else None
        if reply.shape:
            if reply.shape in {"html", "text"}:
                return ""
            if isinstance(held, Mapping) and reply.shape == "detail":
                return "detail: {…}"
            return reply.shape
        if not reply.json:
            return ""
        names: list[str] = []
        if isinstance(held, Mapping):
            names = [module.text(key) or "" for key in held.keys]
        elif reply.body < 0 and (made := self._made(module, reply.event.term)):
            names = [name for name, _ in made[0].keywords]
        key = next((name for name in _ERROR_KEYS if name in names), "")
        return _GROUPS.get(key, key)

    def _flaw(self, reply: Reply, what: str, detail: str, certainty: int) -> Flaw:
        return Flaw(reply.place, reply.function.qualname, what, detail, certainty, self.way(reply.function))
