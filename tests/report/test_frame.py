from __future__ import annotations

from statelint.lint.finding import Location
from statelint.report.frame import Mark, frame, visible
from statelint.report.style import Style
from statelint.report.text import cells


def mark(line: int, column: int, end_column: int, label: str = "", *, end_line: int = 0, primary: bool = True) -> Mark:
    return Mark(Location("x.py", line, column, end_line or line, end_column), "error", label, primary)


def drawn(source: str, *marks: Mark, width: int = 80, gutter: int = 1) -> str:
    return "\n".join(frame(marks, source.split("\n"), gutter, Style(), width))


def test_carets_stand_below_the_marked_stretch() -> None:
    assert drawn("x = 1\nSTATE[key] = x", mark(2, 1, 11, "written")) == (
        "  |\n"
        "2 | STATE[key] = x\n"
        "  | ^^^^^^^^^^ written\n"
        "  |"
    )  # fmt: skip


def test_tabs_and_wide_characters_shift_the_carets() -> None:
    assert drawn("\t'漢字', x", mark(1, 2, 6), mark(1, 8, 9, "here", primary=False)) == (
        "  |\n"
        "1 |     '漢字', x\n"
        "  |     ^^^^^^\n"
        "  |             - here\n"
        "  |"
    )  # fmt: skip


def test_distant_lines_are_elided_and_a_gap_of_one_is_filled() -> None:
    source = "\n".join(f"line{number}" for number in range(1, 10))
    assert drawn(source, mark(1, 1, 3), mark(3, 1, 3), mark(9, 1, 3)) == (
        "  |\n"
        "1 | line1\n"
        "  | ^^\n"
        "2 | line2\n"
        "3 | line3\n"
        "  | ^^\n"
        "...\n"
        "9 | line9\n"
        "  | ^^\n"
        "  |"
    )  # fmt: skip


def test_a_stretch_of_several_lines_gets_a_bar() -> None:
    source = "rows = db.query(\n    Model\n)"
    assert drawn(source, mark(1, 8, 2, "no owner", end_line=3)) == (
        "  |\n"
        "1 |   rows = db.query(\n"
        "  |  ________^\n"
        "2 | |     Model\n"
        "3 | | )\n"
        "  | |_^ no owner\n"
        "  |"
    )  # fmt: skip


def test_a_stretch_from_the_start_of_its_line_opens_with_a_slash() -> None:
    assert drawn("  f(\n  1)", mark(1, 3, 5, end_line=2)) == (
        "  |\n"
        "1 | /   f(\n"
        "2 | |   1)\n"
        "  | |____^\n"
        "  |"
    )  # fmt: skip


def test_a_long_stretch_is_cut_in_the_middle() -> None:
    source = "\n".join(f"line{number}" for number in range(1, 30))
    rows = drawn(source, mark(2, 1, 3, end_line=28), gutter=2).splitlines()
    assert [row[:2] for row in rows if row[:2].strip().isdigit()] == [" 2", " 3", " 4", "27", "28"]
    assert "...  |" in rows


def test_a_long_line_is_cut_so_that_the_mark_is_seen() -> None:
    line = "a" * 300 + "STATE" + "b" * 300
    rows = drawn(line, mark(1, 301, 306, "written"), width=60).splitlines()
    assert all(cells(row) <= 60 for row in rows)
    at = rows[2].index("^")
    assert rows[1][at : at + 5] == "STATE"
    assert rows[1][4] == "…"
    assert rows[1].endswith("…")


def test_a_long_line_keeps_its_start_where_the_mark_is_too_long_anyhow() -> None:
    rows = drawn("return " + "a" * 100, mark(1, 8, 108), width=60).splitlines()
    assert rows[1].startswith("1 | return aaa")
    assert rows[2].count("^") == 49


def test_a_long_line_is_moved_no_further_than_needed() -> None:
    rows = drawn("x" * 50 + "STATE" + "y" * 5, mark(1, 51, 56), width=50).splitlines()
    assert rows[1].endswith("xSTATE…")
    assert rows[2].endswith(" ^^^^^")


def test_a_label_without_room_goes_below() -> None:
    rows = drawn("x" * 50, mark(1, 41, 51, "a label that is too long for the rest of the line"), width=60).splitlines()
    assert rows[2].rstrip().endswith("^")
    assert all(cells(row) <= 60 for row in rows)
    assert " ".join(row[4:].strip() for row in rows[3:-1]) == "a label that is too long for the rest of the line"


def test_positions_beyond_the_text_do_no_harm() -> None:
    assert drawn("ab", mark(1, 90, 95)).splitlines()[2] == "  |   ^"
    assert visible([mark(7, 1, 2), mark(1, 1, 2)], ["one line"]) == [mark(1, 1, 2)]


def test_escape_sequences_in_source_and_label_are_shown_not_sent() -> None:
    text = drawn("x = '\x1b[31m'", mark(1, 1, 2, "\x1b]0;title\x07"))
    assert "\x1b" not in text
    assert r"\x1b[31m" in text
    assert r"\x1b]0;title\x07" in text
