"""Many users of the reference chat service at once, on two replicas: errors, latency, connections and memory.

Starts PostgreSQL, Redis and the replicas on loopback, and ends them. Exits with 1 if a request failed, or if a list
does not hold exactly the conversations that were confirmed to its user.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any

import httpx
import pytest

SERVICE = Path(__file__).parents[1] / "fixtures" / "chat_service"
sys.path.insert(0, str(SERVICE))

from chat_service import migrations  # noqa: E402
from chat_service.auth import Tokens  # noqa: E402
from chat_service.config import Settings  # noqa: E402

from tests import servers  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KEY = "k" * 32
TURNS = 4
GAUGES = {"connections": "chat_pool_connections", "memory": "process_resident_memory_bytes"}


@dataclass
class Measured:
    """What was seen while the users were at work."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)
    peaks: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    async def send(self, name: str, client: httpx.AsyncClient, method: str, url: str, **options: Any) -> Any:
        """Send a request and note how it went; return its JSON, or None where it failed."""
        begun = time.perf_counter()
        try:
            response = await client.request(method, url, **options)
            response.raise_for_status()
        except httpx.HTTPError as error:
            self.failures.append(f"{name}: {error!r}")
            return None
        self.seconds[name].append(time.perf_counter() - begun)
        return response.json()


async def behave(user: str, clients: Sequence[httpx.AsyncClient], tokens: Tokens, until: float, seen: Measured) -> None:
    """Be one user: conversations of a few turns, each request to another replica than the one before."""
    replicas = itertools.cycle(clients)
    headers = {"Authorization": f"Bearer {tokens.issue(user, timedelta(hours=1))}"}
    base, confirmed = f"/api/{user}", set()

    async def ask(name: str, method: str, path: str, **options: Any) -> Any:
        return await seen.send(name, next(replicas), method, base + path, headers=headers, **options)

    while time.monotonic() < until:
        conversation_id = None
        for turn in range(TURNS):
            said = await ask(
                "say", "POST", "/chat", json={"message": f"turn {turn}", "conversation_id": conversation_id}
            )
            if said is None:
                break
            conversation_id = said["conversation"]["id"]
            confirmed.add(conversation_id)
        await ask("list", "GET", "/conversations")
        if conversation_id:
            await ask("read", "GET", f"/conversations/{conversation_id}")
    found, cursor = set(), None
    while page := await ask(
        "page", "GET", "/conversations", params={"limit": 100} | ({"cursor": cursor} if cursor else {})
    ):
        found |= {item["id"] for item in page["items"]}
        if not (cursor := page["next_cursor"]):
            break
    if found != confirmed:
        seen.failures.append(f"{user}: {len(confirmed)} conversations confirmed, {len(found)} found")


async def watch(clients: Sequence[httpx.AsyncClient], seen: Measured) -> None:
    """Note the highest readings of each replica's gauges, twice a second."""
    while True:
        for number, client in enumerate(clients, start=1):
            metrics = (await client.get("/metrics")).text
            for name, gauge in GAUGES.items():
                if reading := re.search(rf"^{gauge} (\S+)$", metrics, re.MULTILINE):
                    key = f"{name} of replica {number}"
                    seen.peaks[key] = max(seen.peaks[key], float(reading[1]))
        await asyncio.sleep(0.5)


async def load(addresses: Sequence[str], users: int, seconds: float) -> Measured:
    """Let many users loose on the replicas."""
    seen, tokens = Measured(), Tokens.from_settings(Settings.load(jwt_key=KEY))
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    clients = [httpx.AsyncClient(base_url=address, timeout=60, limits=limits) for address in addresses]
    watching = asyncio.create_task(watch(clients, seen))
    until = time.monotonic() + seconds
    await asyncio.gather(
        *(behave(f"user-{n}", clients[n % 2 :] + clients[: n % 2], tokens, until, seen) for n in range(users))
    )
    watching.cancel()
    for client in clients:
        await client.aclose()
    return seen


def table(seen: Measured, seconds: float) -> Iterator[str]:
    """Yield the results as Markdown."""
    yield "| request | number | a second | median | 95 % | 99 % |"
    yield "|---|---|---|---|---|---|"
    for name, taken in seen.seconds.items():
        points = quantiles(taken, n=100)
        shown = " | ".join(f"{1000 * points[percent - 1]:.0f} ms" for percent in (50, 95, 99))
        yield f"| {name} | {len(taken)} | {len(taken) / seconds:.1f} | {shown} |"
    yield ""
    peaks = [
        f"{name} {value / 2**20:.0f} MB" if "memory" in name else f"{name} {value:.0f}"
        for name, value in seen.peaks.items()
    ]
    yield f"{len(seen.failures)} failures. Peaks: {', '.join(sorted(peaks))}."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    arguments = parser.parse_args()
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
        seen = asyncio.run(load([replica.address for replica in replicas], arguments.users, arguments.seconds))
    print(f"{arguments.users} users for {arguments.seconds:.0f} s on {arguments.database}, two replicas\n")
    print("\n".join(table(seen, arguments.seconds)))
    print("".join(f"\n{failure}" for failure in seen.failures[:10]), file=sys.stderr)
    return 1 if seen.failures else 0


if __name__ == "__main__":
    sys.exit(main())
