"""``statelint init``: looks at a project and writes a configuration to start from."""

from __future__ import annotations

import os
from pathlib import Path

import click

from statelint.cli.console import Progress, emit, say
from statelint.cli.project import mistakes


@click.command("init")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--pyproject", is_flag=True, help="Append to pyproject.toml instead of making statelint.toml.")
@click.option("--dry-run", is_flag=True, help="Print what would be written.")
def command(folder: Path | None, pyproject: bool, dry_run: bool) -> None:
    """Write a commented configuration for the project in FOLDER (default: the current one).

    The project is read first: the file says which frameworks, users and owner columns were recognised, and which
    settings may be worth a look. A configuration that is there is never changed.
    """
    with mistakes():
        root, text = _proposal(folder)
    file = root / ("pyproject.toml" if pyproject else "statelint.toml")
    if pyproject:
        text = f"[tool.statelint]\n{text}"
    if dry_run:
        emit(text)
        return
    try:
        _write(file, text, append=pyproject)
    except OSError as error:
        raise click.ClickException(f"Cannot write {file.name}: {error.strerror or error}.") from error
    say(f"Wrote {_shown(file)}. Next: statelint check")


def _proposal(folder: Path | None) -> tuple[Path, str]:
    """Return the project's root and the configuration for it."""
    from statelint.analysis.survey import survey as look  # noqa: PLC0415 - not for the command's help
    from statelint.cli.starter import starter  # noqa: PLC0415
    from statelint.config.load import find_settings  # noqa: PLC0415
    from statelint.config.settings import Settings  # noqa: PLC0415
    from statelint.run.pipeline import CheckRequest, survey  # noqa: PLC0415
    from statelint.source.files import find_root  # noqa: PLC0415

    root = find_root((folder,) if folder else ())
    known = find_settings(root)
    if known is not None:
        raise click.ClickException(f"{_shown(known)} has settings of statelint already; nothing was written.")
    with Progress(wanted=True) as progress:
        request = CheckRequest(root=root, paths=(), settings=Settings(), rules=[], progress=progress)
        project, _ = survey(request)
    return root, starter(look(project))


def _shown(file: Path) -> str:
    from statelint.report.text import clean  # noqa: PLC0415 - not for the command's help

    return clean(os.path.relpath(file))


def _write(file: Path, text: str, *, append: bool) -> None:
    """Make ``file``, or append to it."""
    from statelint.source.atomic import write_atomically  # noqa: PLC0415 - not for the command's help

    if append and file.exists():
        old = file.read_bytes()
        gap = b"\n" if old.endswith(b"\n") else b"\n\n"
        write_atomically(file, (old + gap if old else b"") + text.encode())
    else:
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
