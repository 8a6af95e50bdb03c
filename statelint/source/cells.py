"""Python in notebooks and Markdown: the code cells as a text whose lines stand where the file has them."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTEBOOK = ".ipynb"
MARKDOWN = (".md", ".markdown", ".qmd")
_PYTHON = re.compile(r"\{?\.?(?:python3?|py|pycon)\b", re.IGNORECASE)
_FENCE = re.compile(r"^(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\r\n]*)$")
_MAGIC = re.compile(r"^\s*(?:[%!]|\?|.*\?\s*$)")
_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ATOM = re.compile(r"[^\s,\]}]+")


def has_cells(path: str) -> bool:
    """Tell whether the file ``path`` holds Python among other things."""
    return path.endswith((NOTEBOOK, *MARKDOWN))


def python_of(path: str, data: bytes) -> bytes:
    """Return the Python in the file ``path`` with content ``data``: that itself for a Python file.

    A line of code has the number that it has in the file; all other lines are empty. What is no notebook, or no UTF-8,
    is returned as it is. Halves of surrogate pairs, which JSON can name, are kept for the decoder to refuse.
    """
    if not has_cells(path):
        return data
    try:
        text = data.decode("utf-8-sig")
        lines = _notebook(text) if path.endswith(NOTEBOOK) else _markdown(text)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return data
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _markdown(text: str) -> list[str]:
    """Return the lines of fenced Python blocks, less the indentation of their fences."""
    lines: list[str] = []
    fence, indent, python = "", "", False
    for line in text.replace("\r\n", "\n").split("\n"):
        mark = _FENCE.match(line)
        if fence:
            closing = mark is not None and mark["fence"].startswith(fence) and not mark["info"].strip()
            lines.append("" if closing or not python else line.removeprefix(indent))
            fence = "" if closing else fence
        else:
            if mark is not None:
                fence, indent, python = mark["fence"], mark["indent"], bool(_PYTHON.match(mark["info"].strip()))
            lines.append("")
    return lines


def _notebook(text: str) -> list[str]:
    """Return the lines of a notebook's code cells; magics are left out, and cells in other languages."""
    document = _Reader(text).value()
    starts = [match.end() for match in re.finditer("\n", text)]
    lines = [""] * (len(starts) + 1)
    for cell in document["cells"]:
        if str(cell["cell_type"]) != "code":
            continue
        source = cell["source"] if isinstance(cell["source"], list) else [cell["source"]]
        if source and str(source[0]).startswith("%%"):
            continue
        for part in source:
            first, *more = str(part).removesuffix("\n").split("\n")
            number = bisect_right(starts, part.offset)
            lines[number] = "" if _MAGIC.match(first) else first
            # A cell in a single string has no lines of its own in the file.
            lines += ("" if _MAGIC.match(line) else line for line in more)
    return lines


class _Text(str):
    """A string of a JSON document that knows where it stands."""

    __slots__ = ("offset",)
    offset: int


class _Reader:
    """Reads JSON, keeping the places of strings. Raises ValueError or IndexError for what is none."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def value(self) -> Any:
        self._skip()
        char = self._text[self._at]
        if char == '"':
            return self._string()
        if char == "{":
            return {str(self._key()): self.value() for _ in self._items("}")}
        if char == "[":
            return [self.value() for _ in self._items("]")]
        atom = _ATOM.match(self._text, self._at)
        if atom is None:
            raise ValueError("not JSON")
        self._at = atom.end()
        return json.loads(atom[0])

    def _key(self) -> str:
        self._skip()
        key = self._string()
        self._skip()
        self._expect(":")
        return key

    def _items(self, end: str) -> Iterator[None]:
        self._at += 1
        self._skip()
        while self._text[self._at] != end:
            yield
            self._skip()
            if self._text[self._at] != end:
                self._expect(",")
                self._skip()
        self._at += 1

    def _string(self) -> _Text:
        found = _STRING.match(self._text, self._at)
        if found is None:
            raise ValueError("not JSON")
        self._at = found.end()
        text = _Text(json.loads(found[0], strict=False))
        text.offset = found.start()
        return text

    def _skip(self) -> None:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at

    def _expect(self, char: str) -> None:
        if self._text[self._at] != char:
            raise ValueError("not JSON")
        self._at += 1
