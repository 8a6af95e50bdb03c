from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statelint.source import text
from statelint.source.text import (
    DecodingError,
    NulByteError,
    SourceError,
    TooLargeError,
    UnreadableError,
    decode,
    read,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ""),
        ("x = 'é'\n".encode(), "x = 'é'\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"\xef\xbb\xbf# coding: utf-8\n", "# coding: utf-8\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n'\x80'", None),
        (b"x = 1\r\ny = 2\r", "x = 1\r\ny = 2\r"),
    ],
)
def test_text_is_decoded_as_python_would(data: bytes, expected: str | None) -> None:
    if expected is None:
        expected = data.decode("cp1252")
    assert decode(data) == expected


def test_a_coding_line_below_code_does_not_count() -> None:
    assert decode("x = 1\n# coding: latin-1\n'é'".encode()) == "x = 1\n# coding: latin-1\n'é'"


@pytest.mark.parametrize(
    ("data", "error", "line", "column", "words"),
    [
        (b"x = 1\ny\0", NulByteError, 2, 2, "NUL"),
        (b"x = 1\r\ny = '\xe9'", DecodingError, 2, 6, "byte 0xe9 is not valid utf-8"),
        ("é = '".encode() + b"\xff'", DecodingError, 1, 6, "0xff"),
        (b"# coding: klingon\n", DecodingError, 1, 1, "klingon"),
        (b"\n# coding: rot13\n", DecodingError, 2, 1, "rot13"),
        (b"\xef\xbb\xbf# coding: latin-1\n", DecodingError, 1, 1, "byte order mark"),
        ("x = 1".encode("utf-16"), DecodingError, 1, 1, "UTF-16"),
        (b"#" * (text.SIZE_LIMIT + 1), TooLargeError, 1, 1, "2.0 MB"),
    ],
)
def test_bad_bytes_are_errors_with_a_place(
    data: bytes, error: type[SourceError], line: int, column: int, words: str
) -> None:
    with pytest.raises(error) as caught:
        decode(data)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in caught.value.message


@given(st.one_of(st.binary(), st.binary().map(lambda tail: b"# coding: " + tail)))
def test_any_bytes_are_text_or_a_source_error(data: bytes) -> None:
    place = (1, 1)
    try:
        text = decode(data)
    except SourceError as error:
        place = (error.line, error.column)
    else:
        assert "\0" not in text
    assert min(place) >= 1


def test_reading_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x = 1")
    assert read(tmp_path / "a.py") == b"x = 1"


def test_what_is_no_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="vanished"):
        read(tmp_path / "gone.py")
    with pytest.raises(UnreadableError, match="directory"):
        read(tmp_path)
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(UnreadableError, match="not a regular file"):
        read(tmp_path / "pipe.py")
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    with pytest.raises(UnreadableError, match="symbolic links"):
        read(tmp_path / "loop.py")


def test_a_large_file_is_not_even_read(tmp_path: Path) -> None:
    with (tmp_path / "big.py").open("wb") as file:
        file.truncate(5 * 1024 * 1024)
    with pytest.raises(TooLargeError, match=r"5\.0 MB.*2 MB.*extend-exclude"):
        read(tmp_path / "big.py")
