"""What a text declares, as LibCST reads it: a second opinion on the facts.

Run as a script it compares all Python files below some folders, by default the whole of the running Python's standard
library with its tests, and prints what differs: ``python tests/extract/declarations.py [FOLDER …] [--jobs 2]``.
"""

from __future__ import annotations

import argparse
import re
import sys
import sysconfig
from collections import Counter
from multiprocessing import Pool
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst
from libcst.helpers import get_full_name_for_node

from statelint.catalogue.loader import load
from statelint.extract.extractor import extract
from statelint.extract.facts import Class
from statelint.extract.nesting import tractable
from statelint.extract.walk import UNREADABLE
from statelint.source.text import SourceError, decode

if TYPE_CHECKING:
    from statelint.extract.facts import ModuleFacts

CATALOGUE = load()
LIBRARY = Path(sysconfig.get_path("stdlib"))
_PASSED_OVER = (cst.BaseExpression, cst.BaseParenthesizableWhitespace, cst.EmptyLine, cst.Parameters)
"""Nodes without declarations that count."""


class Collector(cst.CSTVisitor):
    """Collects classes, functions with their parameters, and imports."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[tuple[object, ...]] = Counter()
        self._names: list[str] = []
        self._never: set[cst.CSTNode] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if node in self._never:
            return False
        if isinstance(node, cst.Module | cst.IndentedBlock):
            ends = [
                at for at, each in enumerate(node.body) if isinstance(each, cst.SimpleStatementLine) and _ends(each)
            ]
            self._never.update(node.body[ends[0] + 1 :] if ends else ())
        return super().on_visit(node) is not False and not isinstance(node, _PASSED_OVER)

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if original_node not in self._never:
            super().on_leave(original_node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._names.append(node.name.value)
        self.found["function", ".".join(self._names), node.asynchronous is not None, _parameters(node.params)] += 1

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        self._names.pop()

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._names.append(node.name.value)
        bases, keywords = len([arg for arg in node.bases if arg.keyword is None]), len(node.keywords)
        self.found["class", ".".join(self._names), bases, keywords] += 1

    def leave_ClassDef(self, original_node: cst.ClassDef) -> None:
        self._names.pop()

    def visit_Import(self, node: cst.Import) -> None:
        for alias in node.names:
            module = get_full_name_for_node(alias.name) or ""
            name = alias.evaluated_alias or module.partition(".")[0]
            self.found["import", name, module if alias.asname else module.partition(".")[0], "", 0] += 1
            if "." in module and not alias.asname:
                self.found["import", "", module, "", 0] += 1  # that it is loaded, too, without a name of its own

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        module = get_full_name_for_node(node.module) or "" if node.module else ""
        if isinstance(node.names, cst.ImportStar):
            self.found["import", "*", module, "*", len(node.relative)] += 1
            return
        for alias in node.names:
            self.found["import", alias.evaluated_alias or alias.evaluated_name, module, alias.evaluated_name,
                       len(node.relative)] += 1  # fmt: skip


def _ends(line: cst.SimpleStatementLine) -> bool:
    """Tell whether what comes after a line never runs, so that it declares nothing."""
    return any(isinstance(part, cst.Return | cst.Raise | cst.Continue | cst.Break) for part in line.body)


def _parameters(given: cst.Parameters) -> tuple[str, ...]:
    names = [p.name.value for p in (*given.posonly_params, *given.params)]
    if isinstance(given.star_arg, cst.Param):
        names.append(f"*{given.star_arg.name.value}")
    names += [p.name.value for p in given.kwonly_params]
    return (*names, *([f"**{given.star_kwarg.name.value}"] if given.star_kwarg else []))


def by_libcst(data: bytes) -> Counter[tuple[object, ...]]:
    """Return the declarations in a text. Raises what LibCST raises."""
    collector = Collector()
    cst.parse_module(data).visit(collector)
    return collector.found


def by_ast(facts: ModuleFacts) -> Counter[tuple[object, ...]]:
    """Return the declarations in a module's facts."""
    found: Counter[tuple[object, ...]] = Counter()
    for function in facts.functions[1:]:
        if function.name != "<lambda>":
            names = tuple(f"{p.kind if p.kind.startswith('*') else ''}{p.name}" for p in function.parameters)
            found["function", function.qualname.replace("<lambda>.", ""), function.is_async, names] += 1
    for klass in facts.classes:
        found["class", klass.qualname, len(klass.bases), len(klass.keywords)] += 1
    for one in facts.imports:
        found["import", one.name, one.module, one.symbol, one.level] += 1
    return found


def misplaced(facts: ModuleFacts, text: str) -> list[str]:
    """Return the classes and functions that do not stand where the facts say so."""
    lines = re.split(r"\r\n|\r|\n", text)
    wrong = []
    for one in (*facts.functions[1:], *facts.classes):
        word = "class" if isinstance(one, Class) else "async +def" if one.is_async else "def"
        at = one.position
        if one.name != "<lambda>" and not re.match(rf"{word}\s+{one.name}\b", lines[at.line - 1][at.column - 1 :]):
            wrong.append(f"{one.qualname} at {at.line}:{at.column}")
    return wrong


def compared(path: Path) -> tuple[Counter[str], str]:
    """Return what a file counts for, and how its readers differ."""
    data = path.read_bytes()
    facts = extract("module.py", data, CATALOGUE)
    try:
        text = decode(data)
        if not tractable(text):
            raise RecursionError
        theirs = by_libcst(data)
    except (*UNREADABLE, SourceError, SyntaxError, UnicodeDecodeError) as error:
        if facts.failure:
            return Counter({"files": 1, "read by neither": 1}), ""
        return Counter({"files": 1, "read by ast alone": 1}), f"LibCST cannot read it: {type(error).__name__}"
    if facts.failure:
        return Counter({"files": 1, "read by LibCST alone": 1}), f"ast cannot read it: {facts.failure.message}"
    ours = by_ast(facts)
    wrong = misplaced(facts, text)
    counts = Counter(
        {"files": 1, "declarations": theirs.total(), "files that differ": int(ours != theirs or bool(wrong))}
    )
    mine, others = list(ours - theirs)[:3], list(theirs - ours)[:3]
    return counts, f"only ast: {mine}; only LibCST: {others}; {wrong[:3]}" if counts["files that differ"] else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="the standard library by default")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    options = parser.parse_args()
    paths = [path for folder in options.folders or [LIBRARY] for path in python_files(folder)]
    counts: Counter[str] = Counter()
    with Pool(options.jobs) as pool:
        for path, (more, difference) in zip(paths, pool.imap(compared, paths, chunksize=8), strict=True):
            counts += more
            if difference:
                print(f"{path}: {difference}", flush=True)
    print(dict(counts))
    sys.exit(counts["files that differ"] > 0)


def python_files(folder: Path) -> list[Path]:
    """Return the Python files below a folder, without what is installed there."""
    return [path for path in sorted(folder.rglob("*.py")) if path.is_file() and "site-packages" not in path.parts]


if __name__ == "__main__":
    main()
