"""Plants mistakes in modules, one at a time, and tells which of them the tests do not notice.

    python tools/mutants.py statelint/analysis rules --tests tests/analysis tests/rules --sample 500

The tests are collected once, and run once under coverage, which tells which of them execute which line. Each mistake is
then planted in a fork of that process, into the functions that are loaded already, and only the tests that execute its
line are run, those first that execute most of its function. Most mistakes are noticed in a tenth of a second. Survivors
are printed with their line: each is a gap in the tests, code that does nothing, or a change that makes no difference.
"""

from __future__ import annotations

import argparse
import ast
import gc
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import suppress
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, NamedTuple

import coverage
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LONGEST = 60
"""Seconds of computing: a mistake that takes longer than the tests may, and this, has been noticed."""
OTHER = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Mutant(NamedTuple):
    """A mistake to plant: the ``which``-th change of the ``number``-th node of a module's tree."""

    path: Path
    number: int
    which: int
    name: str
    line: int
    lines: range
    """Of the statement: tests that execute one of them may notice."""
    place: tuple[int, int]
    """Numbers of the line and the node of the function or the assignment that is replaced."""
    around: range
    """Lines of the function: the more of them a test executes, the likelier it notices. Of a constant, none."""


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
        elif isinstance(value, str) and value and " " not in value:
            yield f"{value[:20]!r} → ''", lambda: setattr(node, "value", "")
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "condition → not", lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.comprehension) and node.ifs:
        yield "if → not", lambda: node.ifs.__setitem__(0, ast.UnaryOp(ast.Not(), node.ifs[0]))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not → nothing", lambda: setattr(node, "op", ast.UAdd()) or setattr(node, "operand", _truth(node.operand))
    if isinstance(node, ast.Return) and getattr(node.value, "value", True) not in (None, False):
        yield "return → None", lambda: setattr(node, "value", ast.Constant(None))
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "call → nothing", lambda: setattr(node, "value", ast.Constant(None))


def _truth(node: ast.expr) -> ast.expr:
    return ast.Call(ast.Name("bool", ast.Load()), [node], [])


def mutants(path: Path) -> Iterator[Mutant]:
    """Yield the mistakes that can be planted in a module: in its functions and constants, not in messages."""
    tree = ast.parse(path.read_text())
    numbers = {id(node): number for number, node in enumerate(ast.walk(tree))}

    def below(node: ast.AST, statement: ast.stmt, place: tuple[int, int], around: range) -> Iterator[Mutant]:
        if isinstance(node, ast.stmt):
            statement = node
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            return  # a message, a docstring
        line = getattr(node, "lineno", statement.lineno)
        lines = range(statement.lineno, max(line, statement.lineno) + 1)
        for which, (name, _) in enumerate(changes(node)):
            yield Mutant(path, numbers[id(node)], which, name, line, lines, place, around)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cast":
            node = node.args[1]  # a type comes first
        for field, value in ast.iter_fields(node):
            if field not in ("annotation", "returns", "decorator_list", "args" if isinstance(node, FUNCTIONS) else ""):
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        yield from below(child, statement, place, around)

    def outside(body: Sequence[ast.stmt], in_class: bool) -> Iterator[Mutant]:
        for statement in body:
            if isinstance(statement, FUNCTIONS):
                place = first_line(statement), numbers[id(statement)]
                around = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
                for child in statement.body:
                    yield from below(child, child, place, around)
            elif isinstance(statement, ast.ClassDef):
                yield from outside(statement.body, True)
            elif not in_class and _is_constant(statement):
                yield from below(statement.value, statement, (0, numbers[id(statement)]), range(0))

    yield from outside(tree.body, False)


def _is_constant(statement: ast.stmt) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    name = targets[0].id if isinstance(targets[0], ast.Name) else ""
    return bool(name) and not name.startswith("__") and getattr(statement, "value", None) is not None


