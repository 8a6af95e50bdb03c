"""Whatever a file is called, no line of any command's output acts on whoever reads the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import SERVICE

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

UNUSED = "x = 1  # statelint: ignore[SL301] not any more\n"


@pytest.mark.parametrize(
    "args",
    [
        ["check"],
        ["check", "--output-format", "concise"],
        ["check", "--output-format", "grouped"],
        ["check", "--show-files"],
        ["check", "--diff", "--show-fixes"],
        ["check", "--fix", "--show-fixes"],
        ["baseline", "show"],
    ],
    ids=" ".join,
)
def test_no_line_is_a_command(run: Run, service: Path, args: list[str]) -> None:
    for name in ("::error::x", "::stop-commands::\x1b[2J"):
        (service / f"{name}.py").write_text(SERVICE + UNUSED)
    assert run("baseline", "create").returncode == 0
    if args[0] == "check":
        args = [*args, "--no-baseline", "--min-severity", "note"]
    done = run(*args)
    assert "error::" in done.stdout
    for line in (done.stdout + done.stderr).splitlines():
        assert not line.lstrip().startswith("::")
        assert line.isprintable()
