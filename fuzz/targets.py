"""What is fuzzed: functions that take bytes from strangers, and what must hold whatever the bytes are.

Each target takes the bytes as a user would meet them, and raises for what must not happen. Errors that the command
shows to its user (ConfigError and the like) are answers, not accidents.
"""

from __future__ import annotations

import io
import tempfile
import tokenize
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from statelint.analysis.project import analyse
from statelint.analysis.stores import sqlparse
from statelint.catalogue.loader import load
from statelint.catalogue.patterns import CatalogueError
from statelint.config.load import ConfigError
from statelint.config.load import load as load_settings
from statelint.config.settings import Settings
from statelint.extract.extractor import extract
from statelint.extract.launches import read_launches
from statelint.lint.baseline import BaselineError
from statelint.lint.baseline import parse as parse_baseline
from statelint.lint.packs import load_rules
from statelint.lint.runner import lint
from statelint.lint.selection import Selection, SelectionError
from statelint.run.records import pack, unpack, unpack_launches
from statelint.run.store import Store
from statelint.source.files import belongs
from statelint.source.globs import GlobError
from statelint.source.suppressions import find_suppressions

if TYPE_CHECKING:
    from collections.abc import Callable

CATALOGUE = load()
RULES = load_rules()
KINDS = ("app/main.py", "app/main.pyi", "app/schema.sql", "app/try.ipynb", "README.md", "tests/test_main.py")
DEPLOYMENT = ("Dockerfile", "docker-compose.yml", "deploy/app.yaml", "Procfile", "gunicorn.conf.py", "start.sh")
_PLACE = Path(tempfile.mkdtemp(prefix="statelint-fuzz-"))


def extraction(data: bytes) -> None:
    """Facts are made of any bytes, and survive being packed."""
    path = KINDS[data[0] % len(KINDS)] if data else KINDS[0]
    facts = extract(path, data[1:], CATALOGUE)
    assert unpack(pack(facts), path) == facts


def judging(data: bytes) -> None:
    """No rule raises over any program, whatever it reads."""
    settings = Settings(min_severity="note", min_confidence="low")
    text = data.decode("utf-8", "replace")
    lines = text.splitlines()
    project = analyse([extract("app/main.py", text.encode(), CATALOGUE)], CATALOGUE, settings)
    result = lint(project, RULES, settings, lines=lambda _: lines)
    assert not result.crashes, result.crashes[0].traceback


def settings(data: bytes) -> None:
    """A settings file, and the baseline that it may name, are understood or explained."""
    file = _PLACE / "pyproject.toml"
    file.write_bytes(data)
    with suppress(ConfigError, CatalogueError, SelectionError, GlobError):
        found = load_settings(_PLACE, config=file).settings
        load(found.catalogue)
        Selection(RULES, found)
        belongs("app/main.py", found)
    with suppress(BaselineError):
        parse_baseline(data.decode("utf-8", "replace"))


def suppressions(data: bytes) -> None:
    """Suppressions stand in comments, as ``tokenize`` sees them, and at their places."""
    text = data.decode("utf-8", "replace").replace("\0", "")
    found = find_suppressions(text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for one in found:
        at = one.position
        assert "#" in lines[at.line - 1][at.column - 1 : at.end_column - 1]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "a.py", "exec")
        tokens = list(tokenize.generate_tokens(io.StringIO(text, newline=None).readline))
    except (SyntaxError, tokenize.TokenError, ValueError, MemoryError, RecursionError):
        return
    comments = {token.start for token in tokens if token.type == tokenize.COMMENT}
    for one in found:
        at = one.position
        assert any(line == at.line and column < at.column for line, column in comments), (one, comments)


def sql(data: bytes) -> None:
    """A script, and any SQL text in code, is read or left out."""
    extract("app/schema.sql", data, CATALOGUE)
    text = data.decode("utf-8", "replace")
    for statement in sqlparse.parse(text):
        assert statement.verb
    sqlparse.parse.cache_clear()


def cache(data: bytes) -> None:
    """Packed facts, and the file of a store, are read or done without."""
    for read in (lambda: unpack(data, "app/main.py"), lambda: unpack_launches(data)):
        with suppress(ValueError):
            read()
    file = _PLACE / "cache.db"
    for old in Store.files(file):
        old.unlink(missing_ok=True)
    file.write_bytes(_damaged(data))
    store = Store(file)
    assert store.get([b"key", b"other"]) in ({}, {b"key": b"value"})
    store.put({b"new": b"value"})
    assert store.get([b"new"]) in ({}, {b"new": b"value"})
    store.close()


def deployment(data: bytes) -> None:
    """A deployment file is understood or left out."""
    path = DEPLOYMENT[data[0] % len(DEPLOYMENT)] if data else DEPLOYMENT[0]
    read_launches(path, data[1:])


def _sound() -> bytes:
    file = _PLACE / "sound.db"
    store = Store(file)
    store.put({b"key": b"value"})
    store.close()
    return file.read_bytes()


_SOUND = _sound()


def _damaged(data: bytes) -> bytes:
    """Return the file of a store with changes: each three bytes of ``data`` are a place and what is there instead."""
    if len(data) % 3:
        return data
    file = bytearray(_SOUND)
    for at in range(0, len(data), 3):
        file[int.from_bytes(data[at : at + 2], "big") % len(file)] = data[at + 2]
    return bytes(file)


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (extraction, judging, settings, suppressions, sql, cache, deployment)
}
"""By name; ``corpus/<name>`` has inputs to begin with."""
