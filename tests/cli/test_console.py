from __future__ import annotations

import io

import pytest

from statelint.cli import console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "terminal", "env", "expected"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("auto", True, {"TERM": "dumb"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_who_gets_colours(
    choice: str, terminal: bool, env: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert console.coloured(choice, Terminal() if terminal else io.StringIO()) is expected


def test_the_width_follows_columns_and_has_a_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "133")
    assert console.width() == 133
    monkeypatch.setenv("COLUMNS", "3")
    assert console.width() == 40


def progress_output(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, patience: float, *, wanted: bool = True
) -> str:
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(console, "_PATIENCE", patience)
    monkeypatch.setenv("TERM", "xterm")
    with console.Progress(wanted=wanted) as progress:
        progress(1, 3)
        progress(2, 3)
    return stream.getvalue()


def test_long_work_on_a_terminal_shows_a_bar_and_takes_it_away(monkeypatch: pytest.MonkeyPatch) -> None:
    text = progress_output(monkeypatch, Terminal(), 0)
    assert "2/3" in text
    assert text.endswith("\x1b[2K")


@pytest.mark.parametrize(
    ("stream", "patience", "wanted"), [(io.StringIO(), 0, True), (Terminal(), 60, True), (Terminal(), 0, False)]
)
def test_otherwise_there_is_no_bar(
    stream: io.StringIO, patience: float, wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert progress_output(monkeypatch, stream, patience, wanted=wanted) == ""
