"""Times one file of each shape that strangers might send to hold statelint up.

    python benchmarks/hostile.py [--size BYTES] [SHAPE ...]

Prints processor seconds for reading and for judging the file, at half the size and at the whole: twice the size should
take about twice the time.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from statelint.analysis.project import analyse
from statelint.catalogue.loader import load
from statelint.config.settings import Settings
from statelint.extract.extractor import extract
from statelint.lint.packs import load_rules
from statelint.lint.runner import lint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HANDLER = """\
from fastapi import FastAPI
from sqlalchemy import text

app = FastAPI()
D = {}


@app.get("/")
def f(user_id, q):
"""
ROUTES = "from fastapi import FastAPI\napp=FastAPI()\nD={}\n"
CLASSES = "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): pass\n"


def filled(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    return lambda size: before + unit * ((size - len(before) - len(after)) // len(unit)) + after


def numbered(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    """Like ``filled``, with ``{0}`` and ``{1}`` for the number of the unit and of the one before."""

    def text(size: int) -> str:
        count = (size - len(before) - len(after)) // (len(unit) + 2)
        return before + "".join(unit.format(number, number - 1) for number in range(1, count)) + after.format(count - 1)

    return text


SHAPES: dict[str, Callable[[int], str]] = {
    "literal": filled("1,", "X=[", "]\n"),
    "one line": filled("x=1;", "", "x=2\n"),
    "table of calls": filled("'a':f(x),", "D={", "}\n"),
    "attributes": filled(".b", "x=a", "\n"),
    "signs": filled("-", "x=", "1\n"),
    "brackets": lambda size: "x=" + "(" * (size // 2) + ")" * (size // 2) + "\n",
    "branches": filled("elif a==1:\n x=1\n", "if a==0:\n x=0\n"),
    "f-string": filled("{x}{y!r:>{w}}", "x=f'", "'\n"),
    "decorators": filled("@d(1)\n", "", "def f(): pass\n"),
    "comprehensions": filled("[a for a in b if a for c in d],", "x=[", "]\n"),
    "calls": filled("f(a,b)\n"),
    "functions": filled("def f(a):\n  return g(a)\n"),
    "chain of calls": numbered("def f{0}(x):\n  return f{1}(x)\n"),
    "chain of classes": numbered("class A{0}(A{1}): pass\n"),
    "chain of names": numbered("x{0}=x{1}\n", "x0={}\n"),
    "writes": filled(" D[user_id]=q\n", HANDLER),
    "writers": numbered(
        "@app.get('/{0}')\ndef f{0}(u):\n  D[u]=1\n", "from fastapi import FastAPI\napp=FastAPI()\nD={}\n"
    ),
    "handlers of errors": filled(" try:\n  g()\n except E:\n  raise\n", HANDLER),
    "queries": filled(" db.execute(text(f'select * from orders where id={q}'))\n", HANDLER),
    "long query": filled("select * from orders where id=1 union all ", f"{HANDLER} db.execute('''", "select 1''')\n"),
    "brackets in SQL": lambda size: f"{HANDLER} db.execute('''select {'(' * (size // 2)}1{')' * (size // 2)}''')\n",
    "models": filled("class A(Base):\n  __tablename__='a'\n  user_id=Column(ForeignKey('users.id'))\n", CLASSES),
    "suppressions": filled("x=1 # statelint: ignore[SL101,SL102] because\n"),
    "unfinished suppression": filled("statelint: ignore[", "# ", "\n"),
    "unfinished string": filled("\\'", "x='", "\n"),
    "star imports": filled("from a import *\n"),
}


def seconds(text: str) -> tuple[float, float, str]:
    """Return the processor seconds for reading and for judging ``text``, and why it could not be read, if so."""
    catalogue, settings, rules = load(), Settings(), load_rules()
    lines = text.splitlines()
    start = time.process_time()
    module = extract("app.py", text.encode(), catalogue)
    read = time.process_time()
    result = lint(analyse([module], catalogue, settings), rules, settings, lines=lambda _: lines)
    judged = time.process_time()
    if result.crashes:
        raise SystemExit(result.crashes[0].traceback)
    return read - start, judged - read, module.failure.message if module.failure else ""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=300_000, help="bytes of each file")
    parser.add_argument("shapes", nargs="*", choices=[[], *SHAPES], help="all by default")
    options = parser.parse_args(arguments)
    print("| shape | read, half | read | judged, half | judged | |\n|---|---|---|---|---|---|")
    for name in options.shapes or SHAPES:
        half = seconds(SHAPES[name](options.size // 2))
        whole = seconds(SHAPES[name](options.size))
        print(f"| {name} | {half[0]:.2f} | {whole[0]:.2f} | {half[1]:.2f} | {whole[1]:.2f} | {whole[2]} |", flush=True)


if __name__ == "__main__":
    main()
