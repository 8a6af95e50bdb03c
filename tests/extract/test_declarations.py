"""The declarations that ``ast`` gives are those that LibCST gives, over the standard library of the running Python.

A sample of it: ``STATELINT_WHOLE_LIBRARY=1`` reads all of it, CPython's own tests included where they are installed,
which takes a quarter of an hour.
"""

from __future__ import annotations

import os
import random
import sysconfig
from pathlib import Path

from statelint.extract.extractor import extract
from statelint.extract.nesting import tractable
from statelint.extract.walk import UNREADABLE
from statelint.source.text import SourceError, decode
from tests.extract.declarations import CATALOGUE, by_ast, by_libcst

LIBRARY = Path(sysconfig.get_path("stdlib"))
SAMPLE = 25
LARGEST = 60_000
"""Bytes of a file in the sample."""


def files() -> list[Path]:
    found = sorted(path for path in LIBRARY.rglob("*.py") if "site-packages" not in path.parts)
    if os.environ.get("STATELINT_WHOLE_LIBRARY"):
        return found
    return random.Random(9).sample([path for path in found if path.stat().st_size < LARGEST], SAMPLE)


def test_ast_and_libcst_agree() -> None:
    compared = 0
    for path in files():
        data = path.read_bytes()
        facts = extract("module.py", data, CATALOGUE)
        try:
            readable = tractable(decode(data))
            theirs = by_libcst(data) if readable else None
        except (*UNREADABLE, SourceError, UnicodeDecodeError):
            theirs = None
        if theirs is not None and facts.failure is None:
            assert by_ast(facts) == theirs, path
            compared += 1
    assert compared > SAMPLE * 0.8
