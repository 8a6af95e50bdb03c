"""The baseline of a project on disk: found, read, written, and held against a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from statelint.lint.baseline import BaselineError, apply, parse, text
from statelint.lint.fingerprint import with_fingerprints
from statelint.lint.housekeeping import BaselineRule
from statelint.lint.selection import Selection
from statelint.source.atomic import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from statelint.config.settings import Settings
    from statelint.lint.baseline import Entry, Stale
    from statelint.lint.finding import Finding, LintResult
    from statelint.lint.rule import Rule


class BaselineFile:
    """A baseline file, which need not be there."""

    def __init__(self, root: Path, settings: Settings, given: Path | None = None) -> None:
        """Name the file ``given`` on the command line, or that of the settings."""
        self.file = given.absolute() if given is not None else root / settings.baseline
        self.exists = self.file.is_file()
        try:
            self.path = self.file.relative_to(root).as_posix()
        except ValueError:
            self.path = str(self.file)

    def read(self) -> list[Entry]:
        """Return the entries; none if there is no file. Raises BaselineError."""
        try:
            return parse(self.file.read_text(encoding="utf-8-sig")) if self.exists else []
        except (BaselineError, UnicodeDecodeError) as error:
            raise BaselineError(f"{self.path}: {error}") from error
        except OSError as error:
            raise BaselineError(f"{self.path}: {error.strerror or error}") from error

    def write(self, entries: Iterable[Entry]) -> None:
        """Write the file. Raises click.ClickException if that fails."""
        try:
            write_atomically(self.file, text(entries).encode())
        except OSError as error:
            raise click.ClickException(f"Cannot write {self.path}: {error.strerror or error}.") from error

    def apply(self, result: LintResult) -> tuple[LintResult, list[Stale]]:
        """Return ``result`` without the baseline's findings, and what is stale. Raises BaselineError."""
        return apply(result, self.read(), self.path)


def with_stale(result: LintResult, stale: Sequence[Stale], rules: Sequence[Rule], settings: Settings) -> LintResult:
    """Return ``result`` with the findings about stale entries, of rules that are in use. Raises SelectionError."""
    if not stale:
        return result
    selection = Selection(rules, settings)
    sure = [item for item in stale if item.entry.rule in selection.codes]
    found: list[Finding] = []
    for rule in rules:
        if isinstance(rule, BaselineRule) and rule in selection:
            for item in sure:
                found += rule.check_entry(item)
    marked = with_fingerprints(found, lambda _: "")
    return msgspec.structs.replace(result, findings=[*result.findings, *marked])
