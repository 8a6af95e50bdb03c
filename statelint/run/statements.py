"""What SQL texts ask, as bytes: how the cache keeps it, so that a run need not have them read again."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import msgspec

from statelint.analysis.stores.sqlparse import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, tuple[Statement, ...]]).decode


def pack(statements: Mapping[str, tuple[Statement, ...]]) -> bytes:
    """Return the statements of texts as bytes. Raises UnicodeEncodeError where a text is none."""
    return zlib.compress(_encode(statements), 1)


def unpack(packed: bytes) -> dict[str, tuple[Statement, ...]]:
    """Return what ``pack`` packed. Raises ValueError for anything else."""
    try:
        return _decode(zlib.decompress(packed))
    except (zlib.error, msgspec.MsgspecError) as error:
        raise ValueError(str(error)) from error


__all__ = ["pack", "unpack"]
