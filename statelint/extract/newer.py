"""Reads code whose syntax is newer than the Python that statelint runs on.

LibCST knows the newer grammar whatever interpreter it runs on. What the running ``ast`` does not know is replaced in
the text by older syntax of the same length, so that every line, and nearly every column, stays where it is:

- type parameters are blanked, ``type X = Y`` becomes ``X = Y`` (PEP 695, 696);
- ``except A, B:`` gets its parentheses (PEP 758), ``lazy import`` loses its ``lazy`` (PEP 810);
- unpacking in comprehensions loses its stars (PEP 798);
- an f- or t-string ``f"a{x}b{y}"`` (PEP 701, 750) becomes ``M  (x) (y)  `` with an unused name ``M``; in the tree
  the string is put together again.
"""

from __future__ import annotations

import ast
import re
import sys
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import libcst
from libcst.metadata import ByteSpanPositionProvider, CodeSpan, MetadataWrapper

from statelint.extract.nesting import LIBCST, deep, tractable, weigh
from statelint.extract.walk import UNREADABLE, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_Literal: TypeAlias = libcst.FormattedString | libcst.TemplatedString
_Part: TypeAlias = str | None
"""A part of an f-string: its text, or None for an expression."""

_MARKS = "ʘǂǁǃ"
"""Letters that no program uses as a name."""
_LINE_END = re.compile(r"\\?(\r\n|\r|\n)")
_QUOTE = re.compile(r'\\.|["\\]', re.DOTALL)


class _Edit(NamedTuple):
    """Replace the bytes from ``start`` to ``end``; where a string begins, ``parts`` tells what it is made of."""

    start: int
    end: int
    text: str
    parts: list[_Part] | None = None


def parse(text: str, error: SyntaxError, megabytes: float) -> tuple[ast.Module, str]:
    """Return the tree of ``text`` and the text with the same lines that the tree's columns refer to.

    ``error`` is what ``ast`` found wrong with ``text``; it is raised if LibCST cannot read the text, either. Code that
    can be read, but not rewritten, raises a SyntaxError of its own. Raises TooHeavy beyond so many ``megabytes``.
    """
    mark = next((letter for letter in _MARKS if letter not in text), None)
    if mark is None or not tractable(text):
        raise error
    weigh(text, LIBCST, megabytes)
    try:
        module = libcst.parse_module(text)
    except UNREADABLE:
        raise error from None
    with deep():
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        source = module.code.encode("utf-8", "surrogatepass")
        finder = _Finder(source, wrapper.resolve(ByteSpanPositionProvider), mark)
        walk(module, [finder])
    older, strings = _apply(source, finder.edits)
    try:
        tree = ast.parse(older)
    except SyntaxError as still:
        if still.msg != "invalid syntax":  # a mistake that has a name in the older grammar, too
            raise
        version = ".".join(map(str, sys.version_info[:2]))
        still.msg = f"the code needs a newer Python than the {version} that statelint runs on"
        raise
    with deep():
        _Strings(tree, mark, strings).visit(tree)
    return tree, older


def _apply(source: bytes, edits: Iterable[_Edit]) -> tuple[str, list[list[_Part]]]:
    """Return the text after the edits, and the parts of the strings among them in order."""
    pieces: list[str] = []
    strings: list[list[_Part]] = []
    last = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start < last:
            continue  # within what an outer edit blanked
        pieces += (source[last : edit.start].decode("utf-8", "surrogatepass"), edit.text)
        if edit.parts is not None:
            strings.append(edit.parts)
        last = edit.end
    pieces.append(source[last:].decode("utf-8", "surrogatepass"))
    return "".join(pieces), strings


def _blank(text: str) -> str:
    """Return spaces in place of ``text``, its line ends escaped."""
    parts = _LINE_END.split(text)
    return "".join(f"\\{part}" if number % 2 else " " * len(part) for number, part in enumerate(parts))


