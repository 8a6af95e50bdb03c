"""Finds the settings, reads them and explains mistakes in them."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import inspect

from statelint.config.settings import PROFILES, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PYPROJECT = "pyproject.toml"
FILE_NAMES = ("statelint.toml", PYPROJECT)
"""Where settings may stand; the first wins in a folder that has both."""
_MOST_DOTS = 10_000
"""In a line: Python's reader takes time with the square of the parts of a key."""


class ConfigError(ValueError):
    """The settings cannot be used. The message has one line a mistake, each naming the file and the key."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings, and the file that they come from (None: the defaults)."""

    settings: Settings
    path: Path | None


def load(start: Path, *, config: Path | None = None, isolated: bool = False) -> Configuration:
    """Read the settings that hold for ``start``.

    They stand in the nearest settings file at or above ``start``, or in ``config`` if given; with ``isolated`` no file
    is read. Raises ConfigError.
    """
    if config is not None:
        table = _table(config)
        if table is None:
            raise ConfigError(f"{_shown(config)}: there is no [tool.statelint] table")
        return Configuration(settings_from(table, _shown(config)), config)
    path = None if isolated else find_settings(start)
    if path is None:
        return Configuration(Settings(), None)
    return Configuration(settings_from(_table(path) or {}, _shown(path)), path)


def find_settings(start: Path) -> Path | None:
    """Return the nearest file with statelint settings at or above the file or folder ``start``.

    A file that mentions statelint but cannot be understood counts: reading it will say what is wrong.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        for name in FILE_NAMES:
            path = folder / name
            if path.is_file() and _is_ours(path):
                return path
    return None


def override(settings: Settings, changes: Mapping[str, object]) -> Settings:
    """Return ``settings`` with those of the command line, by field name; None stands for options not given.

    A ``select`` starts afresh, so it drops the file's ``extend-select`` and ``ignore``; the other lists of rules and
    excludes add to the file's. Raises ConfigError.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    base: dict[str, object] = msgspec.structs.asdict(settings)
    if "select" in given:
        base |= {"extend_select": (), "ignore": ()}
    for name in ("extend_select", "ignore", "extend_exclude"):
        if name in given:
            given[name] = (*_strings(base[name]), *_strings(given[name]))
    table = {_key(name): value for name, value in (base | given).items()}
    return settings_from(table, "command line")


def settings_from(table: Mapping[str, object], source: str) -> Settings:
    """Make settings of a table's keys and values; ``source`` names it in errors. Raises ConfigError."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for key, value in table.items():
        field = _FIELDS.get(key)
        if field is None:
            problems.append(f"{source}: unknown key {key!r}{_hint(key)}")
            continue
        try:
            values[field.name] = msgspec.convert(value, field.type, strict=True)
        except (msgspec.ValidationError, TypeError) as error:
            problems.append(f"{source}: {key}: {_mismatch(value, inspect.type_info(field.type), str(error))}")
    if problems:
        raise ConfigError("\n".join(problems))
    return Settings(**(PROFILES[values.get("profile", "default")] | values))


_FIELDS = {field.encode_name: field for field in msgspec.structs.fields(Settings)}


def _key(name: str) -> str:
    return name.replace("_", "-")


def _strings(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else ()


def _hint(key: str) -> str:
    if key == "tool":
        return "; in statelint.toml the settings stand at the top level, without [tool.statelint]"
    return _closest(_key(key), _FIELDS) or f"; known are {', '.join(sorted(_FIELDS))}"


def _closest(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word.lower(), known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _mismatch(value: object, kind: inspect.Type, error: str) -> str:
    shown = _toml(value)
    if isinstance(kind, inspect.Metadata):
        return _mismatch(value, kind.type, error)
    if isinstance(kind, inspect.LiteralType):
        allowed = ", ".join(_toml(each) for each in kind.values)
        return f"{shown} is not one of {allowed}{_closest(str(value), map(str, kind.values))}"
    if isinstance(kind, inspect.VarTupleType) and isinstance(value, str):
        return f"expected {_describe(kind)}, got {shown}; write [{shown}]"
    _, _, place = error.partition(" - at `$")
    where = f" (at {place.rstrip('`').lstrip('.')})" if place else ""
    return f"expected {_describe(kind)}, got {shown}{where}"


def _describe(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata():
            return _describe(kind.type)
        case inspect.VarTupleType(item_type=inspect.StrType()):
            return "a list of strings"
        case inspect.DictType(value_type=inspect.VarTupleType()):
            return "a table of lists of strings"
        case inspect.DictType():
            return "a table"
        case inspect.BoolType():
            return "true or false"
        case inspect.FloatType(gt=0):
            return "a number above 0"
        case _:
            return "a string"


def _toml(value: object) -> str:
    """Show a value about as it stands in the file, cut to a line."""
    if isinstance(value, bool):
        return str(value).lower()
    text = msgspec.json.encode(value, enc_hook=str).decode() if isinstance(value, (str, int, list)) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _shown(path: Path) -> str:
    """Name a file as seen from the working directory."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def _is_ours(path: Path) -> bool:
    try:
        if path.name == PYPROJECT and b"statelint" not in path.read_bytes():
            return False
        return _table(path) is not None
    except ConfigError:
        return True
    except OSError:
        return False


def _table(path: Path) -> Mapping[str, object] | None:
    """Return the settings in ``path``, or None if it is a pyproject.toml without any. Raises ConfigError."""
    import tomllib  # noqa: PLC0415 - not for projects without settings

    shown = _shown(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if any(line.count(".") > _MOST_DOTS for line in text.splitlines()):
            raise ConfigError(f"{shown}: a line has more than {_MOST_DOTS:,} dots")
        document = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{shown}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown}: not UTF-8 at byte {error.start}") from error
    except ConfigError:
        raise
    except (ValueError, RecursionError) as error:  # ValueError also of numbers with too many digits
        raise ConfigError(f"{shown}: not valid TOML: {str(error).splitlines()[0]}") from error
    if path.name != PYPROJECT:
        return document
    tool = document.get("tool")
    table = tool.get("statelint") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{shown}: [tool.statelint] must be a table")
    return table
