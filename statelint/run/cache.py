"""What runs remember for the next one: the facts of contents, the contents of files, and whole results.

Everything is keyed by what it depends on, so nothing in a cache is ever out of date, only out of use. Values are
msgpack, checked when they are read; none is ever executed.
"""

from __future__ import annotations

import os
import sys
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from statelint.lint.finding import LintResult
from statelint.run.identity import digest
from statelint.run.store import Store
from statelint.source import git
from statelint.source.deployment import kind_of
from statelint.source.roles import is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from statelint.analysis.stores.sqlparse import Statement
    from statelint.extract.facts import ModuleFacts
    from statelint.extract.launches import Launch
    from statelint.run.records import Record

FOLDER = ".statelint_cache"
_DATABASE = "cache.db"
_MARKS = {
    ".gitignore": "# Made by statelint.\n*\n",
    "CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n# This is a cache of statelint.\n",
}
_SETTLED = 2_000_000_000
"""Nanoseconds after which a change to a file shows in its time of change, on the coarsest of file systems."""

_encode = msgspec.msgpack.Encoder().encode


class Status(NamedTuple):
    """What the file system says about a file; as long as it stays the same, so does the content."""

    size: int
    modified: int
    changed: int
    inode: int


class _Seen(NamedTuple):
    status: Status
    content: bytes


class Echo(msgspec.Struct, array_like=True):
    """A result for all that has the same shapes, where the files that it shows have the same ``contents``, too."""

    contents: dict[bytes, bytes]
    result: LintResult


_SEEN = msgspec.msgpack.Decoder(dict[bytes, _Seen])
_ECHO = msgspec.msgpack.Decoder(Echo)
_RESULT = msgspec.msgpack.Decoder(LintResult)


class Cache:
    """The cache in ``folder``, for the project at ``root``."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.store = Store(folder / _DATABASE)
        self._root = root
        self._place = digest("files", os.fsencode(root))
        self._seen: dict[str, _Seen] | None = None
        self._statuses: dict[str, Status] = {}

    def close(self) -> None:
        """Let go of the file; without it the cache may stay locked for others."""
        self.store.close()

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- which content a file has

    def contents(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Return the keys of the contents of those files that can be read; only files that have changed are read."""
        seen = self._known()
        found: dict[str, bytes] = {}
        for path in paths:
            status = self._status(path)
            if status is None:
                continue
            self._statuses[path] = status
            old = seen.get(path)
            if old is not None and old.status == status:
                found[path] = old.content
            else:
                from statelint.run.records import look  # noqa: PLC0415 - not needed where nothing has changed

                content, _ = look(self._root / path)
                if content:
                    found[path] = content
        return found

    def note(self, contents: Mapping[str, bytes]) -> bool:
        """Remember which contents the files have; False if one has changed since ``contents`` looked at it."""
        unchanged = True
        settled = time.time_ns() - _SETTLED
        seen: dict[str, _Seen] = {}
        for path, content in contents.items():
            status = self._status(path)
            if status is None or status != self._statuses.get(path):
                unchanged = False
            elif status.modified < settled and status.changed < settled:
                seen[path] = _Seen(status, content)
        if seen != self._known():
            self.store.put({self._place: _encode({os.fsencode(path): entry for path, entry in seen.items()})})
        return unchanged

    def _known(self) -> dict[str, _Seen]:
        if self._seen is None:
            value = self.store.get([self._place]).get(self._place)
            try:
                seen = _SEEN.decode(value) if value else {}
                self._seen = {os.fsdecode(path): entry for path, entry in seen.items()}
            except msgspec.MsgspecError:
                self._seen = {}
        return self._seen

    def _status(self, path: str) -> Status | None:
        try:
            status = os.stat(f"{self._root}/{path}")  # noqa: PTH116 - for every file of every run
        except OSError:
            return None
        return Status(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)

    # -- what was made of it

    def facts(self, contents: Mapping[str, bytes], maker: bytes) -> dict[str, ModuleFacts]:
        """Return by path the facts that ``maker``, a digest of what else they depend on, made of ``contents``."""
        from statelint.run.records import unpack  # noqa: PLC0415 - not needed where a result is at hand

        keys = {path: _facts_key(maker, path, content) for path, content in contents.items()}
        held = self.store.get(dict.fromkeys(keys.values()))
        found: dict[str, ModuleFacts] = {}
        for path, key in keys.items():
            if key in held:
                try:
                    found[path] = unpack(held[key], path)
                except ValueError:
                    continue
        return found

    def outlines(self, contents: Mapping[str, bytes], maker: bytes) -> dict[str, tuple[bytes, int]]:
        """Return by path the shapes, and the numbers of lines, of those facts of ``contents`` that are known."""
        from statelint.run.records import outline  # noqa: PLC0415 - not needed where a result is at hand

        keys = {path: _facts_key(maker, path, content) for path, content in contents.items()}
        held = self.store.get(dict.fromkeys(keys.values()))
        return {path: outline(held[key]) for path, key in keys.items() if key in held}

    def add_facts(self, records: Iterable[Record], maker: bytes) -> None:
        """Keep the facts that ``maker`` made."""
        self.store.put({_facts_key(maker, record.path, record.content): record.packed for record in records})

    def launches(self, contents: Mapping[str, bytes], maker: bytes) -> dict[str, list[Launch]]:
        """Return by path what deployment files of these ``contents`` say, as ``maker`` understood them."""
        from statelint.run.records import unpack_launches  # noqa: PLC0415 - not needed where a result is at hand

        keys = {path: _launch_key(path, content, maker) for path, content in contents.items()}
        held = self.store.get(dict.fromkeys(keys.values()))
        found: dict[str, list[Launch]] = {}
        for path, key in keys.items():
            with suppress(KeyError, ValueError):
                found[path] = unpack_launches(held[key])
        return found

    def add_launches(self, packed: Mapping[str, tuple[bytes, bytes]], maker: bytes) -> None:
        """Keep by path the content's key of deployment files and what ``maker`` made of it."""
        self.store.put({_launch_key(path, content, maker): value for path, (content, value) in packed.items()})

    def statements(self, maker: bytes) -> dict[str, tuple[Statement, ...]]:
        """Return the statements of the project's SQL texts, as ``maker`` understood them in the last run."""
        from statelint.run.statements import unpack  # noqa: PLC0415 - not needed where a result is at hand

        key = digest("statements", maker, self._place)
        with suppress(KeyError, ValueError):
            return unpack(self.store.get([key])[key])
        return {}

    def add_statements(self, statements: Mapping[str, tuple[Statement, ...]], maker: bytes) -> None:
        """Keep the statements of all SQL texts of the project."""
        from statelint.run.statements import pack  # noqa: PLC0415

        with suppress(UnicodeEncodeError):  # some texts are none
            self.store.put({digest("statements", maker, self._place): pack(statements)})

    def result(self, key: bytes) -> LintResult | None:
        """Return the result that was kept under ``key``."""
        value = self.store.get([key]).get(key)
        try:
            return _RESULT.decode(zlib.decompress(value)) if value else None
        except (zlib.error, msgspec.MsgspecError):
            return None

    def echo(self, key: bytes) -> Echo | None:
        """Return the echo that was kept under ``key``."""
        value = self.store.get([key]).get(key)
        try:
            return _ECHO.decode(zlib.decompress(value)) if value else None
        except (zlib.error, msgspec.MsgspecError):
            return None

    def add_echo(self, key: bytes, echo: Echo) -> None:
        """Keep an echo."""
        with suppress(UnicodeEncodeError):  # the names of some files are no text
            self.store.put({key: zlib.compress(_encode(echo), 1)})

    def add_result(self, key: bytes, result: LintResult) -> None:
        """Keep a result."""
        with suppress(UnicodeEncodeError):  # the names of some files are no text
            self.store.put({key: zlib.compress(_encode(result), 1)})


