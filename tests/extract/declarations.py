"""What a text declares, as LibCST reads it: a second opinion on the facts.

Run as a script it compares all Python files below some folders and prints what differs:
``python tests/extract/declarations.py FOLDER …``.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst
from libcst.helpers import get_full_name_for_node
from libcst.metadata import MetadataWrapper, PositionProvider

from statelint.catalogue.loader import load
from statelint.extract.extractor import extract
from statelint.extract.nesting import tractable
from statelint.extract.walk import UNREADABLE
from statelint.source.text import SourceError, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.extract.facts import ModuleFacts

CATALOGUE = load()


class Collector(cst.CSTVisitor):
    """Collects classes, functions with their parameters, and imports."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[tuple[object, ...]] = Counter()
        self._names: list[str] = []

    def _place(self, node: cst.CSTNode) -> tuple[int, int]:
        start = self.get_metadata(PositionProvider, node).start
        return start.line, start.column + 1

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._names.append(node.name.value)
        start = node.name if node.asynchronous is None else node.asynchronous
        line, _ = self._place(start)
        self.found[
            "function", ".".join(self._names), line, node.asynchronous is not None, _parameters(node.params)
        ] += 1

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:
        self._names.pop()

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self._names.append(node.name.value)
        line, _ = self._place(node.name)
        bases, keywords = len([arg for arg in node.bases if arg.keyword is None]), len(node.keywords)
        self.found["class", ".".join(self._names), line, bases, keywords] += 1

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


def _parameters(given: cst.Parameters) -> tuple[str, ...]:
    names = [p.name.value for p in (*given.posonly_params, *given.params)]
    if isinstance(given.star_arg, cst.Param):
        names.append(f"*{given.star_arg.name.value}")
    names += [p.name.value for p in given.kwonly_params]
    return (*names, *([f"**{given.star_kwarg.name.value}"] if given.star_kwarg else []))


def by_libcst(data: bytes) -> Counter[tuple[object, ...]]:
    """Return the declarations in a text. Raises what LibCST raises."""
    collector = Collector()
    MetadataWrapper(cst.parse_module(data), unsafe_skip_copy=True).visit(collector)
    return collector.found


def by_ast(facts: ModuleFacts) -> Counter[tuple[object, ...]]:
    """Return the declarations in a module's facts."""
    found: Counter[tuple[object, ...]] = Counter()
    for function in facts.functions[1:]:
        if function.name != "<lambda>":
            names = tuple(f"{p.kind if p.kind.startswith('*') else ''}{p.name}" for p in function.parameters)
            found[
                "function", function.qualname.replace("<lambda>.", ""), function.position.line, function.is_async, names
            ] += 1
    for klass in facts.classes:
        found["class", klass.qualname, klass.position.line, len(klass.bases), len(klass.keywords)] += 1
    for one in facts.imports:
        found["import", one.name, one.module, one.symbol, one.level] += 1
    return found


def main(folders: list[str]) -> None:
    counts: Counter[str] = Counter()
    for path in _files(folders):
        data = path.read_bytes()
        counts["files"] += 1
        facts = extract("module.py", data, CATALOGUE)
        try:
            if not tractable(decode(data)):
                raise RecursionError
            theirs = by_libcst(data)
        except (*UNREADABLE, SourceError, UnicodeDecodeError) as error:
            counts["unread by both" if facts.failure else "unread by LibCST"] += 1
            if not facts.failure:
                print(f"{path}: LibCST alone cannot read it: {type(error).__name__}")
            continue
        if facts.failure:
            counts["unread by ast"] += 1
            print(f"{path}: ast alone cannot read it: {facts.failure.message}")
            continue
        ours = by_ast(facts)
        counts["declarations"] += theirs.total()
        if ours != theirs:
            counts["files that differ"] += 1
            print(f"{path}:\n  only ast: {list(ours - theirs)[:3]}\n  only LibCST: {list(theirs - ours)[:3]}")
    print(dict(counts))


def _files(folders: list[str]) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted(Path(folder).rglob("*.py")) if path.is_file())


if __name__ == "__main__":
    main(sys.argv[1:])