class _Finder(libcst.CSTVisitor):
    """Collects the edits that a module needs."""

    def __init__(self, source: bytes, spans: Mapping[libcst.CSTNode, CodeSpan], mark: str) -> None:
        super().__init__()
        self.edits: list[_Edit] = []
        self._source = source
        self._spans = spans
        self._mark = mark
        self._joined: set[libcst.CSTNode] = set()

    def _start(self, node: libcst.CSTNode) -> int:
        return self._spans[node].start

    def _end(self, node: libcst.CSTNode) -> int:
        span = self._spans[node]
        return span.start + span.length

    def _text(self, start: int, end: int) -> str:
        return self._source[start:end].decode("utf-8", "surrogatepass")

    def _keep(self, start: int, end: int, kept: str) -> None:
        """Move ``kept``, the last word before ``end``, to ``start``: no space may come before a statement."""
        rest = self._text(start, end).removesuffix(kept)
        self.edits.append(_Edit(start, end, kept + _blank(rest)))

    # -- statements

    def visit_TypeParameters(self, node: libcst.TypeParameters) -> None:
        """Blank ``[T]``."""
        start, end = self._start(node), self._end(node)
        self.edits.append(_Edit(start, end, _blank(self._text(start, end))))

    def visit_TypeAlias(self, node: libcst.TypeAlias) -> None:
        """Make an assignment of ``type X = Y``."""
        self._keep(self._start(node), self._end(node.name), node.name.value)

    def visit_LazyImport(self, node: libcst.LazyImport) -> None:
        """Leave out ``lazy``."""
        self._lazy(node, "import")

    def visit_LazyImportFrom(self, node: libcst.LazyImportFrom) -> None:
        """Leave out ``lazy``."""
        self._lazy(node, "from")

    def _lazy(self, node: libcst.LazyImport | libcst.LazyImportFrom, keyword: str) -> None:
        start = self._start(node)
        self._keep(start, start + len("lazy" + node.whitespace_after_lazy.value + keyword), keyword)

    def visit_ExceptHandler(self, node: libcst.ExceptHandler) -> None:
        """Parenthesise ``except A, B``."""
        self._bare(node.type)

    def visit_ExceptStarHandler(self, node: libcst.ExceptStarHandler) -> None:
        """Parenthesise ``except* A, B``."""
        self._bare(node.type)

    def _bare(self, kind: libcst.BaseExpression | None) -> None:
        if isinstance(kind, libcst.Tuple) and not kind.lpar:
            start, end = self._start(kind), self._end(kind)
            # The parenthesis takes the place of a space where there is one.
            self.edits.append(_Edit(start - (self._source[start - 1 : start] == b" "), start, "("))
            self.edits.append(_Edit(end, end + (self._source[end : end + 1] == b" "), ")"))

    # -- comprehensions

    def visit_ListComp(self, node: libcst.ListComp) -> None:
        """Leave out the star."""
        self._unpacked(node.elt)

    def visit_SetComp(self, node: libcst.SetComp) -> None:
        """Leave out the star."""
        self._unpacked(node.elt)

    def visit_GeneratorExp(self, node: libcst.GeneratorExp) -> None:
        """Leave out the star."""
        self._unpacked(node.elt)

    def _unpacked(self, element: libcst.CSTNode) -> None:
        if isinstance(element, libcst.StarredElement):
            start = self._start(element)
            self.edits.append(_Edit(start, start + len("*"), " "))

    def visit_StarredDictComp(self, node: libcst.StarredDictComp) -> None:
        """Leave out the stars: a set of dicts is near enough."""
        start = self._source.index(b"**", self._start(node))
        self.edits.append(_Edit(start, start + len("**"), "  "))

    # -- strings

    def visit_ConcatenatedString(self, node: libcst.ConcatenatedString) -> None:
        """Take implicitly concatenated strings as one if there is an f-string among them."""
        if node in self._joined:
            return
        pieces: list[libcst.BaseString] = []
        rest: libcst.BaseString = node
        while isinstance(rest, libcst.ConcatenatedString):
            self._joined |= {rest, rest.left, rest.right}
            pieces.append(rest.left)
            rest = rest.right
        pieces.append(rest)
        if any(isinstance(piece, _Literal) for piece in pieces):
            self._string(pieces)

    def visit_FormattedString(self, node: libcst.FormattedString) -> None:
        """Turn the string into calls."""
        if node not in self._joined:
            self._string([node])

    def visit_TemplatedString(self, node: libcst.TemplatedString) -> None:
        """Turn the string into calls."""
        if node not in self._joined:
            self._string([node])

    def _string(self, pieces: list[libcst.BaseString]) -> None:
        parts: list[_Part] = []
        holes: list[tuple[int, int, bool]] = []
        for piece in pieces:
            if isinstance(piece, libcst.SimpleString):
                parts.append(_value(piece.raw_value, "r" in piece.prefix))
            elif isinstance(piece, _Literal):
                for part in piece.parts:
                    if isinstance(part, libcst.FormattedStringText | libcst.TemplatedStringText):
                        parts.append(_value(part.value.replace("{{", "{").replace("}}", "}"), "r" in piece.prefix))
                    elif isinstance(part, libcst.FormattedStringExpression | libcst.TemplatedStringExpression):
                        start, end = self._expression(part)
                        if part.equal is not None:
                            parts.append(self._text(start, self._end(part.whitespace_after_expression)))
                        parts.append(None)
                        bare = isinstance(part.expression, libcst.Tuple | libcst.Yield) and not part.expression.lpar
                        holes.append((start, end, bare))
        at, last = self._start(pieces[0]), self._end(pieces[-1])
        # A keyword may stand right before a quote, but not before a name.
        opening = f" {self._mark}" if self._text(at - 1, at).isalnum() else self._mark
        for number, (start, end, bare) in enumerate(holes):
            self._gap(at, start, opening, "((" if bare else "(", None if number else parts)
            at, opening = end, "))" if bare else ")"
        self._gap(at, last, opening, "", None if holes else parts)

    def _gap(self, start: int, end: int, opening: str, closing: str, parts: list[_Part] | None) -> None:
        """Replace what stands before, between or after the expressions of a string."""
        blank = _blank(self._text(start, end))
        room = len(blank) - len(blank.lstrip(" "))
        blank = blank[min(room, len(opening)) :]
        room = len(blank) - len(blank.rstrip(" "))
        blank = blank[: len(blank) - min(room, len(closing))]
        self.edits.append(_Edit(start, end, f"{opening}{blank}{closing}", parts))

    def _expression(self, node: libcst.FormattedStringExpression | libcst.TemplatedStringExpression) -> tuple[int, int]:
        """Return where the expression between the braces begins and ends, space and comments included."""
        last = node.whitespace_after_expression if node.equal is None else node.equal.whitespace_before
        return self._start(node) + len("{"), self._end(last)


