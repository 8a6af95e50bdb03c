"""``statelint check --fix`` and ``--diff``: mended files, or what they would become."""

from __future__ import annotations

import difflib
import os
import re
from typing import TYPE_CHECKING

import click
import msgspec

from statelint.cli.console import say
from statelint.report.text import clean, counted, layout, line_start
from statelint.run.fixing import mend, proposals
from statelint.source.atomic import write_atomically
from statelint.source.sources import Sources
from statelint.source.text import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.cli.check import Options
    from statelint.lint.finding import LintResult
    from statelint.report.style import Style
    from statelint.run.fixing import Mended
    from statelint.run.pipeline import CheckRequest


_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def fix(result: LintResult, request: CheckRequest, options: Options) -> bool:
    """Mend what is found and write the files; tell whether any changed. Raises click.ClickException."""
    mended = mend(result.findings, request, unsafe=options.unsafe_fixes)
    for path, data in mended.contents.items():
        try:
            write_atomically(request.root / path, data)
        except OSError as error:
            raise click.ClickException(f"Cannot write {clean(path)}: {error.strerror or error}.") from error
    _tell(mended, result, request, options, verb="Fixed")
    return bool(mended.contents)


def diff(result: LintResult, request: CheckRequest, options: Options, style: Style) -> str:
    """Return what ``fix`` would change, as a unified diff."""
    mended = mend(result.findings, request, unsafe=options.unsafe_fixes)
    _tell(mended, result, request, options, verb="Would fix")
    sources = Sources(request.root)
    return "".join(
        line
        for path, data in sorted(mended.contents.items())
        for line in _diff(path, decode(sources.data(path) or b""), decode(data), style)
    )


def with_fixes(result: LintResult, request: CheckRequest) -> LintResult:
    """Return ``result`` with the fix of each finding that has one."""
    return msgspec.structs.replace(result, findings=proposals(result.findings, request))


def _diff(path: str, old: str, new: str, style: Style) -> Iterator[str]:
    """Yield the lines of a patch; on a terminal, where it is only read, nothing in it can act."""
    before, after = _LINE.findall(old), _LINE.findall(new)
    for line in difflib.unified_diff(before, after, _quoted(f"a/{path}"), _quoted(f"b/{path}")):
        text, newline, _ = line.partition("\n")
        if style.colour:
            role = {"+": "good", "-": "error", "@": "gutter"}.get(text[:1])
            text = layout(text)[0]
            text = style(role, text) if role else text
        yield text + (newline or "\n\\ No newline at end of file\n")


def _quoted(path: str) -> str:
    """Return a path as patches name it: in git's quotes where it is not plain."""
    if path.isprintable() and not {'"', "\\"} & {*path}:
        return path
    shown = (chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}" for byte in os.fsencode(path))
    return f'"{"".join(shown)}"'


def _tell(mended: Mended, result: LintResult, request: CheckRequest, options: Options, verb: str) -> None:
    if options.show_fixes:
        for finding, done in mended.fixed:
            at = finding.location
            say(f"{line_start(clean(at.path))}:{at.line}: {finding.rule} {clean(finding.name)}: {clean(done.message)}")
    if not options.quiet:
        say(f"{verb} {counted(len(mended.fixed), 'finding')} in {counted(len(mended.contents), 'file')}.")
        unsafe = {rule.code for rule in request.rules if rule.fixer is not None and not rule.fixer.safe}
        left = sum(finding.rule in unsafe for finding in result.findings)
        if left and not options.unsafe_fixes:
            say(
                f"For {counted(left, 'finding')} there may be fixes that change what the program does: "
                "look at them with --diff --unsafe-fixes."
            )
