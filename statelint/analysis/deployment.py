"""Which modules belong to services that run in several processes, and what says so."""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.constants import Constants
from statelint.analysis.model import External
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Const, Name
from statelint.extract.launches import SEVERAL, STATELESS, Launch
from statelint.source.deployment import kind_of
from statelint.source.roles import is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

    from statelint.analysis.callsites import CallSites
    from statelint.analysis.inference import Inference
    from statelint.analysis.model import FunctionInfo, Module
    from statelint.catalogue.schema import Launcher
    from statelint.extract.facts import Position, TermId

Parts = tuple[str, ...]
_GUNICORN = re.compile(r"(^|/)gunicorn[\w.-]*\.py$")
_CPUS = frozenset({"cpu_count", "process_cpu_count", "sched_getaffinity"})
_GATEWAYS = frozenset({"wsgi", "asgi"})
_MANY = 2


class Evidence(NamedTuple):
    """A place in a file that starts several processes of a service."""

    path: str
    position: Position
    number: int
    unit: str

    @property
    def text(self) -> str:
        """What it says: ``4 workers``."""
        return f"{'several' if self.number == SEVERAL else self.number} {self.unit}"


class Deployment:
    """Relates what deployment files and code say about processes to the modules that are served."""

    def __init__(
        self,
        inference: Inference,
        call_sites: CallSites,
        launches: Mapping[str, list[Launch]],
        served: Set[FunctionInfo],
    ) -> None:
        """``launches`` are those of every deployment file by path; ``served`` functions are entry points."""
        self.inference = inference
        self._call_sites = call_sites
        self.index = inference.index
        self.launches = launches
        self.constants = Constants(inference)
        self._served = {function.module.folder for function in served}
        self._imports: dict[Module, frozenset[Module]] = {}

    def several(self, path: str) -> Evidence | None:
        """Return what says that the service of the module at ``path`` runs in several processes."""
        return self._by_path.get(path)

    @cached_property
    def _by_path(self) -> dict[str, Evidence]:
        found: dict[str, Evidence] = {}
        for path, launch in (*self._written(), *self._called(), *self._configured()):
            evidence = Evidence(path, launch.position, launch.count, launch.unit)
            for module in self._covered(path, launch):
                known = found.get(module.path)
                if known is None or known.number < evidence.number:
                    found[module.path] = evidence
        return found

    # -- what says so

    def _written(self) -> Iterator[tuple[str, Launch]]:
        for path, launches in sorted(self.launches.items()):
            for launch in launches:
                if launch.unit != STATELESS:
                    yield path, launch

    def _called(self) -> Iterator[tuple[str, Launch]]:
        """Servers that code itself starts, and adapters to platforms that start a process per request."""
        launchers = self.inference.catalogue.launchers
        for site in self._call_sites.of(launchers):
            if is_test_path(site.module.path):
                continue
            for value in self.inference.term(site.module, site.call.func):
                launcher = launchers.get(value.name) if isinstance(value, External) else None
                if launcher is not None:
                    yield from self._launched(site.module, site.call, site.event.position, launcher)

    def _launched(
        self, module: Module, call: Call, position: Position, launcher: Launcher
    ) -> Iterator[tuple[str, Launch]]:
        given = next((value for name, value in call.keywords if name in launcher.workers), -1)
        count = SEVERAL if launcher.platform else self._count(module, given)
        if count is None:
            return
        text = module.text(call.args[launcher.app]) if launcher.app < len(call.args) else None
        app = text.partition(":")[0] if text else ".".join(module.parts)
        yield module.path, Launch(count, "instances" if launcher.platform else "workers", app, "", (), position)

    def _configured(self) -> Iterator[tuple[str, Launch]]:
        """Gunicorn's configuration files."""
        for module in self.inference.modules:
            if not _GUNICORN.search(module.path):
                continue
            app = next((module.text(held.value) or "" for held in module.bindings.get("wsgi_app", ())), "")
            for binding in module.bindings.get("workers", ()):
                count = self._count(module, binding.value)
                if count is not None:
                    yield module.path, Launch(count, "workers", app.partition(":")[0], "", (), binding.position)

    def _count(self, module: Module, term: TermId) -> int | None:
        """Return a number above one, or ``SEVERAL``."""
        if term < 0:
            return None
        held = module.terms[term]
        if isinstance(held, Const) and isinstance(held.value, bool):
            return None
        for part in walk(module, term):
            inner = module.terms[part]
            if isinstance(inner, (Attr, Name)) and (inner.name if isinstance(inner, Attr) else inner.id) in _CPUS:
                return SEVERAL
        number = self.constants.number(module, term)
        return int(number) if number is not None and number >= _MANY else None

    # -- which modules that concerns

    def _covered(self, path: str, launch: Launch) -> Iterator[Module]:
        base = _parts(posixpath.join(posixpath.dirname(path), launch.folder))
        if launch.app:
            app = self._resolve(tuple(launch.app.split(".")), base)
            if app is None:
                return
            yield from self._closure(app)
            if app.parts[-1] in _GATEWAYS:
                # Django finds the rest by names in its settings.
                root = app.parts[: len(app.parts) - len(launch.app.split("."))]
                yield from self._below(root)
            return
        folder = self._home(base, launch.names)
        if folder is not None:
            yield from self._below(folder)

    def _below(self, folder: Parts) -> Iterator[Module]:
        return (module for module in self.inference.modules if module.parts[: len(folder)] == folder)

    def _resolve(self, wanted: Parts, base: Parts) -> Module | None:
        """Return the module that a command started in ``base`` means; None where several are as near."""
        found = self.index.ending(wanted)
        roots = {module: module.parts[: len(module.parts) - len(wanted)] for module in found}
        if not found:
            return None
        nearest = max(_common(root, base) for root in roots.values())
        near = [module for module, root in roots.items() if _common(root, base) == nearest]
        near.sort(key=lambda module: len(roots[module]))
        if len(near) > 1 and len(roots[near[0]]) == len(roots[near[1]]):
            return None
        return near[0]

    def _closure(self, start: Module) -> frozenset[Module]:
        """Return the modules that ``start`` imports, directly or not, and itself."""
        found = self._imports.get(start)
        if found is None:
            seen = {start}
            queue = [start]
            while queue:
                module = queue.pop()
                for item in module.facts.imports:
                    parts = self.index.find(module, item.module, item.level)
                    if parts is None:
                        continue
                    packages = [parts[:length] for length in range(1, len(parts) + 1)]
                    for target in (*packages, (*parts, item.symbol)):
                        imported = self.index.by_parts.get(target)
                        if imported is not None and imported not in seen:
                            seen.add(imported)
                            queue.append(imported)
            found = self._imports[start] = frozenset(seen)
        return found

    def _home(self, base: Parts, names: tuple[str, ...]) -> Parts | None:
        """Return the folder whose code a file in ``base`` deploys; None where it may be one of several."""
        wanted = {_plain(name) for name in names if name}
        for length in range(len(base), -1, -1):
            folder = base[:length]
            inside = {held for held in self._served if held[:length] == folder}
            if not inside:
                continue
            homes = {home for home in self._homes if any(held[: len(home)] == home for held in inside)}
            homes = {home for home in homes if home[:length] == folder}
            if len(homes) < _MANY:
                return folder
            same = [home for home in homes if home and _plain(home[-1]) in wanted]
            return same[0] if len(same) == 1 else None
        return None

    @cached_property
    def _homes(self) -> frozenset[Parts]:
        """The folders of which images are made."""
        return frozenset(_parts(posixpath.dirname(path)) for path in self.launches if kind_of(path) == "docker")


def _parts(path: str) -> Parts:
    normal = posixpath.normpath(path).strip("/")
    return tuple(part for part in normal.split("/") if part not in {".", "..", ""})


def _common(one: Parts, other: Parts) -> int:
    return next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
                min(len(one), len(other)))  # fmt: skip


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


__all__ = ["Deployment", "Evidence"]
