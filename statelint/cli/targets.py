"""Where reports go: ``--output-format FORMAT[=FILE]`` and ``--output FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.shell_completion import CompletionItem

    _Type = click.ParamType[Any]  # generic for type checkers; at run time in new versions of click only
else:
    _Type = click.ParamType

FORMATS = (
    "full", "concise", "grouped", "json", "jsonl", "sarif", "github", "gitlab", "azure", "junit", "rdjson", "markdown",
    "html",
)  # fmt: skip
"""``statelint.report.<name>`` renders each."""


class Target(NamedTuple):
    """A format and the file it is written to; standard output if ``file`` is None."""

    format: str
    file: Path | None


class TargetType(_Type):
    """``FORMAT`` or ``FORMAT=FILE``."""

    name = "format"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002
        """Return what ``--help`` shows."""
        return f"[{'|'.join(FORMATS)}][=FILE]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Target:
        """Parse one value of the option."""
        if isinstance(value, Target):
            return value
        name, equals, file = str(value).partition("=")
        if name not in FORMATS:
            self.fail(f"{name!r} is not one of {', '.join(FORMATS)}.", param, ctx)
        if equals and not file:
            self.fail(f"{value!r} names no file.", param, ctx)
        return Target(name, Path(file) if file else None)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Propose the formats."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only a completing shell needs it

        return [CompletionItem(name) for name in FORMATS if name.startswith(incomplete)]


def resolve(formats: Sequence[Target], output: Path | None) -> list[Target]:
    """Combine the two options. Raises click.UsageError where two reports would go to one place, or a file cannot be."""
    targets = list(formats) or [Target("full", None)]
    if output is not None:
        bare = [target for target in targets if target.file is None]
        if len(bare) != 1:
            raise click.UsageError(
                "--output FILE goes with one --output-format; write --output-format FORMAT=FILE for several files."
            )
        targets = [Target(target.format, output) if target.file is None else target for target in targets]
    places = [target.file for target in targets]
    for place in places:
        if places.count(place) > 1:
            where = "standard output" if place is None else f"{str(place)!r}"
            raise click.UsageError(f"Two reports cannot both go to {where}; write --output-format FORMAT=FILE.")
        if place is not None and not place.absolute().parent.is_dir():
            raise click.UsageError(f"Cannot write {str(place)!r}: there is no such folder.")
        if place is not None and place.is_dir():
            raise click.UsageError(f"Cannot write {str(place)!r}: it is a folder.")
    return targets


def write(file: Path, text: str) -> None:
    """Write a report. Raises click.ClickException if the file cannot be written."""
    try:
        with file.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise click.ClickException(f"Cannot write {str(file)!r}: {error.strerror or error}.") from error
