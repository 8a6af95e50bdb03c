"""What a cache knows of one request: the result, or else the facts of files, or at least the catalogue."""

from __future__ import annotations

import os
from functools import cached_property, partial
from typing import TYPE_CHECKING

import msgspec

from statelint.lint.rulebook import RuleBook
from statelint.run.cache import Echo
from statelint.run.identity import BOUND, LIBRARIES, READERS, code, digest, packs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from statelint.analysis.stores.statements import Statements
    from statelint.catalogue.lookup import Catalogue
    from statelint.config.settings import Settings
    from statelint.extract.facts import ModuleFacts
    from statelint.extract.launches import Launch
    from statelint.lint.finding import Finding, LintResult
    from statelint.lint.rule import Rule
    from statelint.run.cache import Cache
    from statelint.run.records import Record
    from statelint.source.files import Discovery

_OWN_PACKS = frozenset({"statelint_rules"})
"""Packs whose rules look at no more of places than their order."""


class Memory:
    """What ``cache`` knows of a run over ``files``; an empty memory that keeps nothing if there is no cache."""

    def __init__(self, cache: Cache | None, files: Discovery, settings: Settings, *, left_out: Collection[str]) -> None:
        """Look at the files, those ``left_out`` excepted: what is left out makes the result one of its own kind."""
        self._cache = cache
        self._files = files
        self._settings = settings
        self._whole = not left_out
        self._maker = b""
        self._contents: dict[str, bytes] = {}
        self._outlines: dict[str, tuple[bytes, int]] = {}
        self._used: dict[str, bytes] = {}
        if cache is not None:
            paths = (*files.files, *files.deployment)
            self._contents = cache.contents(path for path in paths if path not in left_out)

    def __bool__(self) -> bool:
        """Whether anything is kept."""
        return self._cache is not None

    @property
    def maker(self) -> bytes:
        """What facts depend on besides contents; known once facts were asked for."""
        return self._maker

    @property
    def used(self) -> Mapping[str, bytes]:
        """The keys of the contents, by path, of which facts are known or were kept."""
        return self._used

    def result(self, rules: Sequence[Rule]) -> LintResult | None:
        """Return the result of the same rules with the same settings over the same contents, if one was kept."""
        key = self._key(rules, self._contents)
        return self._cache.result(key) if self._cache is not None and key is not None else None

    def keep_result(self, rules: Sequence[Rule], result: LintResult) -> None:
        """Keep the result of this run, unless a file has changed meanwhile or there is more to it than contents."""
        if self._cache is None:
            return
        settled = self._cache.note(self._used)
        key = self._key(rules, self._used)
        if settled and key is not None and not result.crashes:
            self._cache.add_result(key, result)
            self._keep_echo(rules, result)

    # -- a result that an edit leaves as it is

    def unread(self, visitors: Iterable[type[Rule]]) -> list[str] | None:
        """Return the files whose facts, as ``visitors`` see them, are not known; None where an echo cannot be had."""
        if self._cache is None or not self._whole:
            return None
        self._outlines = self._cache.outlines(self._python(), self._make(visitors))
        return [path for path in self._files.files if path not in self._outlines]

    def echo(self, rules: Sequence[Rule]) -> LintResult | None:
        """Return the result of an earlier run over files of the same shapes, if what it shows has not been touched.

        Facts that were not known when ``unread`` was asked must have been kept since.
        """
        if self._cache is None:
            return None
        contents = self._contents | self._used
        known = self._outlines | self._cache.outlines({path: self._used[path] for path in self._used}, self._maker)
        key = self._echo_key(rules, contents, known)
        echo = self._cache.echo(key) if key is not None else None
        if echo is None or any(contents.get(os.fsdecode(path)) != held for path, held in echo.contents.items()):
            return None
        self._used = contents
        echo.result.lines = sum(lines for _, lines in known.values())
        return echo.result

    def _keep_echo(self, rules: Sequence[Rule], result: LintResult) -> None:
        """Keep a result for files that differ from those of this run in what no finding depends on."""
        if self._cache is None:
            return
        paths = self._files.files
        python = {path: content for path, content in self._used.items() if path in paths}
        key = self._echo_key(rules, self._used, self._cache.outlines(python, self._maker))
        if key is not None:
            shown = {path for finding in result.findings for path in _touched(finding)}
            shown |= {path for silenced in result.suppressed for path in _touched(silenced.finding)}
            touched = {os.fsencode(path): self._used[path] for path in shown if path in self._used}
            self._cache.add_echo(key, Echo(touched, result))

    def _echo_key(
        self, rules: Sequence[Rule], contents: Mapping[str, bytes], outlines: Mapping[str, tuple[bytes, int]]
    ) -> bytes | None:
        packages = {type(rule).__module__.partition(".")[0] for rule in rules}
        if not packages <= _OWN_PACKS or not self._files.files.keys() <= outlines.keys():
            return None
        shapes = {path: held for path, (held, _) in outlines.items() if held != BOUND}
        return self._key(rules, {**contents, **shapes}, "echo")

    def _python(self) -> dict[str, bytes]:
        return {path: content for path, content in self._contents.items() if path in self._files.files}

    def _make(self, visitors: Iterable[type[Rule]]) -> bytes:
        """Name what facts depend on besides the files: the code that makes them."""
        assert self._cache is not None  # noqa: S101 - asked by those who have looked
        seen = [(rule.code, rule.__module__, rule.__qualname__, tuple(rule.screen)) for rule in visitors]
        packages = {module.partition(".")[0] for _, module, *_ in seen}
        maker = code({*READERS, *LIBRARIES, *packages}, self._cache.store)
        self._maker = digest(maker, seen, self._settings.catalogue)
        return self._maker

    def facts(self, visitors: Iterable[type[Rule]]) -> dict[str, ModuleFacts]:
        """Return the known facts by path, as ``visitors`` see them."""
        if self._cache is None:
            return {}
        known = self._cache.facts(self._python(), self._make(visitors))
        self._used |= {path: self._contents[path] for path in known}
        return known

    def keep_facts(self, records: Sequence[Record]) -> None:
        """Keep the facts of further files."""
        if self._cache is not None:
            self._cache.add_facts(records, self._maker)
            self._used |= {record.path: record.content for record in records}

    def launches(self, root: Path) -> dict[str, list[Launch]]:
        """Return by path what the deployment files below ``root`` say, reading those that are not known."""
        from statelint.extract.launches import read_launches  # noqa: PLC0415 - not needed where a result is at hand
        from statelint.run.records import look, pack_launches  # noqa: PLC0415

        maker = b""
        found: dict[str, list[Launch]] = {}
        if self._cache is not None and self._files.deployment:
            maker = digest(code(READERS, self._cache.store))
            contents = {path: self._contents[path] for path in self._files.deployment if path in self._contents}
            found = self._cache.launches(contents, maker)
            self._used |= {path: contents[path] for path in found}
        new: dict[str, tuple[bytes, bytes]] = {}
        for path in sorted(self._files.deployment - found.keys()):
            content, data = look(root / path)
            if isinstance(data, bytes):
                found[path] = read_launches(path, data)
                new[path] = content, pack_launches(found[path])
        if self._cache is not None:
            self._cache.add_launches(new, maker)
            self._used |= {path: content for path, (content, _) in new.items()}
        return found

    @cached_property
    def statements(self) -> Statements:
        """What is known of the project's SQL texts."""
        from statelint.analysis.stores.statements import Statements  # noqa: PLC0415 - the engine

        if self._cache is None:
            return Statements()
        return Statements(partial(self._cache.statements, self._engine))

    def keep_statements(self) -> None:
        """Keep what was read of SQL texts for the next run."""
        if self._cache is not None and self.statements.is_new:
            self._cache.add_statements(self.statements.read, self._engine)

    @cached_property
    def _engine(self) -> bytes:
        """All that an analysis depends on besides the files."""
        assert self._cache is not None  # noqa: S101 - asked by those who have looked
        return code({"statelint", *LIBRARIES}, self._cache.store)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue with the project's own facts. Raises CatalogueError."""
        from statelint.catalogue.loader import bundled, load  # noqa: PLC0415 - not needed where a result is at hand
        from statelint.catalogue.schema import Library  # noqa: PLC0415

        if self._cache is None:
            return load(self._settings.catalogue)
        store = self._cache.store
        key = digest("catalogue", code(("statelint/catalogue",), store))
        try:
            libraries = msgspec.msgpack.decode(store.get([key]).get(key, b""), type=tuple[Library, ...])
        except msgspec.MsgspecError:
            libraries = tuple(stub.library for stub in bundled())
            store.put({key: msgspec.msgpack.encode(libraries)})
        return load(self._settings.catalogue, libraries)

    def _key(self, rules: Sequence[Rule], contents: Mapping[str, bytes], kind: str = "result") -> bytes | None:
        """Return the key of a result over ``contents``; None if they are not all there is."""
        if (
            self._cache is None
            or not self._whole
            or len(contents) != len(self._files.files) + len(self._files.deployment)
        ):
            return None
        store = self._cache.store
        if isinstance(rules, RuleBook):
            packages = packs(store)
            codes = None
        else:
            packages = {type(rule).__module__.partition(".")[0] for rule in rules}
            codes = [(rule.code, type(rule).__module__, type(rule).__qualname__) for rule in rules]
        files = self._files
        return digest(
            kind,
            code({"statelint", *LIBRARIES, *packages}, store),
            codes,
            self._settings,
            sorted((os.fsencode(path), content) for path, content in contents.items()),
            sorted(map(os.fsencode, files.named)),
            sorted((os.fsencode(path), reason) for path, reason in files.closed.items()),
        )


def _touched(finding: Finding) -> Iterator[str]:
    """Yield the files of which a finding shows something."""
    yield from (place.path for place in finding.locations)
    if finding.fix is not None:
        yield from (edit.location.path for edit in finding.fix.edits)


__all__ = ["Memory"]
