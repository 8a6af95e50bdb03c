"""A file's facts as bytes: how processes hand them over and how the cache keeps them."""

from __future__ import annotations

import zlib
from hashlib import blake2b
from sys import intern
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec.structs import force_setattr

from statelint.extract.facts import Attr, ModuleFacts, Name
from statelint.extract.launches import Launch
from statelint.extract.scripts import SUFFIX
from statelint.run.identity import KEY_BYTES
from statelint.run.shapes import shape
from statelint.source.cells import has_cells
from statelint.source.text import SourceError, TooLargeError, read

if TYPE_CHECKING:
    from pathlib import Path

_LEVEL = 1
"""Halves the size for a fiftieth of the time that extraction takes; more does not pay."""

_NUMBER = 8
_HEAD = KEY_BYTES + _NUMBER
"""Bytes before what is compressed: the shape and the number of lines."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(ModuleFacts).decode
_decode_launches = msgspec.msgpack.Decoder(list[Launch]).decode


class Record(NamedTuple):
    """The packed facts of the file ``path`` with the key of its content.

    The key is empty where the facts follow from more than the content: from a missing permission, say.
    """

    path: str
    content: bytes
    packed: bytes


def content_key(data: bytes) -> bytes:
    """Return the key of a content."""
    return blake2b(data, digest_size=KEY_BYTES).digest()


def look(file: Path) -> tuple[bytes, bytes | SourceError]:
    """Return the key of a file's content, empty if it cannot be read, and the content or the reason why not."""
    try:
        data = read(file)
    except TooLargeError as error:
        return content_key(error.message.encode()), error
    except SourceError as error:
        return b"", error
    # The same bytes say one thing as a script and another as a module.
    kind = b"sql:" if file.suffix == SUFFIX else f"{file.suffix}:".encode() if has_cells(file.name) else b""
    return content_key(kind + data), data


def pack(facts: ModuleFacts) -> bytes:
    """Return facts as bytes, without their path: it is no part of what a content says, and may be no valid text."""
    packed = zlib.compress(_encode(msgspec.structs.replace(facts, path="")), _LEVEL)
    return shape(facts) + facts.lines.to_bytes(_NUMBER, "big") + packed


def outline(packed: bytes) -> tuple[bytes, int]:
    """Return the shape of packed facts, and the number of the file's lines."""
    return packed[:KEY_BYTES], int.from_bytes(packed[KEY_BYTES:_HEAD], "big")


def unpack(packed: bytes, path: str) -> ModuleFacts:
    """Return packed facts as those of the file ``path``.

    Raises ValueError for what ``pack`` did not make.
    """
    try:
        facts = _decode(zlib.decompress(packed[_HEAD:]))
    except (zlib.error, msgspec.MsgspecError) as error:
        raise ValueError(str(error)) from error
    facts.path = path
    _share(facts)
    return facts


def _share(facts: ModuleFacts) -> None:
    """Have equal names of all files be one string each, as they are where files are read."""
    for held in facts.terms:
        if isinstance(held, Attr):
            force_setattr(held, "name", intern(held.name))
        elif isinstance(held, Name):
            force_setattr(held, "id", intern(held.id))
    for function in facts.functions:
        for parameter in function.parameters:
            force_setattr(parameter, "name", intern(parameter.name))


def pack_launches(launches: list[Launch]) -> bytes:
    """Return what a deployment file says as bytes."""
    return _encode(launches)


def unpack_launches(packed: bytes) -> list[Launch]:
    """Return what ``pack_launches`` packed. Raises ValueError for anything else."""
    return _decode_launches(packed)  # a MsgspecError is a ValueError
