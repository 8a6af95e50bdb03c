"""Takes away suppression comments that silence nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.api import Fixer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Edits, Finding, SourceFile

_LIST = re.compile(r"\[(?P<own>[^\]]*)\]|noqa\s*:\s*(?P<noqa>[A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*)", re.IGNORECASE)


class UnusedComment(Fixer):
    """Removes the rules that silence nothing from the comment, or the comment if no other is left."""

    message = "remove what silences nothing"
    safe = True
    comments = True

    def ways(self, finding: Finding, source: SourceFile) -> Iterator[Edits]:
        """Edit the comment."""
        at = finding.location
        start = source.offset(at.line, at.column)
        end = source.offset(at.end_line, at.end_column)
        comment = source.text[start:end]
        listed = _LIST.search(comment)
        if listed is None:
            return
        group = "own" if listed["own"] is not None else "noqa"
        unused = {code.strip().lower() for code in finding.symbol.split(",")}
        codes = [code for code in re.split(r"[\s,]+", listed[group].strip()) if code.lower() not in unused]
        if codes:
            first, last = listed.span(group)
            yield (source.replace_text(start + first, start + last, ", ".join(codes)),)
            return
        line = source.lines[at.line - 1]
        before = source.text[start - at.column + 1 : start]
        rest = source.text[end : start - at.column + 1 + len(line)]
        if not before.strip() and not rest.strip():
            # Alone on its line: the line goes.
            first = start - at.column + 1
            last = first + len(line)
            last += 2 if source.text.startswith("\r\n", last) else last < len(source.text)
            yield (source.replace_text(first, last, ""),)
        else:
            first = start - (len(before) - len(before.rstrip()))
            last = end + len(rest) - len(rest.lstrip())
            yield (source.replace_text(first, last, "  " if rest.strip() else ""),)
