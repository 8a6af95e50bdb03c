"""Plants mistakes in a module, one at a time, and tells which of them its tests do not notice.

    python tools/mutants.py statelint.lint.baseline tests/lint/test_baseline.py … [--every 3]

Each mutant runs in a fork of this process, which has loaded pytest and LibCST already. Survivors are printed with
their line: each is a gap in the tests, code that does nothing, or a change that makes no difference.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import resource
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import libcst  # noqa: F401 - loaded once, for all mutants
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, ModuleType

SECONDS = 60
"""Of computing: a mutant that takes longer has been noticed."""
OTHER = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip


def changes(node: ast.AST) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield what can be changed in a node: what it is called, and how to do it in place."""
    operator = getattr(node, "op", None)
    if other := OTHER.get(type(operator)):
        yield f"{type(operator).__name__} → {other.__name__}", lambda: setattr(node, "op", other())
    if isinstance(node, ast.Compare):
        first = OTHER.get(type(node.ops[0]))
        if first is not None:
            yield f"{type(node.ops[0]).__name__} → {first.__name__}", lambda: node.ops.__setitem__(0, first())
    if isinstance(node, ast.Constant):
        value = node.value
        if isinstance(value, bool):
            yield f"{value} → {not value}", lambda: setattr(node, "value", not value)
        elif isinstance(value, int):
            yield f"{value} → {value + 1}", lambda: setattr(node, "value", value + 1)
        elif isinstance(value, str) and value:
            yield f"{value[:20]!r} → ''", lambda: setattr(node, "value", "")
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "condition → not", lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not → nothing", lambda: setattr(node, "op", ast.UAdd()) or setattr(node, "operand", _truth(node.operand))
    if isinstance(node, ast.Return) and node.value is not None:
        yield "return → None", lambda: setattr(node, "value", ast.Constant(None))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "call → nothing", lambda: setattr(node, "value", ast.Constant(None))


def _truth(node: ast.expr) -> ast.expr:
    return ast.Call(ast.Name("bool", ast.Load()), [node], [])


def mutants(tree: ast.Module) -> Iterator[tuple[int, str, CodeType]]:
    """Yield line, name and code of each mutant."""
    passed_over: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed_over.add(id(node.value))  # a docstring
        for field in ("annotation", "returns"):
            passed_over |= {id(part) for part in ast.walk(getattr(node, field, None) or ast.Pass())}
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            passed_over |= {id(part) for part in ast.walk(node)}
    nodes = [number for number, node in enumerate(ast.walk(tree)) if id(node) not in passed_over]
    for number in nodes:
        for which in range(len(list(changes(list(ast.walk(tree))[number])))):
            mutant = copy.deepcopy(tree)
            node = list(ast.walk(mutant))[number]
            name, change = list(changes(node))[which]
            line = getattr(node, "lineno", 0)
            change()
            yield line, name, compile(ast.fix_missing_locations(mutant), f"<mutant of line {line}>", "exec")


class Planter:
    """Loads the mutant in place of the module."""

    def __init__(self, module: str, path: str, code: CodeType) -> None:
        self._module, self._path, self._code = module, path, code

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Return how to load the module."""
        return ModuleSpec(name, self, origin=self._path) if name == self._module else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to Python."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutant."""
        module.__file__ = self._path
        exec(self._code, vars(module))  # noqa: S102 - what we are here for


def is_noticed(module: str, path: str, code: CodeType, tests: list[str]) -> bool:
    """Run the tests over a mutant, in a fork."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] != 0
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    sys.meta_path.insert(0, Planter(module, path, code))  # type: ignore[arg-type]
    os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]))


def main() -> None:
    """Try all mutants, or every so many."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module")
    parser.add_argument("tests", nargs="+")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="try every Nth mutant only")
    options = parser.parse_args()
    spec = find_spec(options.module)
    if spec is None or spec.origin is None:
        parser.error(f"there is no module {options.module}")
    loaded = [name for name in sys.modules if name == "statelint" or name.startswith("statelint.")]
    for name in loaded:
        del sys.modules[name]
    text = Path(spec.origin).read_text()
    if is_noticed(options.module, spec.origin, compile(text, spec.origin, "exec"), options.tests):
        sys.exit("the tests fail without any mutant")
    tried = survived = 0
    for line, name, code in list(mutants(ast.parse(text)))[:: options.every]:
        tried += 1
        if not is_noticed(options.module, spec.origin, code, options.tests):
            survived += 1
            print(f"{spec.origin}:{line}: {name}\n    {text.splitlines()[line - 1].strip()}", flush=True)
    print(f"{options.module}: {tried - survived} of {tried} mutants noticed ({(tried - survived) / max(tried, 1):.0%})")


if __name__ == "__main__":
    main()
