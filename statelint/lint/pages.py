"""Rule pages: a rule's documentation, examples and tests in one Markdown file beside the rule.

Every fenced Python block of a page is an example. A block without a title is a project of one file, ``app.py``. Blocks
with titles (``title="app/models.py"``) that follow each other with only blank lines between them are the files of one
project; any other block, heading or paragraph ends it. Titled blocks of other languages join in, so that a project may
have a ``pyproject.toml``.

A comment ``# error: [SL101]`` at the end of a line says which findings are expected there. Such comments are not part
of the example's code.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.resources.abc import Traversable

    from markdown_it.token import Token

    from statelint.lint.rule import Rule

HEADINGS = (
    "What it finds",
    "Why it matters",
    "Example",
    "Use instead",
    "Options",
    "Known limits",
    "References",
)
"""The sections that every page has, in this order."""

_PYTHON = ("python", "py", "python3")
_TITLE = re.compile(r'\btitle="([^"]*)"')
_MARKER = re.compile(r"\s*#\s*error:\s*\[([^\]]*)\]\s*$")


class PageError(ValueError):
    """A rule's page is missing or cannot be understood."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that an example shows: of ``rule`` (a code), on ``line`` of the file."""

    line: int
    rule: str


@dataclass(frozen=True, slots=True)
class ExampleFile:
    """One file of an example, without its ``# error:`` comments."""

    path: str
    text: str
    expected: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A small project shown in section ``section``: the ``number``-th there, from ``line`` of the page."""

    section: str
    number: int
    line: int
    files: tuple[ExampleFile, ...]

    @property
    def slug(self) -> str:
        """Section and number, for test ids: ``use-instead-2``."""
        return f"{self.section.lower().replace(' ', '-')}-{self.number}"

    @property
    def bad(self) -> bool:
        """Whether any finding is expected."""
        return any(file.expected for file in self.files)


@dataclass(frozen=True)
class Page:
    """A rule's page; ``source`` names it in errors."""

    source: str
    text: str

    @cached_property
    def _tokens(self) -> list[Token]:
        from markdown_it import MarkdownIt  # noqa: PLC0415 - reports bring this module, and few ask for a page

        return MarkdownIt("commonmark").parse(self.text)

    @cached_property
    def title(self) -> str:
        """The text of the first heading."""
        return next((text for level, text in self._headings() if level == 1), "")

    @cached_property
    def first_paragraph(self) -> str:
        """The text of the first paragraph, on one line."""
        for token, inside in zip(self._tokens, self._tokens[1:], strict=False):
            if token.type == "paragraph_open":
                return " ".join(inside.content.split())
        return ""

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """The texts of the second-level headings, in order."""
        return tuple(text for level, text in self._headings() if level == 2)

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The page's example projects, in order. Raises PageError for a path that is unsafe or used twice."""
        examples: list[Example] = []
        counts: dict[str, int] = {}
        for section, blocks in self._projects():
            files = tuple(self._file(block) for block in blocks)
            paths = [file.path for file in files]
            line = blocks[0].map[0] + 1 if blocks[0].map else 1
            if len(set(paths)) != len(paths):
                raise PageError(f"{self.source}:{line}: two files of one example have the same title")
            counts[section] = counts.get(section, 0) + 1
            examples.append(Example(section, counts[section], line, files))
        return tuple(examples)

    def blocks(self, language: str) -> Iterator[str]:
        """Yield the contents of the fenced blocks in ``language``."""
        for token in self._tokens:
            if token.type == "fence" and token.info.split()[:1] == [language]:
                yield token.content

    def _headings(self) -> Iterator[tuple[int, str]]:
        for token, inside in zip(self._tokens, self._tokens[1:], strict=False):
            if token.type == "heading_open":
                yield int(token.tag[1:]), inside.content

    def _projects(self) -> Iterator[tuple[str, Sequence[Token]]]:
        """Yield the fenced blocks that form a project, with the section they stand in."""
        section = ""
        titled: list[Token] = []
        for token, inside in zip(self._tokens, [*self._tokens[1:], None], strict=True):
            if token.type == "fence" and _TITLE.search(token.info):
                titled.append(token)
                continue
            if any(_is_python(block) for block in titled):
                yield section, titled
            titled = []
            if token.type == "heading_open" and token.tag == "h2" and inside is not None:
                section = inside.content
            elif token.type == "fence" and _is_python(token):
                yield section, [token]
        if any(_is_python(block) for block in titled):
            yield section, titled

    def _file(self, block: Token) -> ExampleFile:
        title = _TITLE.search(block.info)
        path = PurePosixPath(title[1] if title else "app.py")
        if path.is_absolute() or ".." in path.parts or not path.name:
            line = block.map[0] + 1 if block.map else 1
            raise PageError(f"{self.source}:{line}: {str(path)!r} is not a path below the example's root")
        lines: list[str] = []
        expected: list[Expected] = []
        for number, line_text in enumerate(block.content.split("\n"), start=1):
            marker = _MARKER.search(line_text)
            if marker is None:
                lines.append(line_text)
                continue
            lines.append(line_text[: marker.start()])
            expected += (Expected(number, code.strip()) for code in marker[1].split(","))
        return ExampleFile(str(path), "\n".join(lines), tuple(expected))


def _is_python(block: Token) -> bool:
    return block.info.split()[:1] in [[language] for language in _PYTHON]


def page_path(rule: Rule | type[Rule]) -> Traversable:
    """Return where the page of ``rule`` belongs: ``<code>-<name>.md`` beside the module that defines its class."""
    cls = rule if isinstance(rule, type) else type(rule)
    module = sys.modules[cls.__module__]
    package = module.__spec__.parent if module.__spec__ else ""
    folder = resources.files(package) if package else Path(module.__file__ or "").parent
    return folder / f"{rule.code}-{rule.name}.md"


def shown(rule: Rule) -> str:
    """Return the page of ``rule`` as people read it: it says what a fix does. Raises PageError if there is none."""
    text = load_page(rule).text
    if rule.fixer is None:
        return text
    title, _, rest = text.partition("\n")
    options = "--fix" if rule.fixer.safe else "--fix --unsafe-fixes"
    return f"{title}\n\n*`statelint check {options}` can mend it: {rule.fixer.message}.*\n{rest}"


def load_page(rule: Rule | type[Rule]) -> Page:
    """Read the page of ``rule``. Raises PageError if there is none."""
    path = page_path(rule)
    try:
        return Page(source=path.name, text=path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PageError(f"{rule.code} ({rule.name}) has no page: {path} cannot be read") from error
