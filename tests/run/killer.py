"""A rule whose visitor misbehaves on demand; processes of a pool must be able to import it."""

from __future__ import annotations

import multiprocessing
import os
from typing import TYPE_CHECKING

import libcst as cst

from statelint.lint.rule import Rule

if TYPE_CHECKING:
    from typing import ClassVar


class Killer(cst.CSTVisitor):
    """Kills the process, if it is one of a pool, that reads ``kill_me``; raises over ``fail_me``."""

    def visit_Name(self, node: cst.Name) -> None:
        if node.value == "kill_me" and multiprocessing.parent_process() is not None:
            os._exit(9)
        if node.value == "fail_me":
            raise ZeroDivisionError("as asked")


class KillerRule(Rule):
    code: ClassVar[str] = "SL999"
    name: ClassVar[str] = "killer"
    visitor = Killer
    screen = ("kill_me", "fail_me")
