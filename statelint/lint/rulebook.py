"""The installed rules, without importing them until somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from statelint.lint.rule import Rule


class PackError(Exception):
    """A rule pack cannot be used: it does not import, a rule in it is incomplete, or two rules are at odds."""


class RuleBook(Sequence["Rule"]):
    """One instance of each rule of each installed pack, sorted by code.

    The packs, which bring the whole engine, are imported on first use, which may raise PackError.
    """

    @cached_property
    def _rules(self) -> list[Rule]:
        from statelint.lint.packs import load_rules  # noqa: PLC0415 - the point of this class

        return load_rules()

    def __len__(self) -> int:
        return len(self._rules)

    @overload
    def __getitem__(self, index: int) -> Rule: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Rule]: ...

    def __getitem__(self, index: int | slice) -> Rule | Sequence[Rule]:
        return self._rules[index]
