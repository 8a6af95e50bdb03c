"""How many processors a run may use: not how many the machine has, but how many were given to this process."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_CONTROL = Path("/sys/fs/cgroup")
_OWN_GROUP = Path("/proc/self/cgroup")


def processors(control: Path = _CONTROL, own_group: Path = _OWN_GROUP) -> int:
    """Return how many processors this process may use, by its affinity and by the limits of its control groups.

    ``control`` is where Linux shows control groups, ``own_group`` the file that names those of this process.
    """
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):
        for line in own_group.read_text(encoding="utf-8").splitlines():
            number, controllers, path = line.split(":", 2)
            if number == "0" or "cpu" in controllers.split(","):
                # In a container the path is often that of the host; the container's own group is the root then.
                group = control / ("" if number == "0" else controllers)
                places = [group.joinpath(*Path(path).parts[1 : depth + 1]) for depth in range(len(Path(path).parts))]
                usable = min([usable, *(share for place in places if (share := _share(place)))])
    return usable


def _share(group: Path) -> int:
    """Return how many processors a control group grants, rounded up; 0 if it says nothing."""
    with suppress(OSError, ValueError):
        quota, period = (group / "cpu.max").read_text(encoding="ascii").split()
        return 0 if quota == "max" else -(-int(quota) // int(period))
    with suppress(OSError, ValueError):
        quota, period = ((group / f"cpu.cfs_{name}_us").read_text(encoding="ascii") for name in ("quota", "period"))
        return max(0, -(-int(quota) // int(period)))
    return 0


__all__ = ["processors"]
