"""Divides the reading of a project among machines: each writes the facts of its share to a file, one takes them all in.

The analysis needs the whole project, so it is done once, where the facts come together. What is taken in are entries of
the cache, keyed by the contents and the code that they were made of. So no shard can make the result another one: a
file that none has read, or that was another one there, is read when the result is made.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from heapq import heapify, heapreplace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from statelint.run.cache import Cache
from statelint.run.errors import ShardError
from statelint.run.memory import Memory
from statelint.run.records import Record
from statelint.source.atomic import write_atomically
from statelint.source.files import discover

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from statelint.run.pipeline import CheckRequest


MOST_SHARDS = 10_000


class Shard(NamedTuple):
    """The share ``number`` of ``total``, counted from 1."""

    number: int
    total: int

    def __str__(self) -> str:
        return f"{self.number}/{self.total}"


class _Entry(msgspec.Struct, array_like=True):
    path: bytes
    content: bytes
    packed: bytes


class _Document(msgspec.Struct, tag="statelint shard 1"):
    shard: Shard
    maker: bytes
    entries: list[_Entry]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Document).decode


def share(files: Mapping[str, int], shard: Shard) -> dict[str, int]:
    """Return the files, with their sizes, of a share; the shares are about as large as each other.

    Every machine comes to the same division, as long as it has the same files.
    """
    loads = [(0, number) for number in range(1, shard.total + 1)]
    heapify(loads)
    mine: dict[str, int] = {}
    for path in sorted(files, key=lambda path: (-files[path], path)):
        load, number = loads[0]
        heapreplace(loads, (load + files[path] + 1, number))
        if number == shard.number:
            mine[path] = files[path]
    return mine


def write_shard(request: CheckRequest, shard: Shard, file: Path) -> tuple[int, int]:
    """Read a share of the project and write the facts to ``file``; return how many files it has, and the project.

    Raises ShardError if the file cannot be written, and what ``check`` raises.
    """
    from statelint.run.extraction import extract_files  # noqa: PLC0415 - the engine
    from statelint.run.limits import Limits  # noqa: PLC0415 - the engine
    from statelint.run.pipeline import visitors_of  # noqa: PLC0415 - it need not know of shards
    from statelint.run.reader import Reader, collector_off  # noqa: PLC0415
    from statelint.run.records import pack  # noqa: PLC0415

    visitors = visitors_of(request)
    files = discover(request.root, (), request.settings)
    mine = replace(files, files=share(files.files, shard), deployment=frozenset())
    with (
        collector_off(),
        TemporaryDirectory(prefix="statelint-") as folder,
        Cache(request.cache or Path(folder), request.root) as cache,
    ):
        memory = Memory(cache, mine, request.settings, left_out=())
        modules = memory.facts(visitors)
        new = extract_files(
            Reader(request.root, memory.catalogue, visitors, Limits.of(request.settings)),
            {path: size for path, size in mine.files.items() if path not in modules},
            jobs=request.jobs,
            executor=request.executor,
            progress=request.progress,
            keep=memory.keep_facts,
        )
        modules |= {facts.path: facts for facts in new}
        entries = [
            _Entry(os.fsencode(path), content, pack(modules[path])) for path, content in sorted(memory.used.items())
        ]
        document = _encode(_Document(shard, memory.maker, entries))
    try:
        write_atomically(file, document)
    except OSError as error:
        raise ShardError(f"cannot write {file}: {error.strerror or error}") from error
    return len(mine.files), len(files.files)


def take_in(files: Sequence[Path], folder: Path, root: Path) -> list[Shard]:
    """Put the facts in shards' files into the cache in ``folder`` and return the shards that are missing.

    Raises ShardError for a file that cannot be read, is no shard, or belongs to another division than the others.
    """
    found: set[Shard] = set()
    with Cache(folder, root) as cache:
        for file in files:
            try:
                document = _decode(file.read_bytes())
            except OSError as error:
                raise ShardError(f"cannot read {file}: {error.strerror or error}") from error
            except msgspec.MsgspecError as error:
                raise ShardError(f"{file} is no shard that this version of statelint can read: {error}") from error
            if not 1 <= document.shard.number <= document.shard.total <= MOST_SHARDS:
                raise ShardError(f"{file} is no shard: {document.shard} is no share")
            found.add(document.shard)
            records = [Record(os.fsdecode(entry.path), entry.content, entry.packed) for entry in document.entries]
            cache.add_facts(records, document.maker)
    totals = {shard.total for shard in found}
    if len(totals) > 1:
        raise ShardError(f"the shards belong to different divisions: {', '.join(map(str, sorted(found)))}")
    return [shard for total in totals for shard in (Shard(n + 1, total) for n in range(total)) if shard not in found]


def parse_shard(text: str) -> Shard:
    """Return the shard that ``2/4`` means. Raises ValueError."""
    number, _, count = text.partition("/")
    with suppress(ValueError):
        shard = Shard(int(number), int(count))
        if 1 <= shard.number <= shard.total <= MOST_SHARDS:
            return shard
    raise ValueError(f"{text!r} is not a share such as 2/4")


__all__ = ["MOST_SHARDS", "Shard", "parse_shard", "share", "take_in", "write_shard"]
