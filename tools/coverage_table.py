#!/usr/bin/env python3
"""Write docs/coverage.md: what the document asks for, and which rule or part of the fixtures sees to it.

    python tools/coverage_table.py

The pairs stand in tools/document.toml. A rule or part that is not there is an error.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from statelint.lint.packs import load_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from statelint.lint.rule import Rule

CHECKOUT = Path(__file__).resolve().parents[1]
FIXTURES = CHECKOUT / "fixtures"
PAGE = CHECKOUT / "docs" / "coverage.md"

HEAD = """\
# Coverage of the document

What *Stateless Architecture Patterns* asks for, bullet by bullet: the rules that report where code breaks it, and the
parts of the bundled programs (`fixtures/`) that keep it. Made by `tools/coverage_table.py`.
"""


class Point(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    """One bullet, or one named pattern."""

    says: str
    rules: list[str] = []
    kept_by: list[str] = []
    beyond: str = ""
    """Why code alone neither keeps nor breaks it."""


class Section(msgspec.Struct, forbid_unknown_fields=True):
    """A heading and what stands below it."""

    heading: str
    points: list[Point]


class Document(msgspec.Struct, forbid_unknown_fields=True):
    """The outline of the document."""

    sections: list[Section]

    @classmethod
    def read(cls) -> Document:
        """Return the outline; raise msgspec.ValidationError where the file is not one."""
        return msgspec.toml.decode(Path(__file__).with_name("document.toml").read_bytes(), type=cls)

    @property
    def points(self) -> Iterator[Point]:
        """All points, in order."""
        return (point for section in self.sections for point in section.points)


def missing(part: str) -> bool:
    """Tell whether ``file::name`` (or ``file``) names nothing under fixtures/."""
    path, _, dotted = part.partition("::")
    if not (FIXTURES / path).is_file():
        return True
    node: ast.AST = ast.parse((FIXTURES / path).read_text(encoding="utf-8"))
    for name in filter(None, dotted.split(".")):
        inner = ast.iter_child_nodes(node)
        found = [held for held in inner if getattr(held, "name", None) == name]
        if not found:
            return True
        node = found[0]
    return False


def mistakes(document: Document, rules: Mapping[str, Rule]) -> list[str]:
    """Return what the outline names that is not there, and points that nothing sees to."""
    found = []
    for point in document.points:
        found += [f"{point.says}: no rule {code}" for code in point.rules if code not in rules]
        found += [f"{point.says}: no {part}" for part in point.kept_by if missing(part)]
        if not (point.rules or point.kept_by or point.beyond):
            found.append(f"{point.says}: nothing sees to it")
    return found


def table(document: Document, rules: Mapping[str, Rule]) -> str:
    """Return the page."""
    lines = [HEAD]
    for section in document.sections:
        lines += [f"## {section.heading}", "", "| The document | Reported by | Kept by |", "| --- | --- | --- |"]
        for point in section.points:
            reported = "<br>".join(f"[{code} {rules[code].name}](rules/{code}.md)" for code in point.rules)
            kept = "<br>".join([*(f"`{part}`" for part in point.kept_by), *filter(None, [point.beyond])])
            lines.append(f"| {point.says} | {reported} | {kept} |")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Write the page."""
    document, rules = Document.read(), {rule.code: rule for rule in load_rules()}
    if found := mistakes(document, rules):
        raise SystemExit("\n".join(found))
    PAGE.write_text(table(document, rules), encoding="utf-8")


if __name__ == "__main__":
    main()
