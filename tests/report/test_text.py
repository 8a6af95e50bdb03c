from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statelint.report.text import cells, clean, counted, crop, layout, line_start, listed, wrap


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 漢字 and é", "plain text, 漢字 and é"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("two\nlines\r", r"two\nlines\r"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb\u200bc", r"a\u202eb\u200bc"),
        ("\udcff.py", r"\udcff.py"),
        ("##[error]x ##vso[task.x] ##teamcity[y]", r"#\x23[error]x #\x23vso[task.x] #\x23teamcity[y]"),
        ("## heading", "## heading"),
    ],
)
def test_clean_shows_what_would_act(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text())
def test_clean_text_is_one_line_without_control_characters(text: str) -> None:
    shown = clean(text)
    assert len(shown.splitlines()) <= 1
    assert not any(char < " " or "\x7f" <= char <= "\x9f" for char in shown)
    assert clean(shown) == shown


def test_a_line_cannot_start_with_a_workflow_command() -> None:
    assert line_start("  ::error::x") == r"  \x3a:error::x"
    assert line_start("x[::2]") == "x[::2]"


def test_wide_characters_take_two_cells_and_combining_ones_none() -> None:
    assert cells("漢字") == 4
    assert cells("e\u0301") == 1


@given(st.text(), st.integers(1, 80))
def test_wrapped_lines_fit_unless_a_word_does_not(text: str, width: int) -> None:
    for line in wrap(text, width):
        assert cells(line) <= max(width, 2) or " " not in line.strip(" ") or line.startswith(" ")


def test_wrap_keeps_every_word_in_order() -> None:
    text = "one two three four five six seven"
    assert wrap(text, 13) == ["one two three", "four five six", "seven"]
    assert wrap("", 10) == [""]


def test_wrap_breaks_words_of_wide_characters() -> None:
    assert wrap("漢字漢字漢字", 5) == ["漢字", "漢字", "漢字"]


def test_layout_expands_tabs_and_places_every_character() -> None:
    assert layout("\ta\tb") == ("    a   b", [0, 4, 5, 8, 9])
    assert layout("漢b") == ("漢b", [0, 2, 3])
    assert layout("a\x1bb") == (r"a\x1bb", [0, 1, 5, 6])
    assert layout("##[x") == (r"#\x23[x", [0, 1, 5, 6, 7])


@given(st.text(alphabet="ab漢é\t", max_size=60), st.integers(0, 60), st.integers(3, 40))
def test_cropping_keeps_the_cells_in_place(line: str, start: int, width: int) -> None:
    text, _ = layout(line)
    total = cells(text)
    start = min(start, total)
    part = crop(text, start, width)
    assert cells(part) <= max(width, 1)
    if start + width < total:
        assert part.endswith("…")


def test_numbers_and_lists_read_as_prose() -> None:
    assert counted(1, "error") == "1 error"
    assert counted(1200, "file") == "1,200 files"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a"]) == "a"
