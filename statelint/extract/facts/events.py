"""Events: what a function does, in source order, and under which conditions."""

from __future__ import annotations

from typing import Literal

from statelint.extract.facts.base import NO_TERM, Position, Struct, TermId
from statelint.extract.facts.words import ConditionKind, Dropping, EventOp, How


class Condition(Struct, frozen=True):
    """One step of a path condition; condition 0 is "always".

    ``kind`` is one of

    - ``if``: inside a branch on ``test`` (``positive`` tells which branch);
    - ``guard``: after an ``if`` whose other branch left the block (return, raise, continue, an aborting call);
    - ``call-guard``: after an ``if`` whose other branch ended in the call ``via``, which leaves if its callee never
      returns;
    - ``loop``: inside a loop over ``test`` (``NO_TERM`` for ``while``, whose test is an ``if`` below it);
    - ``try``: inside a ``try`` body some handler of which goes on after the statement;
    - ``except``: inside a handler; ``test`` is the type caught;
    - ``with``: inside ``with test``;
    - ``assert``: after ``assert test``.
    """

    parent: int
    kind: ConditionKind
    test: TermId
    positive: bool
    via: TermId = NO_TERM


ALONE: Literal["alone"] = "alone"
"""How a call is made whose value nobody uses."""


class Event(Struct, frozen=True):
    """Something a function does.

    ``op`` is one of

    - ``call``: ``term`` is the ``Call``; ``how`` is ``ALONE`` where it is a whole statement, not even waited for;
    - ``write``: ``term`` (an ``Attr``, ``Item`` or ``Name``/``Cell`` rebinding) is assigned ``value``; ``how`` is
      ``=``, an augmented operator such as ``+=``, ``del``, ``for`` or ``with``;
    - ``return``, ``yield``, ``raise``: ``term`` is the value, or ``NO_TERM``;
    - ``global``: ``term`` names a global that the function declares with ``global``;
    - ``await``: ``term`` is a variable, or a task just started, that is waited for (awaited calls have none);
    - ``finally``: ``position`` spans the body of a ``finally``, whose events come next.
    """

    op: EventOp
    term: TermId
    value: TermId
    condition: int
    position: Position
    how: How | Literal["", "alone"] = ""


class Handler(Struct, frozen=True):
    """An ``except`` clause that drops the error without a word, not even a comment.

    ``how`` is ``pass``, ``continue`` or ``return`` (of nothing); ``caught`` is the type, or ``NO_TERM`` for all.
    """

    caught: TermId
    how: Dropping
    first_line: int
    """The first line that is tried."""
    last_line: int
    position: Position
    """The type's; the whole clause's where it names none."""
