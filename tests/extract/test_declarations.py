"""The declarations that ``ast`` gives are those that LibCST gives, over the standard library of the running Python.

A sample of it: ``python tests/extract/declarations.py`` compares all of it, which takes minutes.
"""

from __future__ import annotations

import random
from collections import Counter

from tests.extract.declarations import LIBRARY, compared, python_files

SAMPLE = 25
LARGEST = 60_000
"""Bytes of a file in the sample."""


def test_ast_and_libcst_agree() -> None:
    small = [path for path in python_files(LIBRARY) if path.stat().st_size < LARGEST]
    counts: Counter[str] = Counter()
    for path in random.Random(9).sample(small, SAMPLE):
        more, difference = compared(path)
        assert not more["files that differ"], f"{path}: {difference}"
        counts += more
    assert counts["declarations"] > SAMPLE
    assert counts["read by neither"] < SAMPLE * 0.2
