"""What the user has to put right about where and over what a run goes; light, for every run names these."""

from __future__ import annotations


class ExecutorError(ValueError):
    """The executor that was asked for cannot be used."""


class ShardError(ValueError):
    """A shard's file cannot be written or read."""


class RepositoriesError(ValueError):
    """The list of repositories cannot be read, or the output folder cannot be written."""
