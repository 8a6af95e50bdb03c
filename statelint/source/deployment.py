"""Which files say how a service is run, by their names."""

from __future__ import annotations

import re

SIZE_LIMIT = 256 * 1024
"""Larger files are not read: nobody writes such by hand."""
MAX_FILES = 500
"""Deployment files of one project that are read."""

_NAMES = (
    ("docker", r"dockerfile(\.[\w.-]+)?|[\w.-]+\.dockerfile|containerfile"),
    ("compose", r"(docker-)?compose[\w.-]*\.ya?ml"),
    ("lines", r"procfile[\w.-]*|fly[\w.-]*\.toml|render\.ya?ml|app\.ya?ml|apprunner\.ya?ml"),
    ("lines", r"heroku\.yml|serverless\.ya?ml"),
    ("lines", r"nixpacks\.toml|railway\.(toml|json)|supervisor[\w.-]*\.(conf|ini)|u?wsgi[\w.-]*\.ini"),
    ("lines", r"[\w@.-]+\.service"),
    ("lines", r"([\w.-]*[_-])?(start|run|serve|entrypoint|launch|boot|gunicorn|server|web|cmd)([_-][\w.-]*)?\.sh"),
)  # fmt: skip
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _NAMES)
_ENDINGS = (".yml", ".yaml", ".toml", ".json", ".conf", ".ini", ".service", ".sh")
_STARTS = ("dockerfile", "containerfile", "procfile")
_MANIFESTS = re.compile(r"(^|[/_.-])(k8s|kube\w*|manifests?|deploy\w*|helm|charts?|infra\w*|ops|statefulset)([/_.-]|$)")


def kind_of(path: str) -> str:
    """Return how the file ``path`` (relative, posix) says it, or an empty string for any other file.

    It is ``docker``, ``compose``, ``manifest`` (of Kubernetes) or ``lines`` (of commands and settings).
    """
    name = path.rpartition("/")[2].lower()
    if not name.endswith((*_ENDINGS, "dockerfile")) and not name.startswith(_STARTS):
        return ""
    for kind, pattern in _KINDS:
        if pattern.fullmatch(name):
            return kind
    return "manifest" if name.endswith((".yml", ".yaml")) and _MANIFESTS.search(path.lower()) else ""


__all__ = ["MAX_FILES", "SIZE_LIMIT", "kind_of"]
