"""Reads the catalogue's files."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from statelint.catalogue.lookup import Catalogue
from statelint.catalogue.patterns import CatalogueError
from statelint.catalogue.schema import Library

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Stub(NamedTuple):
    """One library file as read."""

    source: str
    library: Library


def _decode(source: str, data: object) -> Library:
    try:
        return msgspec.convert(data, Library)
    except msgspec.ValidationError as error:
        raise CatalogueError(f"{source}: {error}") from error


@lru_cache(maxsize=1)
def bundled() -> tuple[Stub, ...]:
    """Return the catalogue files that come with statelint."""
    import tomllib  # noqa: PLC0415 - not for those who have kept the libraries
    from importlib import resources  # noqa: PLC0415

    folder = resources.files("statelint.catalogue") / "data"
    stubs = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            text = entry.read_text(encoding="utf-8")
            stubs.append(Stub(entry.name, _decode(entry.name, tomllib.loads(text))))
    return tuple(stubs)


def load(extra: Mapping[str, object] | None = None, libraries: Iterable[Library] | None = None) -> Catalogue:
    """Return the bundled catalogue together with a project's own facts.

    ``libraries`` are the bundled ones where they are at hand: reading their files takes a while. Raises CatalogueError
    when ``extra`` is not of the form of a catalogue file.
    """
    chosen = [stub.library for stub in bundled()] if libraries is None else list(libraries)
    if extra:
        chosen.append(_decode("[tool.statelint.catalogue]", {"library": "project", **extra}))
    return Catalogue(chosen)
