"""Fuzzes one target, or all in turn, guided by coverage: ``python fuzz/run.py [TARGET …] [--seconds 60]``.

What is found on the way is kept in ``build/fuzz/<target>``, so that the next run goes on from there; an input that
breaks something is printed and written to ``build/fuzz/<target>-crash-…``. Make a test of the smallest form of it
(``--minimize FILE``), and mend what it broke.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
FOUND = HERE.parent / "build" / "fuzz"
PROGRAMS = ("judging", "extraction")
"""Targets that take programs: bytes changed at random are hardly ever one."""
NAMES = ("extraction", "judging", "settings", "suppressions", "sql", "cache", "deployment")
SNIPPETS = (
    "try:\n    pass\nexcept* (A, B) as e:\n    raise\nfinally:\n    return",
    "async with a as b, c as (d, *e):\n    await f()",
    'match x:\n    case {"a": [1, *r], **k} if k: pass\n    case C(a=1) | D(): pass\n    case _: pass',
    "while (n := f()):\n    continue\nelse:\n    del n[0], n.a",
    'class A(B, metaclass=M):\n    x: int = 1\n    def f(self, *a, b=1, **k) -> "A": return super().f()',
    "@d(1)\nasync def f(a, /, b: str = Depends(g), *, c=None): yield await b",
    "for i, (a, *b) in enumerate(x):\n    global z\n    z[i] += a",
    "x = [a async for a in b if a for c in d]",
    "x = lambda *a, k=1: (yield)",
    'x = f"{a!r:>{w}}" "b" rf\'{c=}\'',
    "x = a if b else c and not d or e < f <= g",
    "from . import a as b, c",
    "from x import *",
    'db.execute(text(f"select * from t where id = {x}"))',
    "db.query(Note).filter(Note.id == note_id, Note.user_id == user.id).first()",
    "Note.objects.filter(pk=pk).delete()",
    "STATE = {}\ndef h(u): STATE[u] = 1",
)
"""Statements that are put into programs."""


def main() -> None:
    """Run each target in a process of its own: the first crash ends it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--minimize", metavar="FILE", help="make the input that breaks a target smaller")
    options = parser.parse_args()
    failed = []
    for name in options.targets or NAMES:
        if name not in NAMES:
            parser.error(f"there is no target {name!r}")
        found = FOUND / name
        found.mkdir(parents=True, exist_ok=True)
        places = [str(found), str(HERE / "corpus" / name)]
        if options.minimize:
            places = ["-minimize_crash=1", options.minimize]
        limits = [f"-max_total_time={options.seconds}", "-max_len=20000", "-timeout=30", "-rss_limit_mb=4096"]
        command = [sys.executable, __file__, *limits, f"-artifact_prefix={FOUND}/{name}-", "-print_final_stats=1"]
        command += places
        print(f"== {name}", flush=True)
        if subprocess.run(command, env={**os.environ, "FUZZ_TARGET": name}, check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"broken: {', '.join(failed)}")


def fuzz(name: str) -> None:
    """Fuzz a target in this process, with libFuzzer's arguments."""
    import atheris  # noqa: PLC0415 - for this process only

    with atheris.instrument_imports(include=["statelint", "statelint_rules"]):
        import targets  # noqa: PLC0415

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < 0.3:
            return bytes(atheris.Mutate(data, most))
        return edited(data, rng)[:most]

    target = targets.TARGETS[name]
    if name in PROGRAMS:
        atheris.Setup(sys.argv, target, custom_mutator=mutate)
    else:
        atheris.Setup(sys.argv, target)
    atheris.Fuzz()


def edited(data: bytes, rng: random.Random) -> bytes:
    """Return a program with some of its lines and words changed for others."""
    lines = data.decode("utf-8", "replace").split("\n")
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(lines))
        depth = len(lines[at]) - len(lines[at].lstrip())
        match rng.randrange(7):
            case 0 if len(lines) > 1:
                del lines[at]
            case 1:
                lines.insert(rng.randrange(len(lines)), lines[at])
            case 2:
                lines[at:at] = [" " * depth + line for line in rng.choice(SNIPPETS).split("\n")]
            case 3:
                lines[at] = " " * 4 + lines[at]
            case 4:
                lines[at] = lines[at].removeprefix("    ")
            case _:
                words = [word for line in lines for word in line.replace("(", " ( ").replace(".", " . ").split()]
                mine = lines[at].replace("(", " ( ").replace(".", " . ").split()
                if mine and words:
                    mine[rng.randrange(len(mine))] = rng.choice(words)
                    lines[at] = " " * depth + " ".join(mine)
    return "\n".join(lines).encode()


if __name__ == "__main__":
    if os.environ.get("FUZZ_TARGET"):
        fuzz(os.environ["FUZZ_TARGET"])
    else:
        main()
