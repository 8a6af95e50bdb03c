"""From a deployment file's bytes to the services that it runs in several processes."""

from __future__ import annotations

import re

from statelint.extract.facts import Position
from statelint.extract.launches.launch import SEVERAL, STATELESS, Launch
from statelint.source.deployment import SIZE_LIMIT, kind_of

MAX_LAUNCHES = 50
"""Services of one file that are kept."""
_STATELESS = re.compile(r"FASTMCP_STATELESS_HTTP[\"']?\s*[:=]?\s*[\"']?(true|1|yes|on)\b", re.IGNORECASE)


def read_launches(path: str, data: bytes) -> list[Launch]:
    """Return what the deployment file ``path`` (relative, posix) says; nothing if it cannot be understood."""
    if len(data) > SIZE_LIMIT or b"\0" in data:
        return []
    text = data.decode("utf-8-sig", errors="replace")
    return [*_read(path, kind_of(path), text)[:MAX_LAUNCHES], *_modes(text)]


def _modes(text: str) -> list[Launch]:
    found = _STATELESS.search(text)
    line = text.count("\n", 0, found.start()) + 1 if found else 0
    return [Launch(1, STATELESS, "", "", (), Position(line, 1, line, 2))] if found else []


def _read(path: str, kind: str, text: str) -> list[Launch]:
    if kind == "docker":
        from statelint.extract.launches.lines import read_docker  # noqa: PLC0415 - each where there are such files

        return read_docker(text)
    if kind == "lines":
        from statelint.extract.launches.lines import read_lines  # noqa: PLC0415

        return read_lines(path.rpartition("/")[2].lower(), text)
    if kind == "manifest" and ("replicas:" not in text or "{{" in text):
        return []
    import yaml  # noqa: PLC0415 - takes longer than reading the other kinds

    from statelint.extract.launches.manifests import read_compose, read_manifest  # noqa: PLC0415

    try:
        return read_compose(text) if kind == "compose" else read_manifest(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return []


__all__ = ["SEVERAL", "STATELESS", "Launch", "read_launches"]
