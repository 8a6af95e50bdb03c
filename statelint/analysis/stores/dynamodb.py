"""Questions to DynamoDB (boto3, aioboto3): items by key, queries and scans, with the conditions asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import Instance
from statelint.analysis.stores.calls_on import CallsOn
from statelint.analysis.stores.documents import Condition, Document, every
from statelint.extract.facts import NO_TERM, Attr, Binary, Call, Choice, Const, Enter, Format, Item, Mapping, Name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.extract.facts import Event, TermId

VERBS = {
    "get_item": "read", "query": "read", "scan": "read", "update_item": "update", "delete_item": "delete",
    "put_item": "insert",
}  # fmt: skip
_CONDITIONS = ("KeyConditionExpression", "FilterExpression", "ConditionExpression")
_COMPARED = re.compile(r"([#\w.]+)\s*=\s*(:\w+)|begins_with\s*\(\s*([#\w.]+)\s*,\s*(:\w+)")
_TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "BOOL", "M", "L"})
MAX_DEPTH = 12


class DynamoDb(CallsOn[Document]):
    """Finds the calls on tables, function by function."""

    packages = frozenset({"boto3", "aioboto3", "aiobotocore", "types_boto3_dynamodb", "mypy_boto3_dynamodb"})

    def _read(self, function: FunctionInfo, event: Event, call: Call, func: Attr) -> Iterator[Document]:
        module = function.module
        if func.name not in VERBS:
            return
        given = dict(call.keywords)
        table = self._table(module, func.base, given)
        if not table:
            return
        if func.name == "put_item":
            item = module.terms[given["Item"]] if "Item" in given else None
            fields = tuple(text for key in item.keys if (text := module.text(key))) if isinstance(item, Mapping) else ()
            yield Document(function, event, table, "insert", (), fields, False)
            return
        filters: list[Condition] = []
        known = every(self._given(module, name, value, given, filters) for name, value in call.keywords)
        fields = tuple(condition.path[0] for condition in filters)
        yield Document(function, event, table, VERBS[func.name], tuple(filters), fields, not known)

    def _table(self, module: Module, term: TermId, given: dict[str, TermId]) -> str:
        """Return the name of the table asked: of ``Table("notes")``, of ``TableName``, or of its variable."""
        if "TableName" in given:
            return self._named(module, given["TableName"])
        for _ in range(MAX_DEPTH):
            held = module.terms[term]
            match held:
                case Call(func=func, args=args) if (
                    module.dotted(func).endswith("Table") or _last(module, func) == "Table"
                ):
                    return self._named(module, args[0]) if args else ""
                case Enter(base=base) | Choice(then=base):
                    term = base
                case Name(id=name):
                    home, bindings = self.inference.definition(module, name)
                    made = [binding.value for binding in bindings if binding.value >= 0]
                    if not made:
                        return ""
                    module, term = home, made[-1]
                case Attr(base=base, name=name):
                    found = self._of_object(module, base, name)
                    if found is None:
                        return ""
                    module, term = found
                case _:
                    return ""
        return ""

    def _of_object(self, module: Module, base: TermId, name: str) -> tuple[Module, TermId] | None:
        for value in self.inference.term(module, base):
            for klass in self.inference.mro(value.klass)[0] if isinstance(value, Instance) else ():
                for function, event in self.inference.fields(klass).get(name, ()):
                    return function.module, event.value
        return None

    def _named(self, module: Module, term: TermId) -> str:
        """Return a table's name: the text, or what its variable, setting or key is called."""
        text = module.text(term)
        if text:
            return text
        held = module.terms[term]
        match held:
            case Name(id=name):
                home, bindings = self.inference.definition(module, name)
                made = [binding.value for binding in bindings if binding.value >= 0]
                return (home.text(made[-1]) if made else None) or name
            case Attr(name=name):
                return name
            case Item(key=key):
                return module.text(key) or ""
            case Call(args=args) if args:
                return module.text(args[0]) or ""
            case _:
                return ""

    def _given(
        self, module: Module, name: str, value: TermId, given: dict[str, TermId], found: list[Condition]
    ) -> bool:
        """Collect what one keyword of a call asks for; False if that is not known."""
        if not name:
            return False
        if name == "Key":
            held = module.terms[value]
            if not isinstance(held, Mapping) or held.more:
                return False
            for key, item in zip(held.keys, held.values, strict=True):
                self._add(module, module.text(key) if key >= 0 else None, item, found)
            return True
        if name in _CONDITIONS:
            text = module.text(value)
            return self._written(module, text, given, found) if text else self._expression(module, value, found)
        return True

    def _written(self, module: Module, text: str, given: dict[str, TermId], found: list[Condition]) -> bool:
        """``"id = :id AND #owner = :me"`` with its names and values beside it."""
        names = self._entries(module, given.get("ExpressionAttributeNames", NO_TERM))
        values = self._entries(module, given.get("ExpressionAttributeValues", NO_TERM))
        for match in _COMPARED.finditer(text):
            column, mark = (match[1], match[2]) if match[1] else (match[3], match[4])
            alias = names.get(column, NO_TERM)
            self._add(module, module.text(alias) if alias >= 0 else column, values.get(mark, NO_TERM), found)
        return True

    @staticmethod
    def _entries(module: Module, term: TermId) -> dict[str, TermId]:
        held = module.terms[term] if term >= 0 else None
        if not isinstance(held, Mapping):
            return {}
        return {module.text(key) or "": value for key, value in zip(held.keys, held.values, strict=True) if key >= 0}

    def _expression(self, module: Module, term: TermId, found: list[Condition], depth: int = 0) -> bool:
        """``Key("id").eq(note_id) & Attr("user_id").eq(me)``."""
        held = module.terms[term]
        match held:
            case Binary(op="&", left=left, right=right) if depth < MAX_DEPTH:
                return every(self._expression(module, side, found, depth + 1) for side in (left, right))
            case Call(func=func, args=args):
                called = module.terms[func]
                made = module.terms[called.base] if isinstance(called, Attr) else None
                if isinstance(called, Attr) and isinstance(made, Call) and made.args and args:
                    op = "!=" if called.name == "ne" else "=="
                    self._add(module, module.text(made.args[0]), args[0], found, op)
                    return True
                return False
            case _:
                return False

    @staticmethod
    def _add(module: Module, column: str | None, value: TermId, found: list[Condition], op: str = "==") -> None:
        held = module.terms[value] if value >= 0 else None
        if isinstance(held, Mapping) and len(held.values) == 1 and module.text(held.keys[0]) in _TYPES:
            value = held.values[0]
            held = module.terms[value]
        if isinstance(held, Format):
            # f"USER#{user.id}", as tables of many kinds of items have it
            parts = (part for part in held.parts if not isinstance(module.terms[part], Const))
            found += (Condition((column or "key",), part, op, NO_TERM) for part in parts)
            return
        found.append(Condition((column or "key",), value, op, NO_TERM))


def _last(module: Module, term: TermId) -> str:
    held = module.terms[term]
    return held.name if isinstance(held, Attr) else ""
