"""For each rule a twin of the chat service that commits its sin: reported at that line, and caught misbehaving.

A twin is an overlay: a few changes to the service's own files. A replica is the service loaded once more on the same
database, as a second process would load it.
"""

import asyncio
import importlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

httpx = pytest.importorskip("httpx")
pytest.importorskip("mcp.server.mcpserver", exc_type=ImportError)

pytestmark = pytest.mark.filterwarnings("ignore")

FIXTURES = Path(__file__).parents[2] / "fixtures"
SERVICE = FIXTURES / "chat_service"
TWINS = sorted((FIXTURES / "anti_patterns" / "twins").glob("*.toml"))


def overlay(twin: Path, folder: Path) -> Path:
    """Write the service with the twin's changes; return the folder."""
    shutil.copytree(SERVICE / "chat_service", folder / "chat_service", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "compose.yaml"):  # Which says that there are two replicas.
        shutil.copy(SERVICE / name, folder)
    for change in tomllib.loads(twin.read_text())["change"]:
        path = folder / "chat_service" / change["file"]
        assert path.read_text().count(change["old"]) == 1, f"{twin.name}: {change['old']!r} in {change['file']}"
        path.write_text(path.read_text().replace(change["old"], change["new"]))
    return folder


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.stem)
def test_twin_is_reported_at_its_sin_and_nowhere_else(
    twin: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = overlay(twin, tmp_path)
    known = str(tmp_path_factory.getbasetemp() / "statelint")  # Most files are the same in all twins.
    options = ["--cache-dir", known, "--output-format", "json", "--select", "SL1,SL2,SL3", "."]
    command = [sys.executable, "-m", "statelint", "check", *options]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode in (0, 1), ended.stderr

    found = {(f["path"], f["line"], f["rule"]) for f in json.loads(ended.stdout)["findings"]}
    expected = {
        (path.relative_to(folder).as_posix(), number, mark[1])
        for path in folder.rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if (mark := re.search(r"# expect: (SL\d{3})", line))
    }
    assert twin.stem in {rule for _, _, rule in expected}
    assert found == expected


@dataclass
class Replica:
    client: Any
    tokens: Any
    app: Any

    async def send(self, user: str, method: str, path: str, json: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens.issue(user, timedelta(minutes=5))}"}
        url = path if path.startswith("/") else f"/api/{user}/{path}"
        return await self.client.request(method, url, json=json, headers=headers)

    async def call(self, user: str, method: str, params: Any, headers: Any = None) -> Any:
        """Send one request to the MCP server."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        accepted = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
        token = self.tokens.issue(user, timedelta(minutes=5))
        given = {"Authorization": f"Bearer {token}", **accepted, **(headers or {})}
        return await self.client.post("/mcp", json=body, headers=given)

    @asynccontextmanager
    async def listening(self, user: str) -> AsyncIterator[asyncio.Queue[str] | None]:
        """Yield what is sent over the user's websocket; None where the service has no websockets."""
        token = self.tokens.issue(user, timedelta(minutes=5))
        path = f"/api/{user}/listen"
        scope = {"type": "websocket", "path": path, "query_string": f"token={token}".encode(), "headers": []}
        given: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        heard: asyncio.Queue[str] = asyncio.Queue()
        begun: asyncio.Queue[str] = asyncio.Queue()

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "websocket.send":
                heard.put_nowait(message["text"])
            else:
                begun.put_nowait(message["type"])

        given.put_nowait({"type": "websocket.connect"})
        connection = asyncio.create_task(self.app(scope, given.get, send))
        accepted = await asyncio.wait_for(begun.get(), 60) == "websocket.accept"
        yield heard if accepted else None
        given.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await connection

    async def say(self, user: str, message: str, conversation_id: str | None = None) -> Any:
        answer = await self.send(user, "POST", "chat", {"message": message, "conversation_id": conversation_id})
        assert answer.status_code == 200, answer.text
        return answer.json()


class Misbehaviour(Exception):  # noqa: N818
    """What a user notices. Anything else that goes wrong in a scenario is an error of the test, or of the twin."""


async def goes_on(first: Replica, second: Replica) -> None:
    conversation_id = (await first.say("alice", "one"))["conversation"]["id"]
    said = await second.say("alice", "two", conversation_id)
    earlier = re.search(r"I was given (\d+) earlier message", said["reply"]["content"])
    assert earlier is not None
    if int(earlier[1]) < 2:
        raise Misbehaviour(f"of 2 earlier messages {earlier[1]} are known")


async def logout_holds(first: Replica, second: Replica) -> None:
    token = first.tokens.issue("alice", timedelta(minutes=5))
    headers = {"Authorization": f"Bearer {token}"}
    assert (await first.client.post("/auth/logout", headers=headers)).status_code == 204
    assert (await first.client.get("/api/alice/conversations", headers=headers)).status_code == 401
    late = await second.client.get("/api/alice/conversations", headers=headers)
    if late.status_code == 200:
        raise Misbehaviour("the token is taken after its logout")
    assert late.status_code == 401


async def fail_together(requests: list[Callable[[], Awaitable[Any]]]) -> None:
    """Send requests, each of which succeeds alone, at the same time."""
    for request in requests:
        assert (await request()).status_code == 200
    together = [answer.status_code for answer in await asyncio.gather(*(request() for request in requests))]
    assert set(together) <= {200, 500, 503}
    if set(together) != {200}:
        raise Misbehaviour(f"requests that succeed one by one end with {together} at the same time")


async def do_not_meet(first: Replica, second: Replica) -> None:
    def say(user: str) -> Callable[[], Awaitable[Any]]:
        return lambda: first.send(user, "POST", "chat", {"message": "hello"})

    await fail_together([say(f"user{number}") for number in range(6)])


async def take_turns(first: Replica, second: Replica) -> None:
    conversation_id = (await first.say("alice", "one"))["conversation"]["id"]

    def say(replica: Replica) -> Callable[[], Awaitable[Any]]:
        body = {"message": "more", "conversation_id": conversation_id}
        return lambda: replica.send("alice", "POST", "chat", body)

    await fail_together([say(replica) for replica in (first, second) * 4])


async def know_their_user(first: Replica, second: Replica) -> None:
    users = ("alice", "bob")
    replies = await asyncio.gather(*(first.say(user, "hello") for user in users))
    for reply, user, other in zip(replies, users, reversed(users), strict=True):
        if other in reply["reply"]["content"]:
            raise Misbehaviour(f"{user} is taken for {other}")


async def cannot_read(first: Replica, second: Replica) -> None:
    conversation_id = (await first.say("alice", "a secret"))["conversation"]["id"]
    answer = await first.send("bob", "GET", f"conversations/{conversation_id}")
    if "a secret" in answer.text:
        raise Misbehaviour("bob reads what alice said")
    assert answer.status_code == 404


async def cannot_delete(first: Replica, second: Replica) -> None:
    path = f"conversations/{(await first.say('alice', 'a secret'))['conversation']['id']}"
    await first.send("bob", "DELETE", path)
    left = await first.send("alice", "GET", path)
    if left.status_code == 404:
        raise Misbehaviour("bob deletes alice's conversation")
    assert "a secret" in left.text


async def address_is_refused(first: Replica, second: Replica) -> None:
    path = f"conversations/{(await first.say('alice', 'a secret'))['conversation']['id']}"
    answer = await first.send("bob", "DELETE", f"/api/alice/{path}")
    left = await first.send("alice", "GET", path)
    if left.status_code == 404:
        raise Misbehaviour("bob deletes alice's conversation by naming her")
    assert (answer.status_code, left.status_code) == (403, 200)


async def not_in_the_list(first: Replica, second: Replica) -> None:
    await first.say("alice", "a secret")
    await first.send("alice", "GET", "conversations")
    listed = await first.send("bob", "GET", "conversations")
    if "a secret" in listed.text:
        raise Misbehaviour("bob's list has alice's conversation")
    assert listed.json()["items"] == []


async def not_found_by_searching(first: Replica, second: Replica) -> None:
    await first.say("alice", "a secret")
    await first.send("alice", "GET", "conversations")
    assert "a secret" in (await first.send("alice", "GET", "conversations?q=secret")).text
    found = await first.send("bob", "GET", "conversations?q=secret")
    if "a secret" in found.text:
        raise Misbehaviour("bob finds alice's conversation")
    assert found.json()["items"] == []


async def cannot_plant(first: Replica, second: Replica) -> None:
    for user in ("alice", "bob"):
        await first.say(user, "hello")
    await first.send("bob", "POST", "conversations", {"user_id": "alice", "title": "planted"})
    listed = await first.send("alice", "GET", "conversations")
    if "planted" in listed.text:
        raise Misbehaviour("alice's list has a conversation that bob made")
    assert [item["title"] for item in listed.json()["items"]] == ["hello"]


async def labels_are_the_owners(first: Replica, second: Replica) -> None:
    """The service has no labels: its answer holds nothing of alice's either way."""
    path = f"conversations/{(await first.say('alice', 'hello'))['conversation']['id']}"
    await first.send("alice", "POST", f"{path}/labels", {"title": "a secret"})
    for below in (path, f"{path}/labels"):
        answer = await first.send("bob", "GET", below)
        if "a secret" in answer.text:
            raise Misbehaviour("bob reads the labels of alice's conversation")
        assert answer.status_code == 404


async def needs_a_token(first: Replica, second: Replica) -> None:
    await first.say("alice", "a secret")
    answer = await first.client.get("/api/alice/conversations")
    if "a secret" in answer.text:
        raise Misbehaviour("somebody without a token reads alice's list")
    assert answer.status_code == 401


async def changes_are_seen(first: Replica, second: Replica) -> None:
    path = f"conversations/{(await first.say('alice', 'one'))['conversation']['id']}"
    await second.send("alice", "GET", path)
    assert (await first.send("alice", "PATCH", path, {"title": "another"})).status_code == 200
    title = (await second.send("alice", "GET", path)).json()["title"]
    if title == "one":
        raise Misbehaviour("the other replica shows the title from before")
    assert title == "another"


async def is_heard(first: Replica, second: Replica) -> None:
    """Where there is a way to listen it is used; the service's clients ask for what follows a position."""
    said = await first.say("alice", "one")
    conversation_id = said["conversation"]["id"]
    async with second.listening("alice") as heard:
        await second.say("alice", "two", conversation_id)
        assert heard is None or "two" in await asyncio.wait_for(heard.get(), 60)
        await first.say("alice", "three", conversation_id)
        if heard is not None:
            try:
                assert "three" in await asyncio.wait_for(heard.get(), 2)
            except TimeoutError:
                raise Misbehaviour("who listens at one replica does not hear what is said at the other") from None
            return
    answer = await second.send("alice", "GET", f"conversations/{conversation_id}?after=4")
    assert "three" in answer.text


async def tools_need_no_session(first: Replica, second: Replica) -> None:
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    begun = await first.call("alice", "initialize", client)
    assert begun.status_code == 200, begun.text
    session = {name: value for name, value in begun.headers.items() if name == "mcp-session-id"}
    assert (await first.call("alice", "tools/list", {}, session)).status_code == 200
    listed = await second.call("alice", "tools/list", {}, session)
    if listed.status_code == 404:
        raise Misbehaviour("the other replica does not know the client's session")
    assert listed.status_code == 200


BEHAVIOUR: dict[str, Callable[[Replica, Replica], Awaitable[None]]] = {
    "goes on at the other replica": goes_on,
    "logout holds at the other replica": logout_holds,
    "simultaneous requests do not meet": do_not_meet,
    "replies know their own user": know_their_user,
    "another user cannot read": cannot_read,
    "another user cannot delete": cannot_delete,
    "another user does not find it in the list": not_in_the_list,
    "another user does not find it by searching": not_found_by_searching,
    "another user cannot plant a conversation": cannot_plant,
    "another user does not see its labels": labels_are_the_owners,
    "another user's address is refused": address_is_refused,
    "a request without a token is refused": needs_a_token,
    "a change is seen at the other replica": changes_are_seen,
    "a message is heard at the other replica": is_heard,
    "simultaneous messages at both replicas are answered": take_turns,
    "tools answer at the other replica": tools_need_no_session,
}


@pytest.fixture(autouse=True)
def _modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("CHAT_JWT_KEY", "k" * 32)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/rows.sqlite3")
    for name in ("REDIS_URL", "DATABASE_REPLICA_URL"):
        monkeypatch.delenv(name, raising=False)
    yield
    forget_service()


def forget_service() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "chat_service"]:
        del sys.modules[name]


