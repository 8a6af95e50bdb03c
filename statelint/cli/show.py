"""What ``--show-files`` and ``--show-settings`` print."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from statelint.report.text import clean, line_start
from statelint.source.files import discover

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from statelint.config.load import Configuration
    from statelint.config.settings import Settings


def show_files(root: Path, paths: Sequence[Path], settings: Settings) -> str:
    """Return the files that findings would be shown for, one a line, relative to the project's root."""
    return "".join(f"{line_start(clean(path))}\n" for path in sorted(discover(root, paths, settings).named))


def show_settings(root: Path, configuration: Configuration) -> str:
    """Return the settings in force as they would stand in a ``statelint.toml``."""
    lines = [f"# settings: {configuration.path or 'defaults'}", f"# project root: {root}"]
    table: dict[str, object] = msgspec.to_builtins(configuration.settings)
    lines += (f"{key} = {_toml(value)}" for key, value in table.items())
    return "".join(f"{clean(line)}\n" for line in lines)


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{_toml(str(key))} = {_toml(item)}" for key, item in value.items()) + " }"
            if value
            else "{}"
        )
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
