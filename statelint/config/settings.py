"""The settings of a run. The docstring of each field is its documentation; the JSON schema is made from these types."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Severities = Literal["note", "warning", "error"]
Confidences = Literal["low", "medium", "high"]
Profiles = Literal["default", "document"]

PROFILES: dict[str, dict[str, Any]] = {
    "default": {},
    "document": {"min_severity": "note", "fail_on": "note"},
}
"""What each profile sets; settings given beside it win."""

DEFAULT_EXCLUDES = (
    ".bzr", ".claude", ".direnv", ".eggs", ".git", ".hg", ".mypy_cache", ".nox", ".pants.d", ".pytest_cache",
    ".ruff_cache", ".svn", ".tox", ".venv", ".vscode", "__pypackages__", "_build", "buck-out", "build", "dist", "env",
    "node_modules", "site-packages", "venv",
)  # fmt: skip


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """Contents of ``[tool.statelint]`` or of ``statelint.toml``."""

    profile: Annotated[
        Profiles,
        Meta(
            description="What to hold the project to: default reports what loses or leaks data or breaks with a second "
            "worker; document also reports, and fails for, every departure from the guidelines of stateless services."
        ),
    ] = "default"
    select: Annotated[tuple[str, ...], Meta(description="Rules to run: codes, prefixes, names or ALL.")] = ("ALL",)
    ignore: Annotated[tuple[str, ...], Meta(description="Rules not to run; wins over select.")] = ()
    extend_select: Annotated[tuple[str, ...], Meta(description="Rules to run besides select.")] = ()
    per_file_ignores: Annotated[
        dict[str, tuple[str, ...]], Meta(description="Rules to ignore in files that match a glob.")
    ] = msgspec.field(default_factory=dict)
    include: Annotated[tuple[str, ...], Meta(description="Globs of the files to read.")] = (
        "*.py",
        "*.pyi",
        "*.sql",
    )
    exclude: Annotated[tuple[str, ...], Meta(description="Globs of files and folders to leave out.")] = DEFAULT_EXCLUDES
    extend_exclude: Annotated[tuple[str, ...], Meta(description="Globs to leave out besides exclude.")] = ()
    respect_gitignore: Annotated[bool, Meta(description="Leave out what git ignores.")] = True
    force_exclude: Annotated[bool, Meta(description="Apply the excludes to files named on the command line, too.")] = (
        True
    )
    file_time_limit: Annotated[
        float,
        Meta(
            gt=0,
            description="Seconds of computing that reading one file may take; a file that takes longer is reported "
            "(SL004), and the others go on.",
        ),
    ] = 20
    file_memory_limit: Annotated[
        float,
        Meta(
            gt=0,
            description="Megabytes of memory that reading one file may take; a file that would take more is reported "
            "(SL004), and the others go on.",
        ),
    ] = 1_000
    min_severity: Annotated[Severities, Meta(description="Hide findings below this severity.")] = "warning"
    min_confidence: Annotated[Confidences, Meta(description="Hide findings below this confidence.")] = "medium"
    fail_on: Annotated[Severities, Meta(description="Exit with 1 only for findings of this severity or above.")] = (
        "warning"
    )
    owner_columns: Annotated[
        tuple[str, ...], Meta(description="Column names that hold the owner of a row, besides the known ones.")
    ] = ()
    principal_models: Annotated[
        tuple[str, ...], Meta(description="Models that stand for a user or tenant, besides the recognised ones.")
    ] = ()
    public_models: Annotated[tuple[str, ...], Meta(description="Models whose rows everybody may see.")] = ()
    admin_guards: Annotated[
        tuple[str, ...],
        Meta(description="Functions, dependencies, decorators or classes that admit administrators only."),
    ] = ()
    catalogue: Annotated[
        dict[str, object], Meta(description="The project's own framework facts, in the form of a catalogue file.")
    ] = msgspec.field(default_factory=dict)
    baseline: Annotated[
        str, Meta(description="File with the findings to put up with for now, relative to the project's root.")
    ] = "statelint-baseline.jsonl"
