"""The bundled programs do what they are there to show: the patterns keep and isolate state, the anti-patterns do not.

A *replica* is a program loaded once more on the same database, as a second worker process would load it.
"""

import asyncio
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

httpx = pytest.importorskip("httpx")
jwt = pytest.importorskip("jwt")

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

FIXTURES = Path(__file__).parents[2] / "fixtures"
PATTERNS = FIXTURES / "patterns"
ANTI_PATTERNS = FIXTURES / "anti_patterns"
KEY = "k" * 64

Replica = Callable[[Path], ModuleType]


@pytest.fixture
def replica(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Replica:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/rows.sqlite3")
    monkeypatch.setenv("JWT_KEY", KEY)
    monkeypatch.setenv("SECRET_KEY", KEY)
    monkeypatch.syspath_prepend(str(PATTERNS))
    # For the two programs that import it; put back when the test ends.
    monkeypatch.delitem(sys.modules, "token_authentication", raising=False)
    names = (f"replica_{number}" for number in range(100))

    def load(path: Path) -> ModuleType:
        name = next(names)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return load


def bearer(user_id: str, **changes: Any) -> dict[str, str]:
    claims = {
        "sub": user_id,
        "iss": "patterns",
        "aud": "patterns-api",
        "exp": datetime.now(UTC) + timedelta(minutes=5),
        **changes,
    }
    return {"Authorization": f"Bearer {jwt.encode(claims, KEY, algorithm='HS256')}"}


def send(module: ModuleType, method: str, url: str, **options: Any) -> Any:
    """Send one request to the module's ASGI application, started for it."""

    async def run() -> Any:
        async with module.app.router.lifespan_context(module.app):
            transport = httpx.ASGITransport(module.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://program") as client:
                return await client.request(method, url, **options)

    return asyncio.run(run())


class TestPatterns:
    def test_token_authentication_knows_its_caller_by_the_token_alone(self, replica: Replica) -> None:
        first, second = (replica(PATTERNS / "token_authentication.py") for _ in range(2))

        refreshed = send(first, "POST", "/token/refresh", headers=bearer("alice")).json()["access_token"]
        answer = send(second, "GET", "/me", headers={"Authorization": f"Bearer {refreshed}"})

        assert answer.json() == {"user_id": "alice"}

    @pytest.mark.parametrize(
        "headers",
        [{}, bearer("alice", exp=1), bearer("alice", iss="else"), bearer("alice", aud="else")],
        ids=["none", "expired", "issuer", "audience"],
    )
    def test_token_authentication_refuses_other_tokens(self, replica: Replica, headers: dict[str, str]) -> None:
        program = replica(PATTERNS / "token_authentication.py")

        assert send(program, "GET", "/me", headers=headers).status_code == 401

    def test_request_scoped_service_serves_the_caller_alone(self, replica: Replica) -> None:
        first, second = (replica(PATTERNS / "request_scoped_service.py") for _ in range(2))
        alice, bob = bearer("alice"), bearer("bob")

        assert send(first, "POST", "/api/alice/notes", headers=alice, json={"text": "hers"}).status_code == 201
        assert send(second, "GET", "/api/alice/notes", headers=alice).json() == ["hers"]
        assert send(second, "GET", "/api/bob/notes", headers=bob).json() == []
        assert send(second, "GET", "/api/alice/notes", headers=bob).status_code == 403

    def test_database_first_conversation_goes_on_at_another_replica_for_its_owner(self, replica: Replica) -> None:
        first, second = (replica(PATTERNS / "database_first_conversation.py") for _ in range(2))
        alice, bob = bearer("alice"), bearer("bob")
        number = send(first, "POST", "/conversations", headers=alice).json()["id"]
        send(first, "POST", f"/conversations/{number}/messages", headers=alice, params={"text": "one"})

        said = send(second, "POST", f"/conversations/{number}/messages", headers=alice, params={"text": "two"})

        assert said.json() == ["one", "two"]
        assert send(first, "GET", f"/conversations/{number}", headers=alice).json() == ["one", "two"]
        assert send(first, "GET", f"/conversations/{number}", headers=bob).status_code == 404


class TestFastapiAntiPatterns:
    folder = ANTI_PATTERNS / "fastapi_app"

    def test_global_state_is_lost_at_another_replica(self, replica: Replica) -> None:
        first, second = (replica(self.folder / "global_state.py") for _ in range(2))
        answers = [
            send(program, "POST", "/api/alice/chat", json={"message": "hi"}).json()["response"]
            for program in (first, first, second)
        ]

        assert answers == [f"You have said {n} thing(s)." for n in (1, 2, 1)]

    def test_session_is_lost_at_another_replica(self, replica: Replica) -> None:
        first, second = (replica(self.folder / "session_manager.py") for _ in range(2))
        turns = [
            send(program, "POST", "/api/alice/chat", params={"message": message}).json()["turns"]
            for program, message in ((first, "one"), (first, "two"), (second, "three"))
        ]

        assert turns == [["one"], ["one", "two"], ["three"]]

    def test_missing_isolation_shows_another_users_conversation(self, replica: Replica) -> None:
        program = replica(self.folder / "missing_isolation.py")
        alice, bob = ({"Authorization": f"Bearer {jwt.encode({'sub': user}, KEY)}"} for user in ("alice", "bob"))
        number = send(program, "POST", "/conversations", headers=alice, params={"title": "hers"}).json()["id"]

        assert send(program, "GET", "/conversations", headers=bob).json() == []
        assert send(program, "GET", f"/conversations/{number}", headers=bob).json() == {"title": "hers"}


class TestFlaskAntiPatterns:
    folder = ANTI_PATTERNS / "flask_app"

    @pytest.fixture(autouse=True)
    def flask(self) -> None:
        pytest.importorskip("flask_sqlalchemy")

    def test_global_state_is_lost_at_another_replica(self, replica: Replica) -> None:
        first, second = (replica(self.folder / "global_state.py").app.test_client() for _ in range(2))
        counts = [
            len(client.post("/api/alice/chat", json={"message": "hi"}).json["messages"])
            for client in (first, first, second)
        ]

        assert counts == [1, 2, 1]

    def test_session_is_lost_at_another_replica(self, replica: Replica) -> None:
        first, second = (replica(self.folder / "session_manager.py").create_app().test_client() for _ in range(2))
        files = [client.put(f"/api/alice/files/{name}").json["files"] for client, name in ((first, "a"), (second, "b"))]

        assert files == [["a"], ["b"]]

    def test_missing_isolation_shows_another_users_conversation(self, replica: Replica) -> None:
        program = replica(self.folder / "missing_isolation.py")
        client = program.create_app().test_client()
        alice, bob = ({"X-Token": program.signer().dumps(user)} for user in ("alice", "bob"))
        number = client.post("/conversations", headers=alice, json={"title": "hers"}).json["id"]

        assert client.get(f"/conversations/{number}").status_code == 401
        assert client.get(f"/conversations/{number}", headers=bob).json == {"title": "hers"}


class TestMcpAntiPatterns:
    @pytest.fixture
    def replicas(self, replica: Replica) -> list[ModuleType]:
        pytest.importorskip("mcp.server.mcpserver", exc_type=ImportError)
        return [replica(ANTI_PATTERNS / "mcp_server" / "server.py") for _ in range(2)]

    def call(self, program: ModuleType, tool: str, **arguments: object) -> object:
        return asyncio.run(program.mcp.call_tool(tool, arguments)).structured_content["result"]

    @pytest.mark.parametrize(("tool", "argument"), [("remember", "note"), ("plan", "step")])
    def test_state_is_lost_at_another_replica(self, replicas: list[ModuleType], tool: str, argument: str) -> None:
        first, second = replicas
        answers = [
            self.call(program, tool, **{argument: text})
            for program, text in ((first, "a"), (first, "b"), (second, "c"))
        ]

        assert answers == [["a"], ["a", "b"], ["c"]]

    def test_missing_isolation_shows_anybodys_conversation(self, replicas: list[ModuleType]) -> None:
        program = replicas[0]
        program.Base.metadata.create_all(program.engine)
        with program.Session(program.engine) as session:
            session.add(program.Conversation(id=7, user_id="alice", title="hers"))
            session.commit()

        assert self.call(program, "read_conversation", conversation_id=7) == "hers"


DJANGO_PRELUDE = """
import django
django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from chat.models import Conversation

call_command("migrate", run_syncdb=True, verbosity=0)
alice, bob = (User.objects.get_or_create(username=name)[0] for name in ("alice", "bob"))
client = Client()
"""
DJANGO_FIRST_REPLICA = """
hers = Conversation.objects.create(owner=alice, title="hers")
assert client.get(f"/conversations/{hers.pk}/").status_code == 302
client.force_login(bob)
assert client.get(f"/conversations/{hers.pk}/").json() == {"title": "hers"}
assert client.get("/conversations/").json() == {"titles": ["hers"]}
client.get("/seen/")
assert client.get("/seen/").json()["before"] is not None
client.get("/wizard/a/")
assert client.get("/wizard/b/").json() == {"answers": ["a", "b"]}
"""
DJANGO_SECOND_REPLICA = """
client.force_login(bob)
assert client.get("/conversations/").json() == {"titles": ["hers"]}
assert client.get("/seen/").json()["before"] is None
assert client.get("/wizard/c/").json() == {"answers": ["c"]}
"""


def test_django_anti_patterns_lose_state_and_show_anybodys_conversation(tmp_path: Path) -> None:
    pytest.importorskip("django")
    environment = {
        "DJANGO_SETTINGS_MODULE": "settings",
        "SECRET_KEY": KEY,
        "DATABASE_FILE": str(tmp_path / "rows.sqlite3"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for script in (DJANGO_FIRST_REPLICA, DJANGO_SECOND_REPLICA):
        ended = subprocess.run(
            [sys.executable, "-c", DJANGO_PRELUDE + script],
            cwd=ANTI_PATTERNS / "django_app",
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
