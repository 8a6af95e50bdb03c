"""From a deployment file's bytes to the services that it runs in several processes."""

from __future__ import annotations

from statelint.extract.launches.launch import SEVERAL, Launch
from statelint.source.deployment import SIZE_LIMIT, kind_of

MAX_LAUNCHES = 50
"""Services of one file that are kept."""


def read_launches(path: str, data: bytes) -> list[Launch]:
    """Return what the deployment file ``path`` (relative, posix) says; nothing if it cannot be understood."""
    if len(data) > SIZE_LIMIT or b"\0" in data:
        return []
    text = data.decode("utf-8-sig", errors="replace")
    kind = kind_of(path)
    if kind == "docker":
        from statelint.extract.launches.lines import read_docker  # noqa: PLC0415 - each where there are such files

        return read_docker(text)[:MAX_LAUNCHES]
    if kind == "lines":
        from statelint.extract.launches.lines import read_lines  # noqa: PLC0415

        return read_lines(path.rpartition("/")[2].lower(), text)[:MAX_LAUNCHES]
    if kind == "manifest" and ("replicas:" not in text or "{{" in text):
        return []
    import yaml  # noqa: PLC0415 - takes longer than reading the other kinds

    from statelint.extract.launches.manifests import read_compose, read_manifest  # noqa: PLC0415

    try:
        return (read_compose(text) if kind == "compose" else read_manifest(text))[:MAX_LAUNCHES]
    except (yaml.YAMLError, RecursionError, ValueError):
        return []


__all__ = ["SEVERAL", "Launch", "read_launches"]
