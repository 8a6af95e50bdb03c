"""Many users of the reference chat service at once, on two replicas: errors, latency, connections and memory.

Starts PostgreSQL, Redis and the replicas on loopback, lets locust loose on them, and ends them. Exits with 1 if a
request failed, or if a list does not hold exactly the conversations that were confirmed to its user.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

SERVICE = Path(__file__).resolve().parents[1] / "fixtures" / "chat_service"
USERS = Path(__file__).resolve().with_name("locustfile.py")
sys.path.insert(0, str(SERVICE))

from chat_service import migrations  # noqa: E402
from chat_service.config import Settings  # noqa: E402

from tests import servers  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = "k" * 32
GAUGES = {"connections": "chat_pool_connections", "memory": "process_resident_memory_bytes"}
LAST = "60"
"""Seconds that users have, when the time is up, to end their conversation and to look at their list."""


def attack(addresses: Sequence[str], users: int, seconds: int, log: Path) -> tuple[int, dict[str, float]]:
    """Run locust on the replicas; return its exit status, and the highest readings of each replica's gauges."""
    command = [sys.executable, "-m", "locust", "--headless", "--only-summary"]
    command += ["--locustfile", str(USERS), "--host", ",".join(addresses), "--users", str(users)]
    command += ["--spawn-rate", str(users), "--run-time", f"{seconds}s", "--stop-timeout", LAST]
    peaks: dict[str, float] = defaultdict(float)
    environment = os.environ | {"CHAT_JWT_KEY": KEY}
    with log.open("wb") as errors, subprocess.Popen(command, env=environment, stderr=errors) as locust:
        while locust.poll() is None:
            for number, address in enumerate(addresses, start=1):
                metrics = httpx.get(f"{address}/metrics", timeout=60, verify=servers.PLAIN).text
                for name, gauge in GAUGES.items():
                    if reading := re.search(rf"^{gauge} (\S+)$", metrics, re.MULTILINE):
                        key = f"{name} of replica {number}"
                        peaks[key] = max(peaks[key], float(reading[1]))
            time.sleep(0.5)
    return locust.returncode, peaks


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    arguments = parser.parse_args()
    os.chdir(SERVICE)  # where the process that replicas are forked from finds what it imports beforehand
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = {"CHAT_JWT_KEY": KEY, "DATABASE_URL": f"sqlite:///{folder}/chat.sqlite3"}
        if arguments.database == "postgresql":
            try:
                environment["DATABASE_URL"] = stack.enter_context(servers.postgresql()).url("template")
                environment["REDIS_URL"] = stack.enter_context(servers.redis())
            except pytest.skip.Exception as missing:
                print(missing, file=sys.stderr)
                return 2
        asyncio.run(migrations.upgrade(Settings.load(jwt_key=KEY, database_url=environment["DATABASE_URL"])))
        replicas = [stack.enter_context(servers.replica(environment, folder)) for _ in range(2)]
        print(f"{arguments.users} users for {arguments.seconds} s on {arguments.database}, two replicas\n", flush=True)
        log, addresses = folder / "locust.log", [replica.address for replica in replicas]
        status, peaks = attack(addresses, arguments.users, arguments.seconds, log)
        if status:
            print(log.read_text(), file=sys.stderr)
    shown = (
        f"{name} {value / 2**20:.0f} MB" if "memory" in name else f"{name} {value:.0f}" for name, value in peaks.items()
    )
    print(f"Peaks: {', '.join(sorted(shown))}.")
    return status


if __name__ == "__main__":
    sys.exit(main())
