"""How much of a project the analysis understood."""

from __future__ import annotations

import msgspec


class Coverage(msgspec.Struct, frozen=True):
    """What the analysis understood of the project, for the closing lines and ``--verbose``."""

    frameworks: tuple[str, ...] = ()
    entry_points: int = 0
    own_tools: int = 0
    """Tools of MCP servers that run for one user (stdio), which are no entry points."""
    models: int = 0
    owned_models: int = 0
    functions: int = 0
