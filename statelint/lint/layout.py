"""How brackets are laid out in a source text: where a further item goes, so that line breaks and comments stay."""

from __future__ import annotations

import io
import tokenize
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_BLANK = frozenset({tokenize.NL, tokenize.COMMENT})


class Token(NamedTuple):
    """A token, with the offsets at which it starts and ends."""

    kind: int
    text: str
    start: int
    end: int

    def among(self, marks: frozenset[str]) -> bool:
        """Tell whether it is one of the punctuation ``marks``."""
        return self.kind == tokenize.OP and self.text in marks


class Layout:
    """The tokens of a text, which has ``lines`` that start at the offsets ``starts``.

    Raises SyntaxError for what Python's tokenizer does not take.
    """

    def __init__(self, text: str, lines: Sequence[str], starts: Sequence[int]) -> None:
        self._text = text
        self._starts = starts
        # The tokenizer of Python 3.11 does not know all line ends.
        read = io.StringIO("".join(f"{line}\n" for line in lines)).readline
        try:
            self._tokens = [
                Token(each.type, each.string, self._offset(*each.start), self._offset(*each.end))
                for each in tokenize.generate_tokens(read)
                if each.start[0] <= len(starts)
            ]
        except tokenize.TokenError as error:
            raise SyntaxError(str(error)) from error

    def _offset(self, line: int, column: int) -> int:
        return min(self._starts[line - 1] + column, len(self._text)) if line <= len(self._starts) else len(self._text)

    @property
    def comments(self) -> list[str]:
        """The text's comments, in order."""
        return [token.text for token in self._tokens if token.kind == tokenize.COMMENT]

    def closing(self, start: int) -> int:
        """Return the offset of the parenthesis that closes the first one that is opened after ``start``."""
        depth, inside = 0, 0
        for token in self._tokens[self._index(start) :]:
            if token.among(_OPEN):
                depth += 1
                inside = inside or (depth if token.text == "(" and depth == 1 else 0)
            elif token.among(_CLOSE):
                if depth == inside:
                    return token.start
                depth -= 1
        raise ValueError("nothing is closed")

    def before(self, offset: int) -> Token:
        """Return the last token before ``offset`` that is no comment."""
        return self._tokens[self._significant(self._index(offset) - 1)]

    def appended(self, close: int, items: Sequence[str], newline: str) -> tuple[int, int, str]:
        """Return what to put where so that ``items`` are the last in the brackets that close at ``close``.

        They get lines of their own where the item before them has one, after that one's comment.
        """
        at = self._index(close)
        last = self._significant(at - 1)
        if self._tokens[last].among(_OPEN):
            at = self._tokens[last].end
            return at, at, ", ".join(items)
        comma = self._tokens[last].among(frozenset(","))
        final = self._significant(last - 1) if comma else last
        first, several = self._item(final)
        indent = self.indent(self._tokens[first].start)
        if indent is None or not (several or comma):
            at = self._tokens[final].end
            return at, at, "".join(f", {item}" for item in items)
        end = self._tokens[last].end
        line_end = next((token.start for token in self._tokens[last:at] if token.kind == tokenize.NL), end)
        added = ",".join(f"{newline}{indent}{item}" for item in items)
        if comma:
            return line_end, line_end, f"{added},"
        return end, line_end, f",{self._text[end:line_end]}{added}"

    def indent(self, offset: int) -> str | None:
        """Return what a line begins with, if nothing but blanks come before ``offset`` there."""
        start = next(start for start in reversed(self._starts) if start <= offset)
        before = self._text[start:offset]
        return before if not before.strip() else None

    def line_end(self, offset: int) -> int:
        """Return where the line of ``offset`` ends, if only a comment follows; ``offset`` if more does."""
        for token in self._tokens[self._index(offset) :]:
            if token.kind in (tokenize.NL, tokenize.NEWLINE):
                return token.start
            if token.kind != tokenize.COMMENT:
                break
        return offset

    def _index(self, offset: int) -> int:
        return bisect_left(self._tokens, offset, key=lambda token: token.start)

    def _significant(self, index: int) -> int:
        while self._tokens[index].kind in _BLANK:
            index -= 1
        return index

    def _item(self, index: int) -> tuple[int, bool]:
        """Return the first token of the item that ends at ``index``, and whether another comes before it."""
        depth = 0
        while not (depth == 0 and self._tokens[index].among(_OPEN | {","})):
            token = self._tokens[index]
            depth += token.among(_CLOSE) - token.among(_OPEN)
            index -= 1
        several = self._tokens[index].text == ","
        index += 1
        while self._tokens[index].kind in _BLANK:
            index += 1
        return index, several


__all__ = ["Layout"]
