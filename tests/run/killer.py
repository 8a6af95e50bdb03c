"""Rules whose visitors misbehave on demand; processes of a pool must be able to import it."""

from __future__ import annotations

import multiprocessing
import os
import select
from multiprocessing.connection import Connection
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


class Hoarder(cst.CSTVisitor):
    """Over ``hoard_me`` and ``dwell_here`` takes more and more memory or time, until somebody stops it."""

    def visit_Name(self, node: cst.Name) -> None:
        hoard = []
        while node.value == "hoard_me":
            hoard.append(bytearray(b"x") * 1_000_000)
        while node.value == "dwell_here":
            pass


class HoarderRule(Rule):
    code: ClassVar[str] = "SL997"
    name: ClassVar[str] = "hoarder"
    visitor = Hoarder
    screen = ("hoard_me", "dwell_here")


class KillerRule(Rule):
    code: ClassVar[str] = "SL999"
    name: ClassVar[str] = "killer"
    visitor = Killer
    screen = ("kill_me", "fail_me")


class Truncator(cst.CSTVisitor):
    """Has the process die in the midst of handing over its result, if it reads ``cut_me``."""

    def visit_Name(self, node: cst.Name) -> None:
        if node.value == "cut_me" and multiprocessing.parent_process() is not None:
            send = Connection._send

            def send_half(connection: Connection, data: bytes) -> None:
                if len(data) <= select.PIPE_BUF:  # a pipe takes this much whole or not at all
                    return send(connection, data)
                os.write(connection.fileno(), data[: len(data) // 2])
                os._exit(9)

            Connection._send = send_half


class TruncatorRule(Rule):
    code: ClassVar[str] = "SL998"
    name: ClassVar[str] = "truncator"
    visitor = Truncator
    screen = ("cut_me",)
