"""``statelint check --add-ignore``: comments for everything that is found."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from statelint.cli.console import say
from statelint.extract.extractor import parse
from statelint.lint.ignores import add_ignores, ignorable
from statelint.report.text import clean, counted
from statelint.source.atomic import write_atomically
from statelint.source.suppressions import statements
from statelint.source.text import SourceError, decode, read

if TYPE_CHECKING:
    from pathlib import Path

    from statelint.lint.finding import LintResult


def add(result: LintResult, root: Path, reason: str) -> None:
    """Write a comment above everything found and say how many; what cannot be written is named and left alone."""
    total = files = inner = 0
    wanted = [finding for finding in result.findings if ignorable(finding)]
    for path, group in groupby(wanted, key=lambda finding: finding.location.path):
        findings = list(group)
        try:
            data = read(root / path)
            tree = parse(decode(data))[0]
            added = add_ignores(data, findings, statements(tree), reason)
            write_atomically(root / path, added.data)
        except (SourceError, OSError, SyntaxError, ValueError, RecursionError) as error:
            say(f"statelint: no comment added in {clean(path)}: {clean(str(error))}")
            continue
        total += added.findings
        inner += len(findings) - added.findings
        files += 1
    say(f"Added comments for {counted(total, 'finding')} in {counted(files, 'file')}.")
    if inner:
        say(f"{counted(inner, 'finding')} in statements that begin amid others cannot be silenced by a comment.")
    left = len(result.findings) - len(wanted)
    if left:
        say(f"{counted(left, 'finding')} about comments, files or cells cannot be silenced by a comment.")
