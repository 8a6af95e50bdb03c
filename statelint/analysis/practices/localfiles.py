"""Local files that one request writes and another reads."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from statelint.analysis.model import External, Place
from statelint.analysis.practices.base import Flaw, Practice, argument
from statelint.analysis.practices.paths import FilePath, Paths
from statelint.extract.facts import Attr, Call, Name, Not
from statelint.source.roles import is_offline_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.project import Project
    from statelint.extract.facts import Condition, Event, TermId

_OPENERS = frozenset({"open", "io.open", "aiofiles.open", "gzip.open", "codecs.open", "anyio.open_file"})
_LOGS = (".log", ".lock", ".pid")
_SCRATCH = frozenset({"/tmp", "/var/tmp", "/dev/shm"})  # noqa: S108 - not ours
_SERVES = frozenset({"serve", "mount"})
_ASKS = frozenset({"exists", "is_file", "isfile", "is_dir", "isdir"})
MAX_ENTRIES = 400


class Use(NamedTuple):
    """A call that writes, reads, serves or removes a file."""

    function: FunctionInfo
    event: Event
    path: FilePath
    how: str

    @property
    def place(self) -> Place:
        """Where the call stands."""
        return Place(self.function.module, self.event.position)


class FileFlaws(Practice):
    """Relates writes of local files to the reads of other requests."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self.paths = Paths(self.inference, self.constants)
        self._entries: dict[FunctionInfo, frozenset[FunctionInfo]] = {}

    def kept(self) -> Iterator[Flaw]:
        """Yield the writes whose file a later request reads, one per function and file."""
        seen: set[tuple[FunctionInfo, str]] = set()
        for write in self._uses:
            key = (write.function, write.path.text)
            if write.how != "write" or key in seen or self._passing(write):
                continue
            read = self._later(write)
            if read is None:
                continue
            seen.add(key)
            certainty = self.certainty(write.function)
            label = "another request reads it here" if read.function is not write.function else "and reads it here"
            text = write.path.shown
            # What each request writes under the same name, the next one gets.
            what = "served" if read.how in _SERVES and not write.path.exact else "kept"
            yield Flaw(
                write.place,
                f"{write.function.qualname}:{text}",
                what,
                text if write.path.exact else f"{text}/…",
                certainty if write.path.exact else min(certainty, 1),
                self.way(write.function),
                ((read.place, label),),
            )

    def _passing(self, write: Use) -> bool:
        """Tell whether a file is no state: temporary, a log, made where it is missing, removed by its own request."""
        path = write.path
        if path.temporary or path.text in _SCRATCH or (path.exact and path.text.endswith(_LOGS)):
            return True
        module = write.function.module
        if path.exact and any(self._missing(module, step) for step in self.conditions(module, write.event.condition)):
            return True
        entries = self._reached_from(write.function)
        return any(
            use.how == "remove"
            and use.path.meets(path)
            and (use.function is write.function or entries <= self._reached_from(use.function))
            for use in self._uses
        )

    @staticmethod
    def _missing(module: Module, step: Condition) -> bool:
        """Tell whether a condition says that a file does not exist yet."""
        term, positive = step.test, step.positive
        while term >= 0 and isinstance(held := module.terms[term], Not):
            term, positive = held.value, not positive
        call = module.terms[term] if term >= 0 and step.kind in {"if", "guard"} else None
        func = module.terms[call.func] if isinstance(call, Call) else None
        return isinstance(func, Attr) and func.name in _ASKS and not positive

    def _later(self, write: Use) -> Use | None:
        """Return a read of the written file by another request."""
        writers = self._reached_from(write.function)
        found: Use | None = None
        for use in self._uses:
            serves = use.how in _SERVES
            if not (use.path.holds(write.path) if serves else use.how == "read" and use.path.meets(write.path)):
                continue
            if use.function is write.function:
                # What is loaded first was stored by an earlier request.
                again = use.path.exact and use.event.position.line < write.event.position.line
            else:
                again = use.how == "mount" or use.function.is_module
                again = again or bool(self._reached_from(use.function) - writers)
            if again and (found is None or found.how in _SERVES):
                found = use
        return found

    def _reached_from(self, function: FunctionInfo) -> frozenset[FunctionInfo]:
        """Return the entry points from which ``function`` is reached."""
        found = self._entries.get(function)
        if found is None:
            seen = {function}
            queue = [function]
            while queue and len(seen) < MAX_ENTRIES:
                for edge in self.project.calls.callers.get(queue.pop(), ()):
                    if edge.caller not in seen:
                        seen.add(edge.caller)
                        queue.append(edge.caller)
            found = self._entries[function] = frozenset(seen & self.reach.entry_points.keys())
        return found

    # -- what is done with files

    @cached_property
    def _uses(self) -> list[Use]:
        found: list[Use] = []
        for module in self.project.modules.values():
            if is_offline_path(module.path):
                continue
            for function in module.functions:
                if not function.is_module and self.certainty(function) < 0:
                    continue
                for event, call in function.calls:
                    for term, how in self._files(module, call):
                        if how == "serve" if function.is_module else self._reached_from(function):
                            found += (Use(function, event, path, how) for path in self.paths.of(module, term))
        found += self._mounts()
        return [use for use in found if use.path.text or use.path.temporary]

    def _mounts(self) -> Iterator[Use]:
        """Yield the folders that set-up code serves."""
        mounts = {name: known for name, known in self.catalogue.files.items() if known.how == "mount"}
        for site in self.project.call_sites.of(mounts):
            known = next(mounts[name] for name in site.names if name in mounts)
            term = argument(site.call, known.path, *known.keywords)
            given = self.paths.of(site.module, term) if term >= 0 else [FilePath(known.default, exact=False)]
            if not is_offline_path(site.module.path):
                yield from (Use(site.function, site.event, path, known.how) for path in given)

    def _files(self, module: Module, call: Call) -> Iterator[tuple[TermId, str]]:
        names = self.names(module, call.func)
        files = self.catalogue.files
        for name in names:
            known = files.get(name)
            if known is not None:
                term = argument(call, known.path, *known.keywords)
                if term >= 0:
                    yield term, known.how
                return
        func = module.terms[call.func]
        if names and not _OPENERS.isdisjoint(names):
            mode = module.text(argument(call, 1, "mode")) or "r"
            if call.args and "a" not in mode:
                yield call.args[0], "write" if set(mode) & set("wx+") else "read"
        elif isinstance(func, Attr):
            if func.name == "open" and self._is_path(module, func.base):
                mode = module.text(argument(call, 0, "mode")) or "r"
                if "a" not in mode:
                    yield func.base, "write" if set(mode) & set("wx+") else "read"
                return
            known = self.catalogue.loose_files.get(func.name)
            if known is not None and not self._is_module(module, func.base):
                term = func.base if known.path < 0 else argument(call, known.path, *known.keywords)
                if term >= 0 and (known.path < 0 or module.terms[term] is not None):
                    yield term, known.how

    def _is_module(self, module: Module, term: TermId) -> bool:
        """Tell whether a term is a library's module or class, so that a method's name says nothing."""
        values = self.inference.term(module, term)
        named = isinstance(module.terms[term], Name) and not self._is_path(module, term)
        return named and any(isinstance(value, External) for value in values)

    def _is_path(self, module: Module, term: TermId) -> bool:
        return any(getattr(value, "name", "").startswith("pathlib.") for value in self.inference.term(module, term))