def first_line(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the line at which Python says that a function begins."""
    return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])


def planted(mutant: Mutant, functions: dict[tuple[str, int], list[FunctionType]], module: str) -> None:
    """Plant a mistake in this process. Raises what a wrong constant raises."""
    tree = ast.parse(mutant.path.read_text())
    nodes = list(ast.walk(tree))
    list(changes(nodes[mutant.number]))[mutant.which][1]()
    ast.fix_missing_locations(tree)
    line, number = mutant.place
    if line:
        code = next(_codes(compile(tree, str(mutant.path), "exec"), line))
        for function in functions[str(mutant.path), line]:
            function.__code__ = code
        return
    statement = nodes[number]
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    names = vars(sys.modules[module])
    value = eval(compile(ast.Expression(statement.value), str(mutant.path), "eval"), names)  # noqa: S307 - our own code
    old = names[target.id]
    for other in list(sys.modules.values()):
        with suppress(TypeError):
            if vars(other).get(target.id) is old:
                setattr(other, target.id, value)


def _codes(code: CodeType, line: int) -> Iterator[CodeType]:
    """Yield the code of the functions at module and class level that begin at a line."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if inner.co_firstlineno == line and "<locals>" not in inner.co_qualname and inner.co_flags & 2:
                yield inner
            yield from _codes(inner, line)


class Planter:
    """A plugin of pytest that runs the tests over mutants instead of once."""

    def __init__(self, paths: list[Path], sample: int, seed: int, seconds: float) -> None:
        self._files = sorted(
            file.resolve() for path in paths for file in ([path] if path.is_file() else path.rglob("*.py"))
        )
        self._sample, self._seed, self._seconds = sample, seed, seconds

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try all mutants, or a sample."""
        modules = {file: _module_of(file) for file in self._files}
        for module in modules.values():
            import_module(module)
        functions = defaultdict(list)
        for function in gc.get_objects():
            if isinstance(function, FunctionType) and "<locals>" not in function.__code__.co_qualname:
                functions[function.__code__.co_filename, function.__code__.co_firstlineno].append(function)
        everything = [mutant for file in self._files for mutant in mutants(file)]
        draw = random.Random(self._seed)  # noqa: S311
        chosen = draw.sample(everything, min(self._sample or len(everything), len(everything)))
        passing, executed = self._traced(session)
        items = {item.nodeid: item for item in session.items}
        tried: Counter[str] = Counter()
        noticed: Counter[str] = Counter()
        unexecuted = 0
        for mutant in sorted(chosen, key=lambda each: (each.path, each.line, each.number, each.which)):
            lines = executed.get(str(mutant.path), {})
            where = mutant.lines if mutant.place[0] else lines
            tests = sorted({test for line in where for test in lines.get(line, ()) if test in passing})
            draw.shuffle(tests)
            depth = Counter(test for line in mutant.around for test in lines.get(line, ()))
            tests.sort(key=lambda test: -depth[test])
            module = modules[mutant.path]
            package = module.rpartition(".")[0] or module
            tried[package] += 1
            if tests and self._is_noticed(session, [items[test] for test in tests], mutant, functions, module):
                noticed[package] += 1
                continue
            unexecuted += not tests
            line = mutant.path.read_text().splitlines()[mutant.line - 1].strip()
            why = f"{len(tests)} tests" if tests else "no test executes it"
            print(f"{mutant.path}:{mutant.line}: {mutant.name} ({why})\n    {line}", flush=True)
        for package, count in sorted(tried.items()):
            print(f"{package}: {noticed[package]} of {count} noticed ({noticed[package] / count:.0%})")
        share = noticed.total() / max(tried.total(), 1)
        print(
            f"{noticed.total()} of {tried.total()} mutants noticed ({share:.1%}), of {len(everything)} in all;", end=" "
        )
        print(f"{unexecuted} that no test executes")
        return True

    def _traced(self, session: pytest.Session) -> tuple[set[str], dict[str, dict[int, list[str]]]]:
        """Run all tests once, in a fork: return those that pass, and for each file which execute which line."""
        with tempfile.TemporaryDirectory() as folder:
            result = Path(folder, "passing.json")
            tracer = coverage.Coverage(
                Path(folder, "coverage"), include=[str(file) for file in self._files], config_file=False
            )

            def run() -> None:
                passing, failed = [], 0
                tracer.start()
                for item, following in zip_longest(session.items, session.items[1:]):
                    tracer.switch_context(item.nodeid)
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                    if session.testsfailed == failed:
                        passing.append(item.nodeid)
                    failed = session.testsfailed
                tracer.stop()
                tracer.save()
                result.write_text(json.dumps(passing))

            if _forked(run):
                sys.exit("the tests cannot be traced")
            passing = set(json.loads(result.read_text()))
            for item in session.items:
                if item.nodeid not in passing:
                    print(f"left out, as it fails while it is traced: {item.nodeid}", flush=True)
            tracer.load()
            data = tracer.get_data()
            executed = {str(file): data.contexts_by_lineno(str(file)) for file in self._files}
            data.close()
            return passing, executed

    def _is_noticed(
        self,
        session: pytest.Session,
        items: list[pytest.Item],
        mutant: Mutant,
        functions: dict[tuple[str, int], list[FunctionType]],
        module: str,
    ) -> bool:
        def run() -> None:
            resource.setrlimit(resource.RLIMIT_CPU, (int(self._seconds) + LONGEST, -1))
            try:
                planted(mutant, functions, module)
            except Exception:
                os._exit(1)  # as the module could not be imported
            for item, following in zip_longest(items, items[1:]):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.testsfailed:
                    os._exit(1)
                if time.process_time() > self._seconds:
                    return

        return _forked(run) != 0


def _forked(run: Callable[[], None]) -> int:
    """Run a function in a fork, silently; return how that ended, 0 for well."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        run()
        os._exit(0)
    finally:
        os._exit(2)


def _module_of(file: Path) -> str:
    """Return a file's module name: its packages' folders have an ``__init__.py``."""
    parts = [] if file.stem == "__init__" else [file.stem]
    folder = file.parent
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts)


def main() -> None:
    """Try all mutants, or a sample."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="modules, or folders of them")
    parser.add_argument("--tests", nargs="+", required=True, metavar="PATH")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="try so many, drawn at random")
    parser.add_argument("--seed", type=int, default=9, help="of the draw")
    parser.add_argument("--seconds", type=float, default=30, help="of computing that the tests of a mutant may take")
    options = parser.parse_args()
    planter = Planter(options.paths, options.sample, options.seed, options.seconds)
    arguments = ["-s", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *options.tests]
    sys.exit(pytest.main(arguments, plugins=[planter]))


if __name__ == "__main__":
    main()
