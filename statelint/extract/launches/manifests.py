"""Reads docker-compose files and Kubernetes manifests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from statelint.extract.facts import Position
from statelint.extract.launches.commands import commands, number, several
from statelint.extract.launches.launch import SEVERAL, Launch

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DOCUMENTS = 100
_KINDS = frozenset({"Deployment", "StatefulSet", "ReplicaSet"})
_OTHERS = re.compile(
    r"redis|valkey|postgres|pgbouncer|mysql|mariadb|mongo|rabbit|kafka|zookeeper|elastic|opensearch|minio|memcached"
    r"|nginx|caddy|traefik|envoy|grafana|prometheus|jaeger|otel|frontend|(^|[/_-])(ui|celery|worker|beat|scheduler|flower"
    r"|cron|db|cache|proxy|consumer)($|[:_-])",
    re.IGNORECASE,
)
"""Services that serve no requests with the code at hand."""
_BACKGROUND = re.compile(r"\b(celery|rq|dramatiq|arq|taskiq|huey|worker|beat|npm|yarn|node)\b")


def read_compose(text: str) -> list[Launch]:
    """Return the services of a docker-compose file that run several times. Raises yaml.YAMLError."""
    found: list[Launch] = []
    for document in _documents(text):
        for name, service in _entries(_get(document, "services")):
            found += _service(name, service)
    return found


def read_manifest(text: str) -> list[Launch]:
    """Return what the manifests in a file run several times. Raises yaml.YAMLError."""
    if "replicas:" not in text or "kind:" not in text or "{{" in text:
        return []
    found: list[Launch] = []
    for document in _documents(text):
        if _text(_get(document, "kind")) in _KINDS:
            found += _workload(document)
    return found


def _service(name: str, service: yaml.Node) -> Iterator[Launch]:
    build = _get(service, "build")
    folder = _text(build) or _text(_get(build, "context"))
    command = " ".join(_words(_get(service, key)) for key in ("entrypoint", "command")).strip()
    variables = _variables(_get(service, "environment"))
    names = (name, *filter(None, (_image(_text(_get(service, "image"))),)))
    started = list(commands(command, variables))
    if not started and build is not None and "GUNICORN_CMD_ARGS" in variables:
        started = list(commands("gunicorn", variables))
    for server in started:
        node = _get(service, "command") or _get(service, "environment") or service
        if several(server.workers):
            yield Launch(server.workers or SEVERAL, "workers", server.app, server.folder or folder, names, _place(node))
    if not started and several(number(variables.get("WEB_CONCURRENCY", ""), {})) and build is not None:
        node = _get(service, "environment") or service
        yield Launch(int(variables["WEB_CONCURRENCY"]), "workers", "", folder, names, _place(node))
    replicas = _get(_get(service, "deploy"), "replicas") or _get(service, "scale")
    count = number(_text(replicas), {})
    ours = started or (build is not None and not _BACKGROUND.search(command) and not _foreign(names))
    if replicas is not None and several(count) and ours:
        app = next((server.app for server in started if server.app), "")
        yield Launch(count or SEVERAL, "replicas", app, folder, names, _place(replicas))


def _workload(document: yaml.Node) -> Iterator[Launch]:
    spec = _get(document, "spec")
    replicas = _get(spec, "replicas")
    count = number(_text(replicas), {})
    if replicas is None or not several(count):
        return
    pod = _get(_get(spec, "template"), "spec")
    containers = _get(pod, "containers")
    name = _text(_get(_get(document, "metadata"), "name"))
    for container in containers.value if isinstance(containers, yaml.SequenceNode) else ():
        command = f"{_words(_get(container, 'command'))} {_words(_get(container, 'args'))}"
        names = (name, _text(_get(container, "name")), _image(_text(_get(container, "image"))))
        started = next(commands(command, {}), None)
        if started is not None:
            yield Launch(count or SEVERAL, "replicas", started.app, started.folder, names, _place(replicas))
        elif not _foreign(names) and not _BACKGROUND.search(command):
            yield Launch(count or SEVERAL, "replicas", "", "", names, _place(replicas))


def _foreign(names: tuple[str, ...]) -> bool:
    return any(_OTHERS.search(name) for name in names)


def _image(text: str) -> str:
    """Return an image's own name, without registry and tag."""
    return text.rpartition("/")[2].partition(":")[0].partition("@")[0]


# -- nodes of YAML: nothing is constructed from them, so aliases do not multiply and tags mean nothing


def _documents(text: str) -> Iterator[yaml.Node]:
    for position, document in enumerate(yaml.compose_all(text, Loader=yaml.SafeLoader)):
        if position == MAX_DOCUMENTS:
            return
        if document is not None:
            yield document


def _entries(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield _text(key), value


def _get(node: yaml.Node | None, key: str) -> yaml.Node | None:
    merged: yaml.Node | None = None
    for name, value in _entries(node):
        if name == key:
            return value
        if name == "<<":
            merged = next((held for inner, held in _entries(value) if inner == key), None)
    return merged


def _text(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _words(node: yaml.Node | None) -> str:
    """Return a command that may be a list of words."""
    if isinstance(node, yaml.SequenceNode):
        return " ".join(_text(item) for item in node.value)
    return " ".join(_text(node).split())


def _variables(node: yaml.Node | None) -> dict[str, str]:
    """Return environment variables, given as a mapping or as ``NAME=value``."""
    if isinstance(node, yaml.SequenceNode):
        pairs = (_text(item).partition("=") for item in node.value)
        return {name: value for name, _, value in pairs}
    return {name: _text(value) for name, value in _entries(node)}


def _place(node: yaml.Node) -> Position:
    start, end = node.start_mark, node.end_mark
    last = end.line if end.line == start.line or end.column else end.line - 1
    if last > start.line:
        return Position(start.line + 1, start.column + 1, start.line + 1, start.column + 2)
    return Position(start.line + 1, start.column + 1, last + 1, max(end.column, start.column + 1) + 1)


__all__ = ["read_compose", "read_manifest"]