def _value(text: str, raw: bool) -> str:
    """Return the text that a part of a literal stands for."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if raw or "\\" not in text:
        return text
    quoted = _QUOTE.sub(lambda found: found[0] if len(found[0]) > 1 else f"\\{found[0]}", text)
    try:
        return str(ast.literal_eval(f'"""{quoted}"""'))
    except (SyntaxError, ValueError):
        return text


class _Strings(ast.NodeTransformer):
    """Puts f-strings in the place of the calls that stand for them."""

    def __init__(self, tree: ast.Module, mark: str, strings: list[list[_Part]]) -> None:
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == mark]
        names.sort(key=lambda name: (name.lineno, name.col_offset))
        self._parts: dict[ast.expr, list[_Part]] = dict(zip(names, strings, strict=True))

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace a string without expressions."""
        parts = self._parts.get(node)
        return node if parts is None else _joined(node, node, parts, [])

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Replace a string with expressions, which is as many calls of calls."""
        chain = [node]
        while isinstance(chain[-1].func, ast.Call):
            chain.append(chain[-1].func)
        parts = self._parts.get(chain[-1].func)
        if parts is None:
            return self.generic_visit(node)
        return _joined(chain[-1].func, node, parts, [self.visit(call.args[0]) for call in reversed(chain)])


def _joined(first: ast.expr, last: ast.expr, parts: list[_Part], expressions: list[ast.expr]) -> ast.JoinedStr:
    """Return the f-string of ``parts`` that reaches from ``first`` to ``last``; equal to what ``ast`` makes of it."""
    joined = ast.copy_location(ast.JoinedStr([]), first)
    joined.end_lineno, joined.end_col_offset = last.end_lineno, last.end_col_offset
    waiting = iter(expressions)
    text = ""
    for part in [*parts, None]:
        if part is not None:
            text += part
            continue
        if text:
            joined.values.append(ast.copy_location(ast.Constant(text), joined))
            text = ""
        expression = next(waiting, None)
        if expression is not None:
            joined.values.append(ast.copy_location(ast.FormattedValue(expression, -1, None), expression))
    return joined
