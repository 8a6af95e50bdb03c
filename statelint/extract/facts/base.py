"""What all facts share: how they are kept, and where they stand in the source."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

TermId: TypeAlias = int
"""Index into ``ModuleFacts.terms``."""

NO_TERM: TermId = -1
"""Stands where a term is absent (no default, no annotation, a bare ``return``)."""


class Struct(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of all facts: immutable and encoded as an array."""


class Position(Struct, frozen=True):
    """A stretch of source text."""

    line: int
    column: int
    end_line: int
    end_column: int
