from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from statelint.catalogue.loader import load
from statelint.extract.extractor import extract
from statelint.run.records import pack, unpack

EVERY_WORD = """
import a
CONSTANTS = [None, True, 1, 10**30, 100000000000000000000000, 1.5, 2j, "text", b"bytes", ...]
SHOWN = (1, {2}, [3], {4: 5}, x[1:2])
MADE = [[i for i in x], {i for i in x}, {i: i for i in x}, (i for i in x)]
SIGNS = [~x, -x, +x, not x]
JOINED = x and y or z
COMPARED = [x == y, x != y, x < y, x <= y, x > y, x >= y, x is y, x is not y, x in y, x not in y]
COUNTED = [x + y, x - y, x * y, x / y, x // y, x % y, x**y, x @ y, x & y, x | y, x ^ y, x << y, x >> y]
bare: int

async def each(positional, /, plain, *rest, keyword, **others):
    global CONSTANTS
    CONSTANTS = 1
    plain.a += 1; plain.a -= 1; plain.a *= 1; plain.a /= 1; plain.a //= 1; plain.a %= 1; plain.a **= 1
    plain.a @= 1; plain.a &= 1; plain.a |= 1; plain.a ^= 1; plain.a <<= 1; plain.a >>= 1
    del plain.a
    for plain.b in rest:
        try:
            with open(plain) as plain.c:
                assert plain
                alone()
        except ValueError:
            pass
        except KeyError:
            continue
        except OSError:
            return
        finally:
            await task
    while x:
        if y:
            raise ValueError
        if z:
            abort()
        yield x
"""


def sources() -> list[Path]:
    """Every 25th module of the running Python's library."""
    return sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))[::25]


def test_facts_with_every_word_are_the_same_after_storage() -> None:
    facts = extract("app.py", EVERY_WORD.encode(), load())
    assert facts.failure is None
    assert unpack(pack(facts), "app.py") == facts


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.name)
def test_facts_of_real_code_are_the_same_after_storage(source: Path) -> None:
    facts = extract(source.name, source.read_bytes(), load())
    assert unpack(pack(facts), source.name) == facts