def _launch_key(path: str, content: bytes, maker: bytes) -> bytes:
    # How such a file is read depends on what it is called.
    return digest("launches", maker, os.fsencode(path.rpartition("/")[2]), kind_of(path), content)


def _facts_key(maker: bytes, path: str, content: bytes) -> bytes:
    return digest("facts", maker, is_test_path(path), content)


def places(root: Path, given: Path | None = None) -> list[Path]:
    """Return where the cache of the project at ``root`` may be, the best place first.

    It is ``given``, or else ``.statelint_cache`` in the root or, where that cannot be written, among the user's caches.
    """
    if given is not None:
        return [given.absolute()]
    inside = root / FOLDER
    # A link would have us write wherever the project's author wishes, and a cache that comes with a pull request
    # would have us say what its author wishes.
    linked = any(path.is_symlink() for path in (inside, *Store.files(inside / _DATABASE)))
    theirs = linked or ((inside / _DATABASE).is_file() and git.has_tracked(inside))
    return [*([] if theirs else [inside]), users_folder()]


def find_folder(root: Path, given: Path | None = None) -> Path | None:
    """Return the first of the ``places`` that can be written, made if need be; None if there is none."""
    return next((place for place in places(root, given) if _prepare(place)), None)


def users_folder() -> Path:
    """Return the folder among the user's own caches."""
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or Path("~/AppData/Local").expanduser()
    elif sys.platform == "darwin":
        base = Path("~/Library/Caches").expanduser()
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(base) / "statelint"


def clean(folder: Path) -> bool:
    """Remove the cache in ``folder``, and the folder if nothing else is in it; False if there was none.

    Raises OSError where that is not allowed.
    """
    ours = [*Store.files(folder / _DATABASE), *(folder / name for name in _MARKS)]
    if not (folder / _DATABASE).is_file():
        return False
    for file in ours:
        file.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
    return True


def _prepare(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            for name, text in _MARKS.items():
                (folder / name).write_text(text, encoding="utf-8")
    except (OSError, RuntimeError):  # RuntimeError: nobody's home
        return False
    return os.access(folder, os.W_OK)


__all__ = ["FOLDER", "Cache", "Status", "clean", "find_folder", "places", "users_folder"]
