"""How many processes a command starts, and of which application."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

from statelint.extract.launches.launch import SEVERAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WORKERS: dict[str, tuple[str, ...]] = {
    "gunicorn": ("--workers", "-w"),
    "uvicorn": ("--workers",),
    "hypercorn": ("--workers", "-w"),
    "granian": ("--workers",),
    "fastapi": ("--workers",),
    "sanic": ("--workers", "-w"),
    "litestar": ("--web-concurrency", "--wc", "-W"),
    "uwsgi": ("--processes", "--workers", "-p"),
}
"""Servers and their options that say how many processes serve."""
_FOLDERS = ("--chdir", "--app-dir")
_SERVER = re.compile(rf"(?<![\w/.-])(?:[\w./-]*/)?({'|'.join(WORKERS)})(?![\w.=/-])")
_SUBSTITUTION = re.compile(r"\$\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)|`[^`]*`")
_VARIABLE = re.compile(r"\$\{(\w+)(?::?[-=]([^}]*))?\}|\$(\w+)")
_APP = re.compile(r"([A-Za-z_][\w.]*):[A-Za-z_][\w.]*(\(.*\))?")
_WSGI = re.compile(r"[A-Za-z_][\w.]*\b[aw]sgi")
_FILE = re.compile(r"[\w./-]+\.py")
_ENDS = frozenset({"&&", "||", ";", "|", "&"})
_CPUS = "{cpus}"
_MANY = 2


class Command(NamedTuple):
    """A server that is started: ``workers`` is None where the command does not say how often."""

    server: str
    workers: int | None
    app: str
    folder: str


def commands(text: str, environment: Mapping[str, str]) -> Iterator[Command]:
    """Yield the servers that a command line, or a script of one line, starts; variables are ``environment``'s."""
    for match in _SERVER.finditer(text):
        words = _words(text[match.start() :])
        command = _command(match[1], words[1:], environment)
        if match[1] != "fastapi" or words[1:2] == ["run"]:
            yield command


def number(text: str, environment: Mapping[str, str]) -> int | None:
    """Return the number that ``text`` stands for, ``SEVERAL`` for one per processor, None if it is not known."""
    text = text.strip().strip("\"'")
    variable = _VARIABLE.fullmatch(text)
    if variable is not None:
        text = environment.get(variable[1] or variable[3], variable[2] or "")
    if text.isascii() and text.isdecimal():
        return int(text[:9])
    return SEVERAL if _CPUS in text or re.search(r"nproc|cpu_?count|^auto$", text) else None


def _words(text: str) -> list[str]:
    line = _SUBSTITUTION.sub(lambda match: _CPUS if re.search(r"nproc|cpu", match[0]) else "{}", text)
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # the quotes around it are not ours
        words = [word.strip("\"',][") for word in line.split()]
    for position, word in enumerate(words):
        if word in _ENDS:
            return words[:position]
        if word.endswith(";"):
            return [*words[:position], word.rstrip(";")]
    return words


def _command(server: str, words: list[str], environment: Mapping[str, str]) -> Command:
    count: int | None = None
    app = folder = ""
    if server == "gunicorn" and environment.get("GUNICORN_CMD_ARGS"):
        words = [*_words(environment["GUNICORN_CMD_ARGS"]), *words]
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        following = words[position + 1] if position + 1 < len(words) else ""
        if name in WORKERS[server]:
            count = number(value if equals else following, environment)
        elif name in _FOLDERS:
            folder = value if equals else following
        elif re.fullmatch(r"-w\d+", word) and "-w" in WORKERS[server]:
            count = int(word[2:])
        elif word == "--fast" and server == "sanic":
            count = SEVERAL
        elif not app and not word.startswith("-"):
            app = _application(word, server)
    if count is None and server in {"gunicorn", "uvicorn", "fastapi"}:
        count = number("$WEB_CONCURRENCY", environment)
    return Command(server, count, app, folder)


def _application(word: str, server: str) -> str:
    match = _APP.fullmatch(word)
    if match is not None:
        return match[1]
    if _WSGI.fullmatch(word):
        return word
    if server == "fastapi" and _FILE.fullmatch(word):
        return word.removesuffix(".py").strip("./").replace("/", ".")
    return ""


def several(count: int | None) -> bool:
    """Tell whether a number of processes is above one."""
    return count is not None and (count == SEVERAL or count >= _MANY)


__all__ = ["Command", "commands", "number", "several"]
