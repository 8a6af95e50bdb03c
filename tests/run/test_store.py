from __future__ import annotations

import multiprocessing
import random
import sqlite3
import time
from typing import TYPE_CHECKING, Any

import pytest

from statelint.run import store as module
from statelint.run.store import Store

if TYPE_CHECKING:
    from pathlib import Path

VALUES = {bytes([i]) * 20: random.Random(i).randbytes(900) for i in range(200)}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    store = Store(tmp_path / "cache.db")
    store.put(VALUES)
    store.close()
    return tmp_path / "cache.db"


def contents(file: Path) -> dict[bytes, bytes]:
    store = Store(file)
    try:
        return store.get(VALUES)
    finally:
        store.close()


def test_values_last(file: Path) -> None:
    assert contents(file) == VALUES
    assert [path.name for path in file.parent.iterdir()] == ["cache.db"]


def test_a_newer_value_takes_the_older_ones_place(file: Path) -> None:
    key = next(iter(VALUES))
    store = Store(file)
    store.put({key: b"new"})
    assert store.get([key]) == {key: b"new"}


@pytest.mark.parametrize("size", [0, 1, 50, 5000, 100_000])
def test_a_file_cut_short_is_made_anew(file: Path, size: int) -> None:
    file.write_bytes(file.read_bytes()[:size])
    check_survival(file)


@pytest.mark.parametrize("offset", [*range(100), 4096, 4100, 4104])
def test_a_damaged_header_does_no_harm(file: Path, offset: int) -> None:
    data = bytearray(file.read_bytes())
    data[offset] ^= 0xFF
    file.write_bytes(data)
    check_survival(file)


@pytest.mark.parametrize("seed", range(30))
def test_damage_anywhere_never_gives_a_wrong_value(file: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(file.read_bytes())
    for _ in range(chance.choice([1, 10, 200])):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    file.write_bytes(data)
    check_survival(file)


def test_a_thousand_flipped_bits_never_give_a_wrong_value(file: Path) -> None:
    chance = random.Random(0)
    sound = file.read_bytes()
    for _ in range(1_000):
        data = bytearray(sound)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        for each in Store.files(file):
            each.unlink(missing_ok=True)
        file.write_bytes(data)
        assert contents(file).items() <= VALUES.items()


def test_damage_that_is_named_in_the_message_does_no_harm(file: Path) -> None:
    data = file.read_bytes()
    assert b"CREATE TABLE" in data
    file.write_bytes(data.replace(b"CREATE TABLE", b"CREA\xffE TABLE"))
    check_survival(file)


def check_survival(file: Path) -> None:
    """Reading gives right values or none, and what is put afterwards is there on the next opening."""
    assert contents(file).items() <= VALUES.items()
    store = Store(file)
    store.put(VALUES)
    store.close()
    again = Store(file)
    again.put(VALUES)
    again.close()
    assert contents(file) == VALUES


def test_a_foreign_file_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "cache.db"
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE entries (key TEXT)")
    database.close()
    check_survival(file)
    file.write_bytes(b"not a database at all" * 500)
    check_survival(file)


def test_the_file_of_another_version_is_replaced(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.execute(f"PRAGMA user_version={module._SCHEMA + 1}")
    database.close()
    assert contents(file) == {}
    check_survival(file)


def test_without_a_place_for_the_file_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "cache.db").mkdir()
    for file in (tmp_path / "missing" / "cache.db", tmp_path / "cache.db"):
        store = Store(file)
        store.put(VALUES)
        assert store.get(VALUES) == {}
        store.close()


def test_on_a_full_disk_nothing_is_added_and_nothing_lost(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def full(*args: Any, **keywords: Any) -> sqlite3.Connection:
        database = connect(*args, **keywords)
        database.execute("PRAGMA max_page_count=1")  # no more than it has
        return database

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", full)
        store = Store(file)
        store.put({b"new": bytes(1_000_000)})
        assert store.get([b"new"]) == {}
        store.close()
    assert contents(file) == VALUES


def test_a_locked_file_is_read_but_not_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = module._PATIENCE
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    writer = sqlite3.connect(file, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    store = Store(file)
    assert store.get(VALUES) == VALUES
    started = time.monotonic()
    store.put({b"k": b"v"})
    store.close()
    assert time.monotonic() - started < usual
    writer.execute("ROLLBACK")
    writer.close()
    assert contents(file) == VALUES


def test_what_is_unused_for_long_goes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    used = list(VALUES)[:50]
    for days in (20, 40):
        monkeypatch.setattr(time, "time", lambda days=days: now + days * 86_400)
        store = Store(file)
        assert len(store.get(used)) == 50
        store.put({b"new": b"value"})
        store.close()
    assert contents(file).keys() == set(used)


def test_the_size_is_bounded_and_the_oldest_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, limit, now = tmp_path / "cache.db", 400_000, time.time()
    for step in range(40):
        monkeypatch.setattr(time, "time", lambda step=step: now + step)
        store = Store(file, limit=limit)
        store.put({bytes([step, i]): bytes(1000) for i in range(50)})
        store.close()
        assert file.stat().st_size < limit * 1.5
    store = Store(file)
    assert len(store.get(bytes([39, i]) for i in range(50))) == 50
    assert not store.get(bytes([0, i]) for i in range(50))
    store.close()


def work(file: Path, number: int) -> None:
    for step in range(20):
        store = Store(file)
        store.put({b"%d %d" % (number, step): bytes(500)})
        store.get(VALUES)
        store.close()


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    file = tmp_path / "cache.db"
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=work, args=(file, number)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    store = Store(file)
    assert len(store.get(b"%d %d" % (number, step) for number in range(3) for step in range(20))) == 60
    store.close()
