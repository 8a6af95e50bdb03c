"""Values by key in one SQLite file that several processes may use at once.

A store is for what can be made again: whatever goes wrong with its file makes values missing, never an error. A file
that is damaged or not ours is made anew; one that cannot be written, or is locked for long, is done without.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

SIZE_LIMIT = 512 * 1024**2
"""Bytes of values above which those unused for longest are dropped, until three quarters are left."""

_APPLICATION = 0x53744C74
_SCHEMA = 1
_PATIENCE = 5.0
"""Seconds to wait for another process that writes."""
_DAY = 86_400
_KEPT_DAYS = 30
_AT_ONCE = 500
"""Parameters in one statement; older SQLite takes no more than 999."""
_CHECK = 8
_TABLE = "CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, used INTEGER NOT NULL, value BLOB NOT NULL)"
_SURROUNDINGS = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_READONLY,
    }
)  # fmt: skip
"""Errors for which the file need not be to blame."""

T = TypeVar("T")


class Store:
    """The values in ``file``, whose folder must exist. Values used of late are kept; the rest goes, oldest first."""

    def __init__(self, file: Path, *, limit: int = SIZE_LIMIT) -> None:
        self._file = file
        self._limit = limit
        self._database: sqlite3.Connection | None = None
        self._usable = True
        self._renewed = False
        self._grown = False

    def get(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the values of those ``keys`` that have one."""
        wanted = list(keys)
        return self._attempt(lambda database: self._read(database, wanted), {})

    def put(self, values: Mapping[bytes, bytes]) -> None:
        """Keep ``values``, in place of older ones of the same keys."""
        now = int(time.time())
        rows = [(key, now, _checked(key, value)) for key, value in values.items()]

        def write(database: sqlite3.Connection) -> None:
            with _Transaction(database):
                database.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", rows)
            self._grown = True

        if rows:
            self._attempt(write, None)

    def close(self) -> None:
        """Drop what is old or too much, and close the file."""
        if self._grown:
            self._attempt(self._evict, None)
        self._stop()

    def _read(self, database: sqlite3.Connection, keys: list[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        stale: list[bytes] = []
        yesterday = time.time() - _DAY
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT key, used, value FROM entries WHERE key IN ({marks})"  # noqa: S608 - question marks only
            for key, used, held in database.execute(query, some):
                value = _unchecked(key, held)
                if value is not None:
                    found[key] = value
                    if not isinstance(used, int) or used < yesterday:
                        stale.append(key)
        if stale:
            now = int(time.time())
            # Without it the values are as good; they are only forgotten sooner.
            with suppress(sqlite3.OperationalError), _Transaction(database):
                database.executemany("UPDATE entries SET used = ? WHERE key = ?", [(now, key) for key in stale])
        return found

    def _evict(self, database: sqlite3.Connection) -> None:
        with _Transaction(database):
            database.execute("DELETE FROM entries WHERE used < ?", (int(time.time()) - _KEPT_DAYS * _DAY,))
            pages, free, size = (_pragma(database, name) for name in ("page_count", "freelist_count", "page_size"))
            if (pages - free) * size <= self._limit:
                return
            surplus = (pages - free) * size - self._limit * 3 // 4
            gone: list[tuple[int]] = []
            for row, length in database.execute("SELECT rowid, length(value) FROM entries ORDER BY used, rowid"):
                if surplus <= 0:
                    break
                surplus -= length
                gone.append((row,))
            database.executemany("DELETE FROM entries WHERE rowid = ?", gone)

    def _attempt(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do ``work``, once more with a new file where the old one is unusable."""
        while self._usable:
            try:
                if self._database is None:
                    self._database = self._open()
                return work(self._database)
            except (sqlite3.Error, UnicodeDecodeError) as error:  # what is wrong may be named in damaged text
                self._stop()
                self._usable = not self._renewed and self._is_to_blame(error) and self._remove()
                self._renewed = True
        return otherwise

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._file, timeout=_PATIENCE, isolation_level=None)
        try:
            if _pragma(database, "application_id") == 0 and not _pragma(database, "schema_version"):
                database.execute("PRAGMA journal_mode=WAL")
                with _Transaction(database):
                    database.execute(f"PRAGMA application_id={_APPLICATION}")
                    database.execute(f"PRAGMA user_version={_SCHEMA}")
                    database.execute(_TABLE)
            if (_pragma(database, "application_id"), _pragma(database, "user_version")) != (_APPLICATION, _SCHEMA):
                raise sqlite3.DatabaseError("the file belongs to another program or another version of this one")
            # What a power failure spoils is made again.
            database.execute("PRAGMA synchronous=OFF")
        except BaseException:
            database.close()
            raise
        return database

    def _is_to_blame(self, error: Exception) -> bool:
        """Tell whether another file in place of this one would do better."""
        code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        if code == sqlite3.SQLITE_IOERR_SHORT_READ or code & 0xFF not in _SURROUNDINGS:
            return True
        # A damaged header, too, may say that the file is not to be written.
        return code & 0xFF == sqlite3.SQLITE_READONLY and os.access(self._file, os.W_OK)

    def _remove(self) -> bool:
        try:
            for name in self.files(self._file):
                name.unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def _stop(self) -> None:
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.close()
            self._database = None

    @staticmethod
    def files(file: Path) -> list[Path]:
        """Return what SQLite may have made of ``file``."""
        return [file, *(file.with_name(file.name + ending) for ending in ("-wal", "-shm", "-journal"))]


class _Transaction:
    """Writes all or nothing, and waits for its turn at the beginning, not amid the work."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._database.in_transaction:  # where the disk is full, SQLite has taken everything back itself
            self._database.execute("COMMIT" if kind is None else "ROLLBACK")


def _pragma(database: sqlite3.Connection, name: str) -> int:
    value = database.execute(f"PRAGMA {name}").fetchone()[0]
    return value if isinstance(value, int) else -1


def _checked(key: bytes, value: bytes) -> bytes:
    return blake2b(value, key=key, digest_size=_CHECK).digest() + value


def _unchecked(key: object, held: object) -> bytes | None:
    """Return the value of a row, or None if it is not what was put under ``key``."""
    if not isinstance(key, bytes) or not isinstance(held, bytes):
        return None
    value = held[_CHECK:]
    return value if blake2b(value, key=key, digest_size=_CHECK).digest() == held[:_CHECK] else None


__all__ = ["SIZE_LIMIT", "Store"]
