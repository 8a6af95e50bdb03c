"""What fixers build on: a file's text and tree, and edits that keep everything else as it is."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections import Counter, deque
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from statelint.lint.finding import Edit, Location
from statelint.lint.layout import Layout
from statelint.source.lines import Columns, split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from statelint.lint.finding import Finding

Edits: TypeAlias = tuple[Edit, ...]


class Fixer:
    """Mends the findings of a rule, one at a time.

    What a fixer proposes is tried: the file must still parse, and the finding must be gone. So it may propose several
    ways, the best first, and need not be sure of any.
    """

    message: ClassVar[str]
    """What is done, in a few words: ``add a timeout``."""
    safe: ClassVar[bool] = False
    """Whether it cannot change what correct callers see."""
    comments: ClassVar[bool] = False
    """Whether it is comments that it mends: any other fixer loses none."""

    def ways(self, finding: Finding, source: SourceFile) -> Iterator[Edits]:
        """Yield the ways to mend ``finding``, the best first; none if there is no telling."""
        raise NotImplementedError


class SourceFile:
    """A Python file to be mended. Raises SyntaxError or ValueError for what this Python cannot parse."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.tree = ast.parse(text)
        self.lines = split_lines(text)
        self._columns = Columns(text)

    @cached_property
    def newline(self) -> str:
        """The file's line ending."""
        ending = re.search(r"\r\n|\r|\n", self.text)
        return ending[0] if ending else "\n"

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Each node's parent."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", self.text))]

    @cached_property
    def layout(self) -> Layout:
        """The file's tokens. Raises SyntaxError for what Python's tokenizer does not take."""
        return Layout(self.text, self.lines, self._starts)

    @property
    def comments(self) -> Counter[str]:
        """How often each comment stands in the file. Raises SyntaxError as ``layout`` does."""
        return Counter(self.layout.comments)

    def offset(self, line: int, column: int) -> int:
        """Return the offset in the text of a line and column, counted from 1."""
        return self._starts[line - 1] + column - 1

    def place(self, start: int, end: int) -> Location:
        """Return the stretch of text between two offsets."""
        (line, column), (end_line, end_column) = self._position(start), self._position(end)
        return Location(self.path, line, column, end_line, end_column)

    def _position(self, offset: int) -> tuple[int, int]:
        line = next(n for n in range(len(self._starts), 0, -1) if self._starts[n - 1] <= offset)
        return line, offset - self._starts[line - 1] + 1

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return the offsets at which ``node`` starts and ends."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return (
            self.offset(node.lineno, self._columns(node.lineno, node.col_offset)),
            self.offset(end_line, self._columns(end_line, end_column)),
        )

    def code(self, node: ast.expr | ast.stmt) -> str:
        """Return the text of ``node``."""
        start, end = self.span(node)
        return self.text[start:end]

    def nodes(self) -> Iterator[ast.AST]:
        """Yield the nodes whose places are known, the outermost first: up to 3.11, Python errs within f-strings."""
        left: deque[ast.AST] = deque([self.tree])
        while left:
            node = left.popleft()
            yield node
            if not isinstance(node, ast.JoinedStr) or sys.version_info >= (3, 12):
                left.extend(ast.iter_child_nodes(node))

    def inside(self, location: Location, kind: type[ast.expr]) -> Iterator[ast.expr]:
        """Yield the expressions of ``kind`` that lie within ``location``, the outermost first."""
        start = self.offset(location.line, location.column)
        end = self.offset(location.end_line, location.end_column)
        for node in self.nodes():
            if isinstance(node, kind):
                first, last = self.span(node)
                if start <= first and last <= end:
                    yield node

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what encloses ``node``, from the inside out."""
        while (above := self.parents.get(node)) is not None:
            yield above
            node = above

    def enclosing(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """Return the function that ``node`` stands in."""
        functions = (each for each in self.around(node) if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)))
        return next(functions, None)

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """Return the statement that ``node`` is part of."""
        return next((each for each in (node, *self.around(node)) if isinstance(each, ast.stmt)), None)

    # -- edits

    def replace(self, node: ast.expr | ast.stmt, content: str) -> Edit:
        """Put ``content`` in the place of ``node``."""
        return Edit(self.place(*self.span(node)), content)

    def replace_text(self, start: int, end: int, content: str) -> Edit:
        """Put ``content`` in the place of the text between two offsets."""
        return Edit(self.place(start, end), content)

    def insert(self, offset: int, content: str) -> Edit:
        """Put ``content`` before what is at ``offset``."""
        return Edit(self.place(offset, offset), content)

    def add_line_before(self, statement: ast.stmt, content: str) -> Edit:
        """Put a line with ``content`` before ``statement``, as far in as it is."""
        start, _ = self.span(statement)
        first = self._starts[statement.lineno - 1]
        indent = self.text[first:start]
        return self.insert(start, f"{content}{self.newline}{indent}" if not indent.strip() else f"{content}; ")

    def append(self, brackets: ast.expr, *items: str) -> Edit:
        """Put ``items`` last in a call's or a literal's brackets, on lines of their own where the others stand so."""
        return self._append(self.span(brackets)[1] - 1, *items)

    def add_parameters(self, function: ast.FunctionDef | ast.AsyncFunctionDef, *parameters: str) -> Edit:
        """Put ``parameters``, which have defaults, after those of ``function``."""
        start, _ = self.span(function)
        rest = function.args.kwarg
        if rest is None:
            return self._append(self.layout.closing(start), *parameters)
        name = self.offset(rest.lineno, self._columns(rest.lineno, rest.col_offset))
        stars = self.layout.before(name).start
        indent = self.layout.indent(stars)
        space = " " if indent is None else f"{self.newline}{indent}"
        return self.insert(stars, "".join(f"{parameter},{space}" for parameter in parameters))

    def add_step(self, expression: ast.expr, *steps: str) -> Edit:
        """Call ``steps`` (``limit(10)``) on what ``expression`` stands for, each on a line of its own as others are."""
        _, end = self.span(expression)
        chain = expression.func if isinstance(expression, ast.Call) else expression
        indent = None
        if isinstance(chain, ast.Attribute):
            dot = self.layout.before(self.span(chain)[1] - len(chain.attr))
            indent = self.layout.indent(dot.start)
        if indent is None:
            return self.insert(end, "".join(f".{step}" for step in steps))
        return self.insert(self.layout.line_end(end), "".join(f"{self.newline}{indent}.{step}" for step in steps))

    def _append(self, close: int, *items: str) -> Edit:
        return self.replace_text(*self.layout.appended(close, items, self.newline))

    # -- names

    @cached_property
    def _imports(self) -> dict[str, str]:
        """What names at module level stand for, as far as imports tell."""
        known: dict[str, str] = {}
        for node in self.tree.body:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    known[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return known

    @cached_property
    def _bound(self) -> set[str]:
        names = set(self._imports)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(node.name)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
        return names

    def imports(self, package: str) -> bool:
        """Tell whether the file imports ``package`` or a part of it, at module level."""
        return any(meaning.partition(".")[0] == package for meaning in self._imports.values())

    def named(self, qualified: str) -> str | None:
        """Return how the file calls ``qualified`` (``datetime.timedelta``); None if it does not import it."""
        for name, meaning in self._imports.items():
            if qualified == meaning or qualified.startswith(f"{meaning}."):
                return name + qualified[len(meaning) :]
        return None

    def use(self, *qualified: str) -> tuple[list[str], Edits] | None:
        """Return how to call things, with the edit that imports those of them (of one module) that are missing.

        None where a name is taken.
        """
        names = [self.named(each) for each in qualified]
        missing = [each for each, name in zip(qualified, names, strict=True) if name is None]
        modules = {each.rpartition(".")[0] for each in missing}
        plain = [each.rpartition(".")[2] for each in missing]
        if any(name in self._bound for name in plain) or len(modules) > 1:
            return None
        found = [name or each.rpartition(".")[2] for each, name in zip(qualified, names, strict=True)]
        if not missing:
            return found, ()
        (module,) = modules
        known = next(
            (
                node
                for node in self.tree.body
                if isinstance(node, ast.ImportFrom) and node.module == module != "__future__"
            ),
            None,
        )
        if known is not None and not known.level and known.names[0].name != "*":
            return found, (self._listed(known, plain),)
        line = f"from {module} import {', '.join(plain)}" if module else f"import {', '.join(plain)}"
        return found, (self._import(line),)

    def _listed(self, statement: ast.ImportFrom, names: list[str]) -> Edit:
        """Add names to an import."""
        _, end = self.span(statement)
        if self.text[end - 1] == ")":
            return self._append(end - 1, *names)
        return self.insert(end, "".join(f", {name}" for name in names))

    def _import(self, line: str) -> Edit:
        """Add an import where imports are."""
        body = self.tree.body
        docstring = bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
        future = [node for node in body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
        others = [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom)) and node not in future]
        if others:
            return self.add_line_before(others[0], line)
        after = future[-1] if future else body[0] if docstring else None
        if after is not None:
            end = self.layout.line_end(self.span(after)[1])
            return self.insert(end, f"{self.newline}{self.newline}{line}")
        first = body[0]
        start = min([first.lineno, *(each.lineno for each in getattr(first, "decorator_list", ()))])
        return self.insert(self._starts[start - 1], f"{line}{self.newline}{self.newline}")


def apply_edits(text: str, edits: Iterable[Edit], source: SourceFile) -> str:
    """Return ``text``, that of ``source``, with ``edits``, which must not overlap."""
    spans = sorted(
        (
            source.offset(edit.location.line, edit.location.column),
            source.offset(edit.location.end_line, edit.location.end_column),
            number,
            edit.content,
        )
        for number, edit in enumerate(edits)
    )
    for start, end, _, content in reversed(spans):
        text = text[:start] + content + text[end:]
    return text


__all__ = ["Edits", "Fixer", "SourceFile", "apply_edits"]
