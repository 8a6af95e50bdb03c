"""The one place for the colours of reports: plain ANSI, as rich takes a hundred times as long for many findings."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "title": "1",
    "gutter": "1;34",
    "secondary": "1;34",
    "help": "1;32",
    "command": "36",
    "dim": "2",
    "good": "1;32",
}
"""What a piece of text is, to its SGR parameters."""


@dataclass(frozen=True, slots=True)
class Style:
    """Paints text if ``colour``; links it if ``links``."""

    colour: bool = False
    links: bool = False

    def __call__(self, role: str, text: str) -> str:
        """Return ``text`` in the colour of ``role``."""
        return f"\x1b[{ROLES[role]}m{text}\x1b[0m" if self.colour and text else text

    def link(self, text: str, url: str) -> str:
        """Return ``text`` as a terminal hyperlink to ``url``."""
        return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\" if self.links and url else text
