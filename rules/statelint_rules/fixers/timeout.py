"""Gives a call over the network a time limit."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from statelint.api import Fixer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Edits, Finding, SourceFile

SECONDS = 10
FAMILIES = ("requests", "httpx", "urllib", "urllib3", "smtplib", "ftplib", "imaplib", "poplib", "http", "socket")
"""Libraries whose calls take the limit as ``timeout``, in seconds."""


class Timeout(Fixer):
    """Adds ``timeout=10``, or replaces ``timeout=None``."""

    message = f"add a time limit of {SECONDS} seconds"

    def ways(self, finding: Finding, source: SourceFile) -> Iterator[Edits]:
        """Try the calls in the finding's place, the outermost first."""
        if finding.detail("detail").partition(".")[0] not in FAMILIES:
            return
        for call in source.inside(finding.location, ast.Call):
            if isinstance(call, ast.Call):
                given = next((keyword for keyword in call.keywords if keyword.arg == "timeout"), None)
                if given is not None:
                    yield (source.replace(given.value, str(SECONDS)),)
                else:
                    yield (source.append(call, f"timeout={SECONDS}"),)
