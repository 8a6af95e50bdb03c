"""Users of the reference chat service, for locust: ``load.py`` lets them loose on replicas of its own.

Against others: ``CHAT_JWT_KEY=… locust -f benchmarks/locustfile.py --host http://ONE,http://ANOTHER``.
"""

from __future__ import annotations

import itertools
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locust import FastHttpUser, events, task

sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures" / "chat_service"))

from chat_service.auth import Tokens
from chat_service.config import Settings

if TYPE_CHECKING:
    from locust.env import Environment

TURNS = 4
REQUESTS = (("say", "POST"), ("list", "GET"), ("read", "GET"), ("page", "GET"))
WHOLE_LIST = ("whole list", "CHECK")
NUMBERS = itertools.count()


class Chatting(FastHttpUser):
    """A user with conversations of a few turns, who sends each request to another replica than the one before."""

    def on_start(self) -> None:
        """Become one of the users, with a token."""
        number = next(NUMBERS)
        replicas = self.host.split(",")
        self.name = f"user-{number}"
        self.replicas = itertools.cycle(replicas[number % len(replicas) :] + replicas[: number % len(replicas)])
        token = Tokens.from_settings(Settings()).issue(self.name, timedelta(hours=1))
        self.headers = {"Authorization": f"Bearer {token}"}
        self.confirmed: set[str] = set()

    def ask(self, name: str, method: str, path: str, **options: Any) -> Any:
        """Send a request and return its JSON, or None where it failed, which locust notes."""
        url = f"{next(self.replicas)}/api/{self.name}{path}"
        response = self.client.request(method, url, name=name, headers=self.headers, **options)
        return response.json() if response.status_code == 200 else None

    @task
    def converse(self) -> None:
        """Hold a conversation, then look at it."""
        conversation_id = None
        for turn in range(TURNS):
            said = self.ask(
                "say", "POST", "/chat", json={"message": f"turn {turn}", "conversation_id": conversation_id}
            )
            if said is None:
                return
            conversation_id = said["conversation"]["id"]
            self.confirmed.add(conversation_id)
        self.ask("list", "GET", "/conversations")
        self.ask("read", "GET", f"/conversations/{conversation_id}")

    def on_stop(self) -> None:
        """Page through the list, which holds what was confirmed and nothing else, or it counts as a failure."""
        found: set[str] = set()
        cursor = ""
        while page := self.ask("page", "GET", f"/conversations?limit=100{cursor}"):
            found |= {item["id"] for item in page["items"]}
            if not page["next_cursor"]:
                break
            cursor = f"&cursor={page['next_cursor']}"
        wrong = AssertionError(f"{len(self.confirmed)} conversations were confirmed, {len(found)} are listed")
        self.environment.events.request.fire(
            name=WHOLE_LIST[0],
            request_type=WHOLE_LIST[1],
            response_time=None,
            response_length=0,
            exception=None if found == self.confirmed else wrong,
            context={},
        )


@events.quitting.add_listener
def report(environment: Environment, **_: Any) -> None:
    """Print the results as Markdown; a user whose list nobody looked at is a failure."""
    stats = environment.stats
    print("| request | number | failed | a second | median | 95 % | 99 % |")
    print("|---|---|---|---|---|---|---|")
    for name, method in REQUESTS:
        entry = stats.get(name, method)
        shown = " | ".join(f"{entry.get_response_time_percentile(part):.0f} ms" for part in (0.5, 0.95, 0.99))
        print(f"| {name} | {entry.num_requests} | {entry.num_failures} | {entry.total_rps:.1f} | {shown} |")
    lists = stats.get(*WHOLE_LIST)
    print(f"\nError rate {stats.total.fail_ratio:.2%}; the lists of {lists.num_requests} users were compared.")
    if lists.num_requests < next(NUMBERS):
        environment.process_exit_code = 1