def load(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    forget_service()
    monkeypatch.syspath_prepend(str(folder))
    return importlib.import_module("chat_service.app")


async def run(
    first: ModuleType, second: ModuleType, scenario: Callable[[Replica, Replica], Awaitable[None]]
) -> str | None:
    """Play a scenario; return what a user would notice."""
    from chat_service import migrations
    from chat_service.auth import Tokens
    from chat_service.config import Settings

    settings = Settings.load()
    await migrations.upgrade(settings)
    async with AsyncExitStack() as stack:
        replicas = []
        for module in (first, second):
            app = module.create_app()
            state = await stack.enter_async_context(app.router.lifespan_context(app))

            async def started(scope: Any, receive: Any, send: Any, app: Any = app, state: Any = state) -> None:
                await app({**scope, "state": dict(state)}, receive, send)

            transport = httpx.ASGITransport(started, raise_app_exceptions=False)
            client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://twin"))
            replicas.append(Replica(client, Tokens.from_settings(settings), started))
        try:
            await scenario(replicas[0], replicas[1])
        except Misbehaviour as noticed:
            return str(noticed)
    return None


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the service a Redis, as its own tests do."""
    spec = importlib.util.spec_from_file_location("chat_service_servers", SERVICE / "tests" / "servers.py")
    assert spec is not None
    assert spec.loader is not None
    servers = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, servers)
    spec.loader.exec_module(servers)
    with servers.redis() as url:
        monkeypatch.setenv("REDIS_URL", url)
        yield


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.stem)
def test_twin_misbehaves(
    twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    document = tomllib.loads(twin.read_text())
    scenario = BEHAVIOUR[document["breaks"]]
    if document.get("cache"):
        request.getfixturevalue("cache")
    # A folder for each, as each container has a disk of its own.
    folders = [overlay(twin, tmp_path / name) for name in ("first", "second")]
    first, second = (load(folder, monkeypatch) for folder in folders)

    assert asyncio.run(run(first, second, scenario)), "nobody would notice"


@pytest.mark.parametrize("behaviour", BEHAVIOUR)
def test_service_behaves(behaviour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = load(SERVICE, monkeypatch), load(SERVICE, monkeypatch)

    assert asyncio.run(run(first, second, BEHAVIOUR[behaviour])) is None


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(
    "behaviour", ["another user does not find it in the list", "a change is seen at the other replica"]
)
def test_service_with_a_cache_behaves(behaviour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = load(SERVICE, monkeypatch), load(SERVICE, monkeypatch)

    assert asyncio.run(run(first, second, BEHAVIOUR[behaviour])) is None
