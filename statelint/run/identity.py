"""Names what facts and results depend on besides the files that are read: the code at work, by its content."""

from __future__ import annotations

import os
import sys
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from statelint.run.store import Store

KEY_BYTES = 20
BOUND = bytes(KEY_BYTES)
"""The shape of files whose every character counts: comments in them silence findings, or they could not be read."""

READERS = ("statelint/config", "statelint/source", "statelint/catalogue", "statelint/extract")
"""The parts of statelint that facts depend on."""
LIBRARIES = ("libcst/_version.py", "sqlglot/_version.py", "yaml/__init__.py")
_PASSED_OVER = ("__pycache__",)

_encode = msgspec.msgpack.Encoder(order="deterministic").encode


def digest(*parts: object) -> bytes:
    """Return a key for ``parts``, made of what msgspec encodes."""
    return blake2b(_encode(parts), digest_size=KEY_BYTES).digest()


def code(places: Collection[str], store: Store) -> bytes:
    """Return a digest of the Python in use and of the files at ``places``: packages, or folders or files in them.

    The files are read only when one of them seems to have changed; ``store`` remembers the digest of what they held.
    """
    files = sorted({entry for place in places for entry in _files(place)})
    look = digest("look", sys.version, files)
    known = store.get([look]).get(look)
    if known is None:
        known = code_now(places, sys.version)
        store.put({look: known})
    return known


def code_now(places: Iterable[str], python: object) -> bytes:
    """Return a digest of ``python`` and of the contents of the files at ``places``, wherever they are installed."""
    files = sorted({entry for place in places for entry in _files(place)})
    return digest("code", python, [(name, Path(path).read_bytes()) for name, path, *_ in files])


def packs(store: Store) -> set[str]:
    """Return the top-level packages of the installed rule packs; ``store`` remembers them for the same search path."""
    places = [(place, status.st_mtime_ns) for place in sys.path if (status := _status(place))]
    key = digest("packs", places)
    try:
        return msgspec.msgpack.decode(store.get([key]).get(key, b""), type=set[str])
    except msgspec.MsgspecError:
        from importlib.metadata import entry_points  # noqa: PLC0415 - takes as long as everything else at the start

        found = {entry.module.partition(".")[0] for entry in entry_points(group="statelint.rules")}
        store.put({key: _encode(found)})
        return found


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116
    except OSError:
        return None


def _files(place: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield name, path, size and time of change of the files at ``place``."""
    package, _, inside = place.partition("/")
    spec = find_spec(package)
    if spec is None:
        return
    if spec.submodule_search_locations is None:
        starts = [spec.origin] if spec.origin and spec.has_location else []
    else:
        starts = [f"{folder}/{inside}".rstrip("/") for folder in spec.submodule_search_locations]
    for start in starts:
        yield from _below(start, place)


def _below(path: str, name: str) -> Iterator[tuple[str, str, int, int]]:
    if not os.path.isdir(path):  # noqa: PTH112 - runs over hundreds of files at every start
        status = os.stat(path)  # noqa: PTH116
        yield name, path, status.st_size, status.st_mtime_ns
        return
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name not in _PASSED_OVER:
                    yield from _below(entry.path, f"{name}/{entry.name}")
            elif not entry.name.endswith(".pyc"):
                status = entry.stat()
                yield f"{name}/{entry.name}", entry.path, status.st_size, status.st_mtime_ns


__all__ = ["BOUND", "KEY_BYTES", "LIBRARIES", "READERS", "code", "code_now", "digest", "packs"]
