"""Pictures of an analysed project as SVG."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from statelint.report.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from statelint.analysis.state.kept import Kept

_WIDTH, _ROW, _BOX, _HEIGHT = 900, 46, 340, 34
_CHARACTERS = 40
_MOST = 40
"""So many objects are drawn; a picture of more shows nothing."""


def state_map(kept: Sequence[Kept]) -> str:
    """Return a picture of what lives as long as the process and which functions change it; nothing if nothing does."""
    shown = kept[:_MOST]
    writers: dict[tuple[str, str], tuple[int, str]] = {}
    edges: list[tuple[int, int]] = []
    for number, held in enumerate(shown):
        for function, changes in held.by_function():
            key = function.module.path, function.qualname
            line = changes[0].write.event.position.line
            index, _ = writers.setdefault(key, (len(writers), f"{key[0]}:{line}"))
            edges.append((index, number))
    if not shown:
        return ""
    height = _ROW * max(len(shown), len(writers), 1) + 40
    left = _middle(len(writers), height)
    right = _middle(len(shown), height)
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="State map: who changes what this process keeps">',
        f'<text class="head" x="10" y="18">while serving, these</text>'
        f'<text class="head" x="{_WIDTH - _BOX - 10}" y="18">change these, which live with the process</text>',
    ]
    for writer, held_index in edges:
        x1, y1 = 10 + _BOX, left + writer * _ROW + _HEIGHT // 2
        x2, y2 = _WIDTH - _BOX - 10, right + held_index * _ROW + _HEIGHT // 2
        parts.append(f'<path class="edge" d="M{x1} {y1} C{x1 + 90} {y1} {x2 - 90} {y2} {x2} {y2}"/>')
    for (path, name), (index, place) in writers.items():
        parts.append(_node((10, left + index * _ROW), "writer", name, place, f"{name} in {path}"))
    for index, held in enumerate(shown):
        place = f"{held.place.module.path}:{held.place.position.line}"
        at = _WIDTH - _BOX - 10, right + index * _ROW
        parts.append(_node(at, "kept", held.name, place, f"{held.name} ({held.kind})"))
    parts.append("</svg>")
    return "\n".join(parts)


def _middle(count: int, height: int) -> int:
    return 30 + max(0, (height - 40 - count * _ROW) // 2)


def _node(at: tuple[int, int], kind: str, name: str, place: str, title: str) -> str:
    x, y = at
    return (
        f'<g class="{kind}"><title>{_text(title, len(title))}</title>'
        f'<rect x="{x}" y="{y}" width="{_BOX}" height="{_HEIGHT}" rx="6"/>'
        f'<text x="{x + 10}" y="{y + 15}">{_text(name)}</text>'
        f'<text class="place" x="{x + 10}" y="{y + 28}">{_text(place, 56)}</text></g>'
    )


def _text(text: str, most: int = _CHARACTERS) -> str:
    """Escape ``text``; of a longer one the end stays, which tells more."""
    text = clean(text)
    return escape(text if len(text) <= most else f"…{text[1 - most :]}")
