"""Where files may be extracted: the names by which executors are asked for."""

from __future__ import annotations

PROCESSES = "processes"
"""A pool of processes on this machine."""
LOCAL_DASK = "dask"
"""A cluster of Dask's on this machine, for one run."""
DASK_SCHEME = "dask://"
"""What the address of a cluster begins with; host and port of its scheduler follow."""


def is_executor(name: str) -> bool:
    """Tell whether ``name`` is that of an executor."""
    host, _, port = name.removeprefix(DASK_SCHEME).rpartition(":")
    return name in {PROCESSES, LOCAL_DASK} or (name.startswith(DASK_SCHEME) and host != "" and port.isdecimal())


__all__ = ["DASK_SCHEME", "LOCAL_DASK", "PROCESSES", "is_executor"]
