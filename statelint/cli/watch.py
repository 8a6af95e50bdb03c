"""``statelint check --watch``: checks again whenever a file changes."""

from __future__ import annotations

import gc
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from statelint.cli.console import emit, say
from statelint.report.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable

_CONFIGURATION = frozenset({"pyproject.toml", "statelint.toml", ".gitignore"})
_ENDINGS = (".py", ".pyi", ".jsonl")
_PATIENCE = 100
"""Milliseconds between two looks at the clock while nothing changes."""


def watch(root: Path, run: Callable[[], int]) -> int:
    """Call ``run`` now and after each change below ``root`` until the user interrupts. Raises click.ClickException."""
    try:
        import watchfiles  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is missing: pip install 'statelint[watch]'") from error

    def wanted(change: watchfiles.Change, path: str) -> bool:  # noqa: ARG001 - watchfiles' interface
        name = Path(path).name
        return (name.endswith(_ENDINGS) or name in _CONFIGURATION) and ".statelint_cache" not in path

    seen = watchfiles.watch(
        root, watch_filter=wanted, raise_interrupt=False, yield_on_timeout=True, rust_timeout=_PATIENCE
    )
    gc.enable()  # this process goes on for long
    is_first = True  # The watcher stands before the first run, which misses no change made meanwhile.
    for changes in seen:
        if changes or is_first:
            _once(run, len({path for _, path in changes}))
        is_first = False
    return 0


def _once(run: Callable[[], int], changed: int = 0) -> None:
    """Run on a clean screen; a mistake in the settings is shown, and waits to be mended."""
    if sys.stdout.isatty():
        emit("\x1b[2J\x1b[H")
    try:
        run()
    except click.ClickException as error:
        error.show()
    what = f"{counted(changed, 'file')} changed; " if changed else ""
    say(f"[{datetime.now():%H:%M:%S}] {what}watching for changes, Ctrl-C ends.")
