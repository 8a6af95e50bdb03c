from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
import pytest

from statelint.cli.targets import Target, TargetType, resolve, write

if TYPE_CHECKING:
    from pathlib import Path


def parse(*values: str) -> list[Target]:
    return [TargetType().convert(value, None, None) for value in values]


def test_full_on_standard_output_is_the_default() -> None:
    assert resolve([], None) == [Target("full", None)]


def test_several_formats_each_have_their_place(tmp_path: Path) -> None:
    file = tmp_path / "a=b.sarif"
    assert resolve(parse("full", f"sarif={file}"), None) == [Target("full", None), Target("sarif", file)]


def test_output_names_the_file_of_the_one_format_without(tmp_path: Path) -> None:
    one, two = tmp_path / "1", tmp_path / "2"
    assert resolve(parse("json"), one) == [Target("json", one)]
    assert resolve([], one) == [Target("full", one)]
    assert resolve(parse("json", f"sarif={two}"), one) == [Target("json", one), Target("sarif", two)]


@pytest.mark.parametrize(
    ("values", "output", "message"),
    [
        (["full", "json"], None, "Two reports cannot both go to standard output"),
        (["full=x", "json=x"], None, "Two reports cannot both go to 'x'"),
        (["full", "json"], "x", "--output FILE goes with one --output-format"),
        (["full=y"], "x", "--output FILE goes with one --output-format"),
        (["full=no/such/folder/x"], None, "there is no such folder"),
        (["full=."], None, "it is a folder"),
    ],
)
def test_contradictions_are_usage_errors(
    values: list[str], output: str | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(click.UsageError, match=re.escape(message)):
        resolve(parse(*values), tmp_path.__class__(output) if output else None)


@pytest.mark.parametrize(
    ("value", "message"), [("xml", "not one of full, concise, grouped, json"), ("json=", "names no file")]
)
def test_unknown_formats_are_refused(value: str, message: str) -> None:
    with pytest.raises(click.BadParameter, match=message):
        parse(value)


def test_a_report_is_written_as_utf8_with_unix_line_ends(tmp_path: Path) -> None:
    write(tmp_path / "x", "é\n\udcff\n")
    assert (tmp_path / "x").read_bytes() == b"\xc3\xa9\n\\udcff\n"


def test_a_file_that_cannot_be_written_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(click.ClickException, match=r"Cannot write '.*': "):
        write(tmp_path, "x")
