"""What a deployment file says about one service."""

from __future__ import annotations

from statelint.extract.facts import Position, Struct

SEVERAL = 0
"""A number above one that is only known when the service starts."""
STATELESS = "stateless"
"""The unit of a launch that says nothing of numbers, but that MCP servers keep no sessions."""


class Launch(Struct, frozen=True):
    """A service that runs in several processes."""

    count: int
    """How many, or ``SEVERAL``."""
    unit: str
    """What there are several of: ``workers``, ``replicas``, ``instances``."""
    app: str
    """The application's module in dotted form, or an empty string if it is not named."""
    folder: str
    """The folder of its code, relative to the file's: a build context, or where the command goes first."""
    names: tuple[str, ...]
    """What the service and its image are called."""
    position: Position


__all__ = ["SEVERAL", "STATELESS", "Launch"]
