"""The bundled files: every one loads, and what they say is well-formed and free of contradictions."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, get_args

import pytest

from statelint.catalogue.loader import bundled, load
from statelint.catalogue.patterns import expand, names_method
from statelint.catalogue.schema import EntryKind, Identity, Memoisers, ModelStyle, Types

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import msgspec

    from statelint.catalogue.loader import Stub
    from statelint.catalogue.schema import Library

STUBS = bundled()
NAME = re.compile(r"(\*\.)?[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\(\)|\[(\w+|\*)\])?")
ENDING = re.compile(r"\*[A-Z]\w*")
METHOD = re.compile(r"\*|[A-Za-z_]\w*\*?")

COMPATIBLE_ROLES = {frozenset({"container", "insert_on_read"})}
"""Roles that one name may have together; any other pair contradicts itself."""


def strings(struct: msgspec.Struct, *fields: str) -> Iterator[str]:
    for field in fields or struct.__struct_fields__:
        held = getattr(struct, field)
        if isinstance(held, tuple):
            yield from held


def patterns(library: Library) -> Iterator[str]:
    """Every name that a file mentions, aliases apart."""
    for entry in library.entry_points:
        yield from strings(entry, "decorators", "calls", "parameters")
    for role in library.classes:
        yield from strings(role, "bases", "parameters")
    yield from strings(library.types)
    yield from strings(library.memoisers, *Memoisers.__struct_fields__)
    for struct in (library.tokens, library.failures, library.resilience):
        for field in struct.__struct_fields__:
            held = getattr(struct, field)
            if field != "lifetimes" and isinstance(held, tuple):
                for item in held:
                    yield from (item,) if isinstance(item, str) else item.calls
    for answer in library.answers:
        yield from answer.calls
    yield from strings(library.identity, *Identity.__struct_fields__)
    yield from strings(
        library,
        *(
            "dependency_markers",
            "passthrough",
            "screens",
            "argument_mutators",
            "aborts",
            "spawners",
            "resolvers",
            "wrappers",
        ),
        "fields",
    )
    for style in library.models:
        yield from strings(style, *(field for field in ModelStyle.__struct_fields__ if field != "name"))
    for table in (
        library.callbacks,
        library.mutators,
        library.invokers,
        library.singletons,
        library.local_arguments,
        library.local_defaults,
    ):
        yield from table
    for pairs in (library.returns, library.attributes, library.inherits):
        for name, target in pairs.items():
            yield from (name, target)


def names(found: Iterable[str]) -> Iterator[str]:
    for pattern in found:
        yield from expand(pattern)


def test_there_is_a_file_for_every_family() -> None:
    found = {stub.source.removesuffix(".toml") for stub in STUBS}
    expected = "python generic fastapi flask django drf litestar mcp fastmcp celery sqlalchemy mongo redis llm auth"
    assert set(expected.split()) <= found


@pytest.mark.parametrize("stub", STUBS, ids=lambda stub: stub.source)
def test_names_are_well_formed(stub: Stub) -> None:
    for name in names(patterns(stub.library)):
        assert NAME.fullmatch(name) or ENDING.fullmatch(name), name
    for name in names(name for pair in stub.library.aliases.items() for name in pair):
        assert NAME.fullmatch(name), name
    for role in stub.library.classes:
        for method in (*role.served, *role.startup):
            assert METHOD.fullmatch(method), method


@pytest.mark.parametrize("stub", STUBS, ids=lambda stub: stub.source)
def test_names_are_the_ones_the_catalogue_looks_up(stub: Stub) -> None:
    known = load()
    moved = {name: known.canonical(name) for name in names(patterns(stub.library))}
    assert {name: target for name, target in moved.items() if name != target} == {}


@pytest.mark.parametrize("stub", STUBS, ids=lambda stub: stub.source)
def test_no_alias_is_without_effect(stub: Stub) -> None:
    assert [name for name, target in stub.library.aliases.items() if name == target] == []


def test_no_name_has_roles_that_contradict_each_other() -> None:
    held = {name: roles for name, roles in load().roles.items() if len(roles) > 1}
    assert {name: roles for name, roles in held.items() if roles not in COMPATIBLE_ROLES} == {}


@pytest.mark.parametrize("field", ["decorators", "calls"])
def test_no_name_registers_two_kinds_of_entry_point(field: str) -> None:
    kinds: dict[str, set[str]] = defaultdict(set)
    for stub in STUBS:
        for entry in stub.library.entry_points:
            for name in names(getattr(entry, field)):
                kinds[name].add(f"{entry.kind}, argument {entry.argument}")
    assert {name: held for name, held in kinds.items() if len(held) > 1} == {}


@pytest.mark.parametrize("field", ["returns", "attributes", "aliases", "inherits"])
def test_no_name_is_given_two_meanings(field: str) -> None:
    targets: dict[str, set[str]] = defaultdict(set)
    for stub in STUBS:
        for pattern, target in getattr(stub.library, field).items():
            for name in expand(pattern):
                targets[name].add(target)
    assert {name: held for name, held in targets.items() if len(held) > 1} == {}


def test_bags_of_one_request_have_no_mutators() -> None:
    """Changing them is no change of the process."""
    known = load()
    private = {name for name, roles in known.roles.items() if roles & {"private", "request"}}
    assert private.isdisjoint(known.mutators)


def test_every_kind_of_entry_point_is_known() -> None:
    known = load()
    tables = (known.decorators, known.calls, known.loose_decorators, known.loose_calls, known.variables)
    kinds = {entry.kind for table in tables for entry in table.values()}
    kinds |= {role.kind for role in known.classes.values()}
    assert kinds == set(get_args(EntryKind))


def test_every_role_is_used() -> None:
    roles = {role for held in load().roles.values() for role in held}
    assert roles == set(Types.__struct_fields__)


def test_loose_calls_are_no_methods_of_everyday_objects() -> None:
    """``*.x`` matches any receiver that is not known: dictionaries, HTTP clients, sessions."""
    everyday = {name for kind in (dict, list, set, str, bytes) for name in dir(kind)}
    everyday |= {
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
        "options",
        "request",
        "send",
        "execute",
        "run",
        "commit",
    }
    assert everyday.isdisjoint(load().loose_calls)


def test_loose_http_verbs_ask_for_a_path() -> None:
    loose = load().loose_decorators
    assert all(loose[verb].path for verb in ("get", "post", "put", "patch", "delete", "route"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("fastapi.FastAPI.get", "route"),
        ("fastapi.FastAPI.on_event", "startup"),
        ("fastapi.FastAPI.middleware", "middleware"),
        ("fastapi.APIRouter.websocket", "websocket"),
        ("flask.Flask.route", "route"),
        ("flask.Blueprint.before_request", "middleware"),
        ("quart.Quart.before_serving", "startup"),
        ("rest_framework.decorators.action", "route"),
        ("fastmcp.FastMCP.tool", "tool"),
        ("mcp.server.fastmcp.FastMCP.resource", "tool"),
        ("mcp.server.lowlevel.Server.call_tool", "tool"),
        ("chainlit.on_message", "websocket"),
        ("celery.shared_task", "task"),
        ("celery.signals.worker_process_init.connect", "startup"),
        ("django.dispatch.receiver", "signal"),
        ("strawberry.field", "resolver"),
        ("click.command", "cli"),
        ("flask_login.LoginManager.user_loader", "dependency"),
    ],
)
def test_decorators_that_register_functions(name: str, kind: str) -> None:
    known = load()
    assert known.decorators[known.canonical(name)].kind == kind


@pytest.mark.parametrize(
    ("base", "instance", "method"),
    [
        ("django.views.generic.edit.UpdateView", "request", "dispatch"),
        ("django.contrib.auth.mixins.LoginRequiredMixin", "request", "get"),
        ("rest_framework.viewsets.ModelViewSet", "request", "perform_create"),
        ("channels.generic.websocket.AsyncWebsocketConsumer", "connection", "chat_message"),
        ("flask.views.MethodView", "request", "post"),
        ("tornado.websocket.WebSocketHandler", "connection", "on_message"),
        ("litestar.controller.Controller", "process", "on_receive"),
        ("starlette.middleware.base.BaseHTTPMiddleware", "process", "dispatch"),
        ("fastmcp.server.middleware.Middleware", "process", "on_call_tool"),
        ("socketio.AsyncNamespace", "process", "on_join"),
        ("chat_pb2_grpc.ChatServicer", "process", "Send"),
        ("graphene.ObjectType", "request", "resolve_user"),
    ],
)
def test_classes_live_as_long_as_their_framework_says(base: str, instance: str, method: str) -> None:
    known = load()
    role = known.class_role(known.canonical(base))
    assert role is not None
    assert role.instance == instance
    assert names_method(role.served, method)


def test_what_django_runs_once_or_from_the_command_line_is_not_served() -> None:
    known = load()
    ready = known.class_role("django.apps.AppConfig")
    command = known.class_role(known.canonical("django.core.management.base.BaseCommand"))
    assert ready is not None
    assert command is not None
    assert ready.startup == ("ready",)
    assert ready.served == ()
    assert command.kind == "cli"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("sqlalchemy.orm.sessionmaker()", "sqlalchemy.orm.Session"),
        ("sqlalchemy.ext.asyncio.async_sessionmaker()", "sqlalchemy.ext.asyncio.AsyncSession"),
        ("sqlmodel.orm.session.Session.query", "sqlalchemy.orm.Query"),
        ("sqlalchemy.create_engine", "sqlalchemy.Engine"),
        ("sqlite3.connect", "sqlite3.Connection"),
        ("sqlite3.Connection.cursor", "sqlite3.Cursor"),
        ("asyncpg.create_pool", "asyncpg.Pool"),
        ("redis.from_url", "redis.Redis"),
        ("django.db.models.Manager.filter", "django.db.models.QuerySet"),
    ],
)
def test_types_flow_through_calls(name: str, given: str) -> None:
    assert load().returns[name] == given


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("sqlalchemy.orm.session.Session", "session"),
        ("sqlmodel.ext.asyncio.session.AsyncSession", "session"),
        ("sqlalchemy.orm.scoped_session", "session_factory"),
        ("sqlalchemy.ext.asyncio.AsyncEngine", "engine"),
        ("psycopg_pool.AsyncConnectionPool", "pool"),
        ("redis.asyncio.Redis", "client"),
        ("motor.motor_asyncio.AsyncIOMotorClient", "client"),
        ("openai.AsyncOpenAI", "client"),
        ("collections.defaultdict", "insert_on_read"),
        ("cachetools.TTLCache", "cache"),
        ("langgraph.checkpoint.memory.MemorySaver", "memory"),
        ("langchain_classic.memory.ConversationBufferWindowMemory", "memory"),
        ("langchain_community.chat_message_histories.ChatMessageHistory", "memory"),
        ("agents.SQLiteSession", "memory"),
        ("flask.g", "private"),
        ("chainlit.user_session", "private"),
        ("starlette.requests.Request", "request"),
        ("pydantic.main.BaseModel", "schema"),
        ("sqlmodel.SQLModel", "schema"),
        ("flask_sqlalchemy.SQLAlchemy.Model", "model"),
        ("django.contrib.auth.models.AbstractUser", "model"),
        ("beanie.Document", "model"),
        ("pydantic.BaseSettings", "settings"),
        ("inspect.signature", "derived"),
        ("asyncio.Lock", "lock"),
    ],
)
def test_roles_of_everyday_types(name: str, role: str) -> None:
    known = load()
    assert known.role(known.canonical(name), role)


def test_identity_comes_from_the_framework_and_not_from_the_client() -> None:
    known = load()
    assert {
        "flask_login.current_user",
        "flask_jwt_extended.get_jwt_identity",
        "flask.g.user",
        "flask.session[user_id]",
        "django.http.HttpRequest.user",
        "rest_framework.request.Request.user",
        "fastapi.WebSocket.user",
        "fastapi.Request.state.user",
    } <= known.principals
    assert {"jwt.decode", "jose.jwt.decode"} <= known.decoders
    assert "fastapi.Request.query_params" not in known.principals
