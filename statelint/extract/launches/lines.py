"""Reads files whose lines hold commands or settings: Dockerfiles, Procfiles, unit files, start scripts and the like."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from statelint.extract.facts import Position
from statelint.extract.launches.commands import Command, commands, number, several
from statelint.extract.launches.launch import SEVERAL, Launch

if TYPE_CHECKING:
    from collections.abc import Iterator

_INSTANCES = re.compile(
    r"""^\s*["']?(min_machines_running|numInstances|num_instances|min_instances|min_num_instances|minInstances|instances)
    ["']?\s*[:=]\s*["']?(\d+)\b""",
    re.VERBOSE,
)
_PROCESSES = re.compile(r"^\s*(processes|workers)\s*=\s*(\S+)\s*$")
_MODULE = re.compile(r"^\s*(?:module|wsgi)\s*=\s*([A-Za-z_][\w.]*)")
_HANDLER = re.compile(r"^\s*handler:\s*[\"']?([\w./-]+)\.\w+[\"']?\s*$")
_VARIABLE = re.compile(r"""^\s*(?:-\s*)?(?:ENV\s+|export\s+|environment=)?["']?(WEB_CONCURRENCY|GUNICORN_CMD_ARGS)["']?
    \s*(?:[:=]|\s)\s*(.+?)\s*$""", re.VERBOSE)  # fmt: skip
_RUN = re.compile(r"^\s*(CMD|ENTRYPOINT)\s+(.*)$", re.IGNORECASE | re.DOTALL)


class Line(NamedTuple):
    """A line with those that continue it."""

    text: str
    position: Position


def lines(text: str) -> Iterator[Line]:
    """Yield the lines of ``text`` that say something; a backslash at the end joins the next one."""
    joined: list[str] = []
    first = 0
    for index, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith("#") or (not line and not joined):
            continue
        if not joined:
            first = index
            column = len(raw) - len(raw.lstrip()) + 1
        goes_on = line.endswith("\\")
        joined.append(line.removesuffix("\\").rstrip())
        if not goes_on:
            yield Line(" ".join(joined), Position(first, column, index, len(raw.rstrip()) + 1))
            joined = []


def read_docker(text: str) -> list[Launch]:
    """Return what the ``CMD`` and ``ENTRYPOINT`` of a Dockerfile start."""
    held = list(lines(text))
    environment = _environment(held)
    found: list[Launch] = []
    entry = ""
    named = False
    for line in held:
        match = _RUN.match(line.text)
        if match is None:
            continue
        command = _exec_form(match[2])
        if match[1].upper() == "ENTRYPOINT":
            entry, whole = command, command
        else:
            whole = f"{entry} {command}".strip()
        started = list(commands(whole, environment))
        named = named or bool(started)
        found += _launches(started, line.position)
    if not found and not named and several(number("$WEB_CONCURRENCY", environment)):
        place = next(line.position for line in held if "WEB_CONCURRENCY" in line.text)
        found.append(Launch(number("$WEB_CONCURRENCY", environment) or SEVERAL, "workers", "", "", (), place))
    return found


def read_lines(path: str, text: str) -> list[Launch]:
    """Return what the lines of any other such file start."""
    held = list(lines(text))
    environment = _environment(held)
    found: list[Launch] = []
    module = ""
    for line in held:
        found += _launches(list(commands(line.text, environment)), line.position)
        instances = _INSTANCES.match(line.text)
        if instances is not None and several(int(instances[2])) and not path.endswith((".sh", ".ini")):
            found.append(Launch(int(instances[2]), "instances", "", "", (), line.position))
        if path.endswith(".ini"):
            named, processes = _MODULE.match(line.text), _PROCESSES.match(line.text)
            module = named[1] if named else module
            if processes is not None and several(count := number(processes[2].replace("%k", "nproc"), environment)):
                found.append(Launch(count or SEVERAL, "workers", module, "", (), line.position))
        if "serverless" in path and (handler := _HANDLER.match(line.text)):
            app = handler[1].strip("./").replace("/", ".")
            found.append(Launch(SEVERAL, "instances", app, "", (), line.position))
    return found


def _launches(started: list[Command], position: Position) -> Iterator[Launch]:
    for command in started:
        if several(command.workers):
            yield Launch(command.workers or SEVERAL, "workers", command.app, command.folder, (), position)


def _exec_form(text: str) -> str:
    """Return a command as the shell would be given it."""
    if text.lstrip().startswith("["):
        try:
            words = json.loads(text)
            return " ".join(map(str, words)) if isinstance(words, list) else text
        except (ValueError, RecursionError):
            return text
    return text


def _environment(held: list[Line]) -> dict[str, str]:
    matches = (_VARIABLE.match(line.text) for line in held)
    return {match[1]: match[2].strip("\"',") for match in matches if match is not None}


__all__ = ["read_docker", "read_lines"]
