"""Runs an example of a rule page and compares what is found with what the page expects."""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from statelint.analysis.project import analyse
from statelint.catalogue.loader import load
from statelint.cli.baselines import with_stale
from statelint.config.settings import Settings
from statelint.extract.extractor import extract
from statelint.extract.launches import read_launches
from statelint.lint.baseline import apply, parse
from statelint.lint.finding import Confidence, Severity
from statelint.lint.runner import lint
from statelint.source.deployment import kind_of
from statelint.source.suppressions import statement_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from statelint.extract.facts import ModuleFacts
    from statelint.lint.finding import Finding, LintResult
    from statelint.lint.pages import Example
    from statelint.lint.rule import Rule


def settings_of(text: str) -> Settings:
    """Return the settings in ``text``, a ``pyproject.toml``. Raises msgspec.ValidationError for wrong ones."""
    table = tomllib.loads(text).get("tool", {}).get("statelint", {})
    return msgspec.convert(table, Settings)


def configured(example: Example) -> Settings:
    """Return the settings that ``example`` brings with it, else the defaults."""
    file = next((file for file in example.files if file.path == "pyproject.toml"), None)
    return settings_of(file.text) if file else Settings()


def findings_of(
    files: Mapping[str, str], settings: Settings, rules: Sequence[Rule]
) -> tuple[LintResult, list[ModuleFacts]]:
    """Lint ``files``, whatever severity and confidence their findings have; return the facts as well."""
    catalogue = load(settings.catalogue)
    visitors = [type(rule) for rule in rules if rule.visitor]
    modules = [
        extract(path, text.encode(), catalogue, visitors)
        for path, text in files.items()
        if path.endswith((".py", ".pyi"))
    ]
    everything = msgspec.structs.replace(settings, min_severity="note", min_confidence="low")
    launches = {path: read_launches(path, text.encode()) for path, text in files.items() if kind_of(path)}
    texts = {path: text.splitlines() for path, text in files.items()}
    project = analyse(modules, catalogue, everything, launches)
    return lint(project, rules, everything, lines=texts.__getitem__), modules


def mismatches(example: Example, code: str, rules: Sequence[Rule]) -> list[str]:
    """Say, one line each, where the findings in ``example`` of rule ``code``'s page differ from its marks.

    Findings count that a user would see by default, and all of the page's own rule.
    """
    settings = configured(example)
    everything = msgspec.structs.replace(settings, extend_select=(*settings.extend_select, code))
    result, modules = findings_of({file.path: file.text for file in example.files}, everything, rules)

    known = next((file for file in example.files if file.path == settings.baseline), None)
    if known is not None:
        result = with_stale(*apply(result, parse(known.text), known.path), rules, everything)
    facts = {module.path: module for module in modules}
    expected = Counter((file.path, mark.line, mark.rule) for file in example.files for mark in file.expected)
    problems = [f"{crash.rule} crashed: {crash.traceback}" for crash in result.crashes]
    for finding in result.findings:
        if not (finding.message and finding.help and all(isinstance(at.message, str) for at in finding.locations)):
            problems.append(f"without words: {finding}")
        found = next((mark for mark in _places(finding, facts.get(finding.location.path)) if expected[mark]), None)
        if found:
            expected[found] -= 1
        elif finding.rule == code or _visible(finding, settings):
            at = finding.location
            problems.append(f"not expected: {at.path}:{at.line}:{at.column} {finding.rule} {finding.message}")
    problems += (f"not found: {path}:{line} {rule}" for path, line, rule in sorted(expected.elements()))
    return problems


def _places(finding: Finding, module: ModuleFacts | None) -> list[tuple[str, int, str]]:
    """Where a mark for ``finding`` may stand: on its line, or on the first line of its statement."""
    at = finding.location
    lines = {at.line, statement_at(at.line, module.statements)[0] if module else at.line}
    return [(at.path, line, finding.rule) for line in sorted(lines, reverse=True)]


def _visible(finding: Finding, settings: Settings) -> bool:
    return (
        finding.severity.rank >= Severity(settings.min_severity).rank
        and finding.confidence.rank >= Confidence(settings.min_confidence).rank
    )
