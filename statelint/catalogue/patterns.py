"""Patterns of names in catalogue files, and the tables that they fill."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Value = TypeVar("Value")


class CatalogueError(ValueError):
    """A catalogue file or the project's own catalogue section is not of the expected form."""


def expand(pattern: str) -> list[str]:
    """Return the names that a pattern with ``{a,b}`` alternatives stands for.

    Raises CatalogueError when a brace is not closed, or stands within braces.
    """
    head, opening, rest = pattern.partition("{")
    if not opening:
        return [pattern]
    choices, closing, tail = rest.partition("}")
    if not closing or "{" in choices:
        raise CatalogueError(f"unbalanced or nested braces in {pattern!r}")
    ends = expand(tail)
    return [f"{head}{choice.strip()}{end}" for choice in choices.split(",") for end in ends]


def names_in(patterns: Iterable[str]) -> Iterator[str]:
    """Yield the names that ``patterns`` stand for."""
    for pattern in patterns:
        if "{" in pattern:
            yield from expand(pattern)
        else:
            yield pattern


def fill(table: dict[str, Value], entries: Mapping[str, Value]) -> None:
    """Enter the values of ``entries``, whose keys are patterns, in ``table``."""
    for pattern, value in entries.items():
        if "{" in pattern:
            table.update(dict.fromkeys(expand(pattern), value))
        else:
            table[pattern] = value


def file(
    patterns: Iterable[str], value: Value, exact: dict[str, Value], loose: dict[str, Value], mark: str = "*."
) -> None:
    """Enter ``value`` under the names, those that start with ``mark`` in the table of loose ones."""
    for name in names_in(patterns):
        if name.startswith(mark):
            loose[name.removeprefix(mark)] = value
        else:
            exact[name] = value


def names_method(patterns: Iterable[str], method: str) -> bool:
    """Tell whether ``patterns`` (a class role's ``served``) name ``method``."""
    for pattern in patterns:
        if pattern == "*":
            if not method.startswith("_"):
                return True
        elif pattern == method or (pattern.endswith("*") and method.startswith(pattern[:-1])):
            return True
    return False
