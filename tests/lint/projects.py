"""Projects and rules made by hand, for tests of what runs rules."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from statelint.extract.facts import Failure, ModuleFacts
from statelint.lint.finding import Coverage, Finding, Location, Severity
from statelint.lint.rule import Rule
from statelint.source.lines import split_lines
from statelint.source.suppressions import find_suppressions, statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def module(path: str, text: str = "", failure: Failure | None = None) -> ModuleFacts:
    return ModuleFacts(
        path=path, lines=text.count("\n"), functions=[], classes=[], imports=[], bindings=[], terms=[], conditions=[],
        exports=None, suppressions=list(find_suppressions(text)), observations=[], failure=failure, screened=False,
        statements=[] if failure else statements(ast.parse(text)),
    )  # fmt: skip


@dataclass
class FakeProject:
    """What the runner asks of an analysed project, made of texts by path."""

    texts: dict[str, str]
    coverage: Coverage = field(default_factory=Coverage)
    failures: dict[str, Failure] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, ModuleFacts]:
        return {path: module(path, text, self.failures.get(path)) for path, text in self.texts.items()}

    def lines(self, path: str) -> Sequence[str]:
        return split_lines(self.texts.get(path, ""))


def make_rule(
    code: str, name: str, check: Callable[[Any, Any], Iterable[Finding]] | None = None, base: type[Rule] = Rule
) -> Rule:
    """Make a rule whose ``check`` is called with the rule and the project."""
    body: dict[str, object] = {
        "code": code, "name": name, "summary": "A test.", "severity": Severity.WARNING, "since": "0.1.0",
    }  # fmt: skip
    if check is not None:
        body["check"] = check
    return type(name.title().replace("-", ""), (base,), body)()


def at(path: str, line: int, column: int = 1, message: str = "") -> Location:
    return Location(path, line, column, line, column + 1, message)


def finds_word(word: str, **details: Any) -> Callable[[Rule, FakeProject], Iterable[Finding]]:
    """Return a ``check`` that reports every line with ``word`` in it, comments aside."""

    def check(rule: Rule, project: FakeProject) -> Iterable[Finding]:
        for path, text in project.texts.items():
            for number, line in enumerate(split_lines(text), start=1):
                code = line.split("#")[0]
                if word in code:
                    yield rule.finding(f"found {word}", at(path, number, code.index(word) + 1), symbol=word, **details)

    return check
