"""Finds the installed rule packs and makes their rules."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from statelint.lint.finding import Severity
from statelint.lint.rule import Rule
from statelint.lint.rulebook import PackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

GROUP = "statelint.rules"
"""The entry point group; a pack's entry point names a module or a package."""

_CODE = re.compile(r"[A-Z]{2,}[0-9]{3,}")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


def load_rules() -> list[Rule]:
    """Return one instance of each rule of each installed pack, sorted by code. Raises PackError."""
    rules: dict[str, Rule] = {}
    names: dict[str, Rule] = {}
    # An entry point may be listed twice: an editable install seen over two folders of the path.
    for entry in sorted(set(entry_points(group=GROUP)), key=lambda entry: (entry.name, entry.value)):
        for kind in _rule_classes(entry):
            rule = _make(kind)
            for key, taken in ((rule.code, rules), (rule.name, names)):
                other = taken.setdefault(key, rule)
                if type(other) is not kind and other is not rule:
                    raise PackError(f"{_place(kind)} and {_place(type(other))} both define the rule {key}")
    return [rules[code] for code in sorted(rules)]


def pack_of(rule: Rule) -> str:
    """Return the top-level package that ``rule`` comes from."""
    return type(rule).__module__.partition(".")[0]


def _rule_classes(entry: EntryPoint) -> Iterator[type[Rule]]:
    try:
        modules = list(_modules(importlib.import_module(entry.module)))
    except Exception as error:  # a pack's code may raise anything
        raise PackError(f"the rule pack {entry.value!r} cannot be imported: {type(error).__name__}: {error}") from error
    seen: set[type[Rule]] = set()
    for module in modules:
        for kind in vars(module).values():
            if _is_rule(kind) and kind.__module__ == module.__name__ and kind not in seen:
                seen.add(kind)
                yield kind


def _modules(pack: ModuleType) -> Iterable[ModuleType]:
    yield pack
    if hasattr(pack, "__path__"):
        for found in sorted(pkgutil.walk_packages(pack.__path__, f"{pack.__name__}.", _raise), key=lambda it: it.name):
            yield importlib.import_module(found.name)


def _raise(name: str) -> None:  # noqa: ARG001 - pkgutil's interface
    raise  # noqa: PLE0704 - pkgutil calls this while it handles the package's error


def _is_rule(value: object) -> bool:
    return inspect.isclass(value) and issubclass(value, Rule) and hasattr(value, "code")


def _make(kind: type[Rule]) -> Rule:
    """Make an instance; classes without a code are bases, but a code obliges. Raises PackError."""
    for attribute in ("name", "summary", "severity", "since"):
        if not hasattr(kind, attribute):
            raise PackError(f"the rule {kind.code} ({_place(kind)}) has no {attribute}")
    if not _CODE.fullmatch(kind.code):
        raise PackError(f"{_place(kind)}: {kind.code!r} is no rule code; write letters and a number, as in SL101")
    if not _NAME.fullmatch(kind.name):
        raise PackError(f"{_place(kind)}: {kind.name!r} is no rule name; write it as in process-state")
    if not isinstance(kind.severity, Severity):
        raise PackError(f"{_place(kind)}: the severity must be a Severity, not {kind.severity!r}")
    try:
        return kind()
    except Exception as error:  # a pack's code may raise anything
        raise PackError(f"{_place(kind)} cannot be made: {type(error).__name__}: {error}") from error


def _place(kind: type[Rule]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


__all__ = ["GROUP", "PackError", "load_rules", "pack_of"]
