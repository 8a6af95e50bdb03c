"""Code frames: source lines with their numbers, and the marked stretches underlined and labelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from statelint.report.text import cells, clean, crop, layout, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from statelint.lint.finding import Location
    from statelint.report.style import Style

_WHOLE = 6
"""A marked stretch of at most so many lines is shown whole; of a longer one the first three and the last two lines."""
_LABEL_ROOM = 30


class Mark(NamedTuple):
    """A stretch to underline, in the colour of ``role``, with carets if ``primary`` and dashes otherwise."""

    location: Location
    role: str
    label: str
    primary: bool

    @property
    def sign(self) -> str:
        """The character that underlines."""
        return "^" if self.primary else "-"


def visible(marks: Sequence[Mark], lines: Sequence[str]) -> list[Mark]:
    """Return the marks whose line exists: a file may have changed since it was linted."""
    return [mark for mark in marks if 1 <= mark.location.line <= len(lines)]


def frame(marks: Sequence[Mark], lines: Sequence[str], gutter: int, style: Style, width: int) -> list[str]:
    """Return the rows of a frame that shows ``marks`` (of one file, all visible) in ``lines``.

    ``gutter`` is the width of the line numbers, ``width`` that of the terminal.
    """
    return _Frame(marks, lines, gutter, style, width).rows()


class _Frame:
    def __init__(self, marks: Sequence[Mark], lines: Sequence[str], gutter: int, style: Style, width: int) -> None:
        self._lines = lines
        self._gutter = gutter
        self._style = style
        several = [mark for mark in marks if mark.location.line < mark.location.end_line <= len(lines)]
        # One stretch of several lines gets a bar along them; of others only the first line is marked.
        self._bar = min(several, key=lambda mark: not mark.primary, default=None)
        self._single = sorted((mark for mark in marks if mark is not self._bar), key=lambda mark: mark.location.column)
        self._room = max(20, width - gutter - 3 - (2 if self._bar else 0))

    def rows(self) -> list[str]:
        rows = [self._row(None, "")]
        previous = 0
        for number in self._numbers():
            if previous and number - previous == 2:
                rows += self._line(previous + 1)
            elif previous and number - previous > 2:
                bar = self._bar
                inside = bar is not None and bar.location.line < number <= bar.location.end_line
                rows.append(self._style("gutter", "...") + " " * self._gutter + (self._side("|") if inside else ""))
            rows += self._line(number)
            previous = number
        rows.append(self._row(None, ""))
        return [row.rstrip() for row in rows]

    def _numbers(self) -> list[int]:
        numbers = {mark.location.line for mark in self._single}
        if self._bar:
            first, last = self._bar.location.line, self._bar.location.end_line
            whole = range(first, last + 1)
            numbers.update(whole if len(whole) <= _WHOLE else (*whole[:3], *whole[-2:]))
        return sorted(numbers)

    def _row(self, number: int | None, text: str) -> str:
        head = f"{'' if number is None else number:>{self._gutter}} |"
        return f"{self._style('gutter', head)} {text}"

    def _side(self, sign: str) -> str:
        """Return the column in which the bar runs."""
        if self._bar is None:
            return ""
        return f"{sign if sign == ' ' else self._style(self._bar.role, sign)} "

    def _line(self, number: int) -> list[str]:
        """Return the row of a source line and the rows with its marks."""
        text, starts = layout(self._lines[number - 1])
        marks = [mark for mark in self._single if mark.location.line == number]
        bar = self._bar.location if self._bar else None
        side = " "
        opens = closes = False
        if bar is not None and bar.line <= number <= bar.end_line:
            indent = len(text) - len(text.lstrip(" "))
            opens = number == bar.line and _cell(starts, bar.column) > indent
            closes = number == bar.end_line
            if number > bar.line or not opens:
                side = "/" if number == bar.line else "|"
        spans = [_span(mark.location, starts) for mark in marks]
        offset = 0 if bar is not None else _offset(spans, starts[-1], self._room)
        rows = [self._row(number, self._side(side) + crop(text, offset, self._room))]
        if side == "/":
            side = "|"
        for mark, (start, end) in zip(marks, spans, strict=True):
            rows += self._underline(mark, start - offset, end - offset, self._side(side))
        if opens and self._bar and bar:
            tail = min(_cell(starts, bar.column), self._room - 1)
            rows.append(self._row(None, self._style(self._bar.role, " " + "_" * (tail + 1) + self._bar.sign)))
        if closes and self._bar and bar:
            tail = min(max(_cell(starts, bar.end_column) - 1, 0), self._room - 1)
            line = self._style(self._bar.role, "|" + "_" * (tail + 1) + self._bar.sign)
            rows += self._labelled(line, self._bar, tail, tail + 1, self._side(" "))
        return rows

    def _underline(self, mark: Mark, start: int, end: int, side: str) -> list[str]:
        start = max(0, min(start, self._room - 1))
        end = max(start + 1, min(end, self._room))
        line = side + " " * start + self._style(mark.role, mark.sign * (end - start))
        return self._labelled(line, mark, start, end, side)

    def _labelled(self, line: str, mark: Mark, start: int, end: int, side: str) -> list[str]:
        """Append the mark's label to ``line``, which ends at cell ``end``, or put it below where it does not fit."""
        label = clean(mark.label)
        if not label:
            return [self._row(None, line)]
        if end + 1 + cells(label) <= self._room:
            return [self._row(None, f"{line} {self._style(mark.role, label)}")]
        indent = min(start, max(0, self._room - _LABEL_ROOM))
        below = wrap(label, self._room - indent)
        return [
            self._row(None, line),
            *(self._row(None, side + " " * indent + self._style(mark.role, part)) for part in below),
        ]


def _cell(starts: list[int], column: int) -> int:
    """Return the cell where a 1-based column starts; beyond the line: its end."""
    return starts[max(0, min(column - 1, len(starts) - 1))]


def _span(location: Location, starts: list[int]) -> tuple[int, int]:
    start = _cell(starts, location.column)
    end = _cell(starts, location.end_column) if location.end_line == location.line else starts[-1]
    return start, max(end, start + 1)


def _offset(spans: list[tuple[int, int]], total: int, room: int) -> int:
    """Return at which cell a line too long for the room is cut on the left: as little as shows its marks."""
    first = min((start for start, _ in spans), default=0)
    last = max((end for _, end in spans), default=0)
    if total <= room or last < room:
        return 0
    if last - first <= room - 2:
        return min(last + 1, total) - room
    return first - room // 4 if first > room // 2 else 0
