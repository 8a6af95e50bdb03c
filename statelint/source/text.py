"""From a file's bytes to its text, with mistakes as typed errors that know their place."""

from __future__ import annotations

import codecs
import os
import re
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SIZE_LIMIT = 2 * 1024 * 1024
"""Larger files are not read: such sizes are generated data, and parsing them would hold up everything else."""

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class SourceError(Exception):
    """A file has no usable text. ``line`` and ``column`` are 1-based, columns in code points."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class UnreadableError(SourceError):
    """The operating system does not give the file's bytes."""


class TooLargeError(SourceError):
    """The file is larger than ``SIZE_LIMIT``."""


class NulByteError(SourceError):
    """The file contains a NUL byte, so it is no text that Python reads."""


class DecodingError(SourceError):
    """The bytes are not text in the file's encoding, or the encoding is unknown."""


def read(path: Path) -> bytes:
    """Return the contents of the regular file ``path``. Raises UnreadableError or TooLargeError."""
    try:
        # Non-blocking, so that a FIFO that took the file's place cannot hang us.
        with os.fdopen(os.open(path, _OPEN_FLAGS), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableError("not a regular file")
            _check_size(status.st_size)
            return file.read()
    except FileNotFoundError:
        raise UnreadableError("the file vanished while it was to be read") from None
    except OSError as error:
        raise UnreadableError(error.strerror or str(error)) from error


def decode(data: bytes) -> str:
    """Return the text of a Python file, without a byte order mark; line ends stay as they are.

    The encoding is UTF-8 unless a coding cookie (PEP 263) says otherwise. Raises TooLargeError, NulByteError or
    DecodingError.
    """
    _check_size(len(data))
    if data.startswith(_UTF16):
        raise DecodingError("the file is encoded in UTF-16, which Python does not read as source; save it as UTF-8")
    nul = data.find(b"\0")
    if nul >= 0:
        raise NulByteError("the file contains a NUL byte", *_place(data, nul))
    marked = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if marked else data
    name, line = _cookie(body)
    try:
        codec = codecs.lookup(name)
        if marked and codec.name != "utf-8":
            raise DecodingError(f"the coding line says {name!r}, but a UTF-8 byte order mark comes before it", line)
        return body.decode(name)
    except UnicodeDecodeError as error:
        byte = f"byte 0x{body[error.start]:02x}" if error.start < len(body) else "the end of the file"
        raise DecodingError(f"{byte} is not valid {name}", *_place(body, error.start)) from error
    except (LookupError, ValueError) as error:  # ValueError: what codecs that are no text encodings may raise
        raise DecodingError(f"unknown encoding {name!r} in the coding line", line) from error


def encoding_of(data: bytes) -> str:
    """Return the name of the encoding of a Python file that ``decode`` can read."""
    return _cookie(data.removeprefix(codecs.BOM_UTF8))[0]


def encode_like(text: str, data: bytes) -> bytes:
    """Return ``text`` in the encoding of the Python file with content ``data``, with its byte order mark.

    Raises UnicodeEncodeError for what the encoding cannot express.
    """
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    return mark + text.encode(encoding_of(data))


def _check_size(size: int) -> None:
    if size > SIZE_LIMIT:
        limit, actual = SIZE_LIMIT / 1024**2, size / 1024**2
        raise TooLargeError(
            f"the file has {actual:.1f} MB, more than the {limit:g} MB that are read; leave it out with extend-exclude"
        )


def _cookie(body: bytes) -> tuple[str, int]:
    """Return the encoding's name and the line that gives it."""
    for number, line in enumerate(_LINE_END.split(body[:4096], maxsplit=2)[:2], start=1):
        cookie = _COOKIE.match(line)
        if cookie:
            return cookie[1].decode("ascii"), number
        if not _BLANK.match(line):
            break
    return "utf-8", 1


def _place(data: bytes, offset: int) -> tuple[int, int]:
    """Return line and column of the byte at ``offset``."""
    before = _LINE_END.split(data[:offset])
    return len(before), len(before[-1].decode("utf-8", "replace")) + 1
