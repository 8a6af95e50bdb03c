"""Row-level security of PostgreSQL: which tables have policies, and where code tells the database who is calling.

Source: PostgreSQL's documentation, "Row Security Policies" and "System Administration Functions" (``set_config``).
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.reach import Reach
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Binary, Call, Const, Element, Format, Item, Mapping, Name, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.reach import ReachMap
    from statelint.analysis.stores.scripts import Scripts
    from statelint.extract.facts import TermId

_POLICY = re.compile(
    r"create\s+policy\s+(?:\"[^\"]+\"|[^\s]+)\s+on\s+(?:only\s+)?(?P<table>[\w.\"\0]+)(?P<rest>[^;]*)", re.IGNORECASE
)
_SETTING = re.compile(r"current_setting\s*\(\s*'(?P<key>[\w.\0]+)'", re.IGNORECASE)
_SET = re.compile(
    r"set_config\s*\(\s*'(?P<key>\w+\.\w+)'|(?:^|;)\s*set\s+(?:local\s+|session\s+)?(?P<other>\w+\.\w+)\s*(?:=|to\b)",
    re.IGNORECASE,
)
_KEY = re.compile(r"^\w+\.\w+$")
MAX_DEPTH = 4
"""Calls and dependencies between an entry point and what tells the database who is calling."""
_HOLE = "\0"
"""Stands for what is put into a text."""


class Policies:
    """Answers which tables the database itself keeps apart, by what code says of the caller."""

    def __init__(self, modules: Iterable[Module], scripts: Scripts, reach: ReachMap) -> None:
        self._modules = tuple(modules)
        self._scripts = scripts
        self._reach = reach

    def keep(self, table: str) -> bool:
        """Tell whether a table has a policy on a setting that is set while requests are served."""
        asked = self._tables.get(table.rpartition(".")[2].lower(), set())
        # Who sets what is only looked for where some policy asks: few projects have any.
        return bool(asked) and not self.keys.isdisjoint(asked)

    def told(self, entry: FunctionInfo) -> bool:
        """Tell whether the database is told something of the caller where an entry point runs.

        What the entry point calls or depends on tells it, or what runs whenever a session or Django's request begins.
        """
        if any(self._always(function) for function in self._setters):
            return True
        level, seen = [entry], {entry}
        for _ in range(MAX_DEPTH if self._setters else 0):
            if not seen.isdisjoint(self._setters):
                return True
            level = [edge.callee for at in level for edge in self._reach.graph.callees.get(at, ())]
            level = [function for function in dict.fromkeys(level) if function not in seen]
            seen.update(level)
        return not seen.isdisjoint(self._setters)

    @staticmethod
    def _always(function: FunctionInfo) -> bool:
        module = function.module
        return any(item.module.partition(".")[0] == "django" for item in module.facts.imports) or any(
            isinstance(held := module.terms[decorator], Call) and module.last_name(held.func) == "listens_for"
            for decorator in function.facts.decorators
        )

    @cached_property
    def keys(self) -> frozenset[str]:
        """The settings by which code that serves requests tells the database something (``app.user_id``)."""
        return frozenset(key for keys in self._setters.values() for key in keys)

    @cached_property
    def _setters(self) -> dict[FunctionInfo, set[str]]:
        found: dict[FunctionInfo, set[str]] = {}
        for module in self._modules:
            if not any(self._speaks_of(module, word) for word in ("set_config", "set ")):
                continue
            for function in module.functions:
                if not function.is_module and self._reach.of(function) is not Reach.OFFLINE:
                    keys = set(self._set_in(function))
                    if keys:
                        found[function] = keys
        return found

    def _set_in(self, function: FunctionInfo) -> Iterator[str]:
        module = function.module
        for event, call in function.calls:
            if self._depends_on_database(module, event.condition):
                continue
            func = module.terms[call.func]
            if isinstance(func, Attr) and func.name == "set_config" and len(call.args) > 1:
                # func.set_config("app.user_id", user.id, True)
                key = module.text(call.args[0])
                if key and "." in key and not isinstance(module.terms[call.args[1]], Const):
                    yield key.lower()
            texts = [text for argument in call.args for text in _texts(module, argument)]
            for text in texts:
                for found in _SET.finditer(text):
                    yield (found["key"] or found["other"]).lower()
            if any("set_config(" in text for text in texts):
                # execute("SELECT set_config(%s, %s, true)", ("app.user_id", user_id))
                named = (module.text(part) or "" for part in walk(module, *call.args))
                yield from (name.lower() for name in named if _KEY.match(name))

    @staticmethod
    def _depends_on_database(module: Module, condition: int) -> bool:
        """Tell whether something is done for PostgreSQL only, where another database may be in its place."""
        while condition:
            held = module.facts.conditions[condition]
            if any(
                getattr(module.terms[part], "name", "") in {"dialect", "vendor"} for part in walk(module, held.test)
            ):
                return True
            condition = held.parent
        return False

    @cached_property
    def _tables(self) -> dict[str, set[str]]:
        """The settings that the policies of each table ask for."""
        found: dict[str, set[str]] = {}
        for text in self._declared():
            for policy in _POLICY.finditer(text):
                keys = {each["key"].lower() for each in _SETTING.finditer(policy["rest"])}
                table = policy["table"].replace('"', "").rpartition(".")[2].lower()
                found.setdefault(table, set()).update(keys)
        return found

    def _declared(self) -> Iterator[str]:
        """Yield every text that may declare a policy: in scripts, and in strings of code."""
        yield from self._scripts.texts()
        for module in self._modules:
            if self._speaks_of(module, "create policy"):
                for term, held in enumerate(module.terms):
                    if isinstance(held, (Const, Format, Binary)):
                        yield from _texts(module, term)

    @staticmethod
    def _speaks_of(module: Module, word: str) -> bool:
        return any(isinstance(held.value, str) and word in held.value.lower() for held in module.all_of(Const)) or (
            word == "set_config" and word in module.mentioned
        )


def _texts(module: Module, term: TermId, depth: int = 0) -> Iterator[str]:
    """Yield the texts that a term may be; of one made in a loop over names, one for each name."""
    held = module.terms[term]
    if depth > 4:
        return
    match held:
        case Const(value=str() as value):
            yield value
        case Call(func=func, args=args):
            # text("…"), text("…").bindparams(…)
            inner = module.terms[func]
            if args:
                yield from _texts(module, args[0], depth + 1)
            elif isinstance(inner, Attr):
                yield from _texts(module, inner.base, depth + 1)
        case Binary(left=left, right=right):
            for before in _texts(module, left, depth + 1):
                for after in _texts(module, right, depth + 1):
                    yield before + after
        case Format(parts=parts):
            texts = [""]
            for part in parts:
                options = list(_names(module, part))
                texts = [text + option for text in texts for option in options][:64]
            yield from texts
        case _:
            yield _HOLE


def _names(module: Module, term: TermId) -> Iterator[str]:
    """Yield what a part of an f-string may be: a constant, or what a loop over constants puts there."""
    held = module.terms[term]
    text = module.text(term)
    if text is not None:
        yield text
        return
    position = 0
    if isinstance(held, Item) and isinstance(key := module.terms[held.key], Const) and isinstance(key.value, int):
        # for table, column in OWNERS.items()
        position, held = key.value, module.terms[held.base]
    base = module.terms[held.base] if isinstance(held, Element) else None
    func = module.terms[base.func] if isinstance(base, Call) else None
    if isinstance(func, Attr) and func.name in {"items", "keys"}:
        base = module.terms[func.base]
    if isinstance(base, Name):
        bindings = module.bindings.get(base.id, ())
        base = next((module.terms[binding.value] for binding in bindings if binding.value >= 0), None)
    items: tuple[TermId, ...] = ()
    if isinstance(base, Mapping):
        items = base.values if position else base.keys
    elif isinstance(base, Sequence):
        rows = [module.terms[item] for item in base.items]
        pairs = [row.items[position] for row in rows if isinstance(row, Sequence) and position < len(row.items)]
        items = tuple(pairs) or base.items
    found = [text for item in items if item >= 0 and (text := module.text(item)) is not None]
    yield from found or [_HOLE]
