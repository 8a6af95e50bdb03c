"""Process state that is fine: what looks like kept data, a line each, and beside some the twin that is not fine."""

from __future__ import annotations

import pytest

from tests.analysis.test_state import kept, project

FINE = {
    # constants and lookup tables
    "lower-case table": "prices = {'tea': 2}\n@app.get('/{n}')\ndef f(n: str): return prices[n]",
    "table built by a loop": "t = {}\nfor n in 'abc':\n    t[n] = ord(n)\n@app.get('/{n}')\ndef f(n: str): return t[n]",
    "copy extended": "a = [1]\nb = a.copy()\nb.extend([2])\n@app.get('/')\ndef f(): return b",
    "constant replaced in a local": """
        class Kind:
            ONLINE = "online"
            BUSY = "busy"
        @app.post("/{user_id}")
        def f(user_id: str, state: str):
            log = {"user_id": user_id}
            if state == "online":
                log["kind"] = Kind.ONLINE
            if state == "busy":
                log["kind"] = Kind.BUSY
            return log
        """,
    "class-level constant": "class C:\n    sizes = {'s': 1}\n@app.get('/{n}')\ndef f(n: str): return C.sizes[n]",
    "settings that a library keeps in the database": """
        from constance import config
        @app.post("/{user_id}")
        def f(user_id: str, motto: str): config.MOTTO = motto
        """,
    "a row that a module makes": """
        from sqlmodel import SQLModel
        class User(SQLModel, table=True):
            name: str
        FIRST = User(name="admin")
        def load(user_id): return session.get(User, user_id)
        @app.post("/{user_id}")
        def f(user_id: str, name: str):
            user: User = load(user_id)
            user.name = name
        """,
    # registries filled at import
    "decorator": """
        H = {}
        def on(name):
            def register(function):
                H[name] = function
                return function
            return register
        @on("user")
        def user(x): return x
        @app.get("/{n}")
        def f(n: str): return H[n](n)
        """,
    "subclasses": """
        class Base:
            known = {}
            def __init_subclass__(cls): Base.known[cls.__name__] = cls
        class User(Base): pass
        @app.get("/{n}")
        def f(n: str): return Base.known[n]
        """,
    "listeners": """
        class Bus:
            def __init__(self): self.listeners = []
            def listen(self, function): self.listeners.append(function)
            def emit(self, x): return [listener(x) for listener in self.listeners]
        bus = Bus()
        bus.listen(print)
        @app.get("/{user}")
        def f(user: str): return bus.emit(user)
        """,
    "proxy": """
        from types import MappingProxyType
        t = MappingProxyType({"a": 1})
        @app.get("/{n}")
        def f(n: str): return t[n]
        """,
    # reading a global, lazy and start-up initialisation
    "global only read": "n = 1\n@app.get('/')\ndef f():\n    global n\n    return n",
    "lazy": "c = None\n@app.get('/')\ndef f():\n    global c\n    if c is None: c = make()\n    return c",
    "client for each server": """
        import httpx
        clients = {}
        @app.get("/{url}")
        def f(url: str):
            if url not in clients: clients[url] = httpx.AsyncClient(base_url=url)
            return clients[url]
        """,
    "instance of each class": """
        class Repository:
            instances = {}
            @classmethod
            def get(cls):
                if cls not in Repository.instances: Repository.instances[cls] = cls()
                return Repository.instances[cls]
        class Users(Repository): ...
        @app.get("/")
        def f(): return Users.get()
        """,
    "client for each event loop": """
        import asyncio
        import httpx
        client = loop = None
        @app.get("/")
        async def f():
            global client, loop
            mine = asyncio.get_running_loop()
            if client is None or loop != mine:
                client = httpx.AsyncClient()
                loop = mine
            return client
        """,
    "class pool at start-up": """
        class Db:
            pool = None
            @classmethod
            async def open(cls): cls.pool = await create_pool()
        @app.on_event("startup")
        async def start(): await Db.open()
        @app.get("/")
        def f(): return Db.pool
        """,
    "openapi schema": """
        @app.get("/")
        def f():
            if not app.openapi_schema: app.openapi_schema = {}
            return app.openapi_schema
        """,
    # defaults on objects that live for one request
    "pydantic field": """
        from pydantic import BaseModel
        class B(BaseModel):
            users: list = []
        @app.post("/")
        def f(b: B): b.users.append(1)
        """,
    "dataclass field": """
        from dataclasses import dataclass, field
        @dataclass
        class Page:
            users: list = field(default_factory=list)
        @app.post("/{user}")
        def f(user: str):
            page = Page()
            page.users.append(user)
        """,
    "replaced in __init__": """
        class Cart:
            users = {}
            def __init__(self): self.users = {}
            def put(self, user): self.users[user] = 1
        @app.post("/{user}")
        def f(user: str): Cart().put(user)
        """,
    "queryset of a view": """
        from django.views.generic import ListView
        class Users(ListView):
            queryset = None
            def get(self, request):
                self.queryset = request.user.notes.all()
                return self.queryset
        """,
    # context variables, g, request-scoped bags
    "context variable": """
        from contextvars import ContextVar
        user = ContextVar("user")
        @app.get("/{n}")
        def f(n: str): user.set(n)
        """,
    "thread-local": "import threading\nlocal = threading.local()\n@app.get('/{n}')\ndef f(n: str): local.user = n",
    "thread-local subclass": """
        import threading
        class Current(threading.local):
            user = None
        current = Current()
        @app.get("/{n}")
        def f(n: str): current.user = n
        """,
    "kept in a thread-local behind []": """
        import threading
        class Connections:
            def __init__(self): self.local = threading.local()
            def __getitem__(self, alias):
                try:
                    return getattr(self.local, alias)
                except AttributeError:
                    setattr(self.local, alias, Connection())
                    return getattr(self.local, alias)
        class Connection:
            user = None
        connections = Connections()
        @app.get("/{n}")
        def f(n: str): connections["default"].user = n
        """,
    "g": "from flask import Flask, g\nweb = Flask(__name__)\n@web.before_request\ndef load(): g.user = 1",
    "session cookie": "@app.post('/{n}')\ndef f(n: str, request: Request): request.session['user'] = n",
    "request.state": "@app.post('/{n}')\ndef f(n: str, request: Request): request.state.user = n",
    "ctx.set_state": """
        from fastmcp import Context, FastMCP
        mcp = FastMCP("x")
        @mcp.tool
        async def f(user: str, ctx: Context): await ctx.set_state("user", user)
        mcp.run(transport="http")
        """,
    "storage of a NiceGUI user": """
        from nicegui import app as web, ui
        @ui.page("/{name}")
        def f(name: str): web.storage.user["name"] = name
        """,
    # locals
    "shadowed": "users = {}\n@app.post('/{n}')\ndef f(n: str):\n    users = {}\n    users[n] = 1",
    "inner closure": """
        @app.post("/{n}")
        def f(n: str):
            users = {}
            def put(user): users[user] = 1
            put(n)
        """,
    "nonlocal per connection": """
        @app.websocket("/ws")
        async def f(websocket):
            count = 0
            async def receive():
                nonlocal count
                count += 1
            await receive()
        """,
    "memory per request": """
        from langchain.memory import ConversationBufferMemory
        @app.post("/{n}")
        def f(n: str):
            memory = ConversationBufferMemory()
            memory.save_context({"input": n}, {"output": n})
        """,
    # long-lived stateless services
    "engine": """
        from sqlalchemy import create_engine
        engine = create_engine("x://")
        @app.get("/")
        def f(): return engine.connect()
        """,
    "factory": """
        from sqlalchemy.orm import sessionmaker
        session = sessionmaker()
        @app.get("/")
        def f(): return session()
        """,
    "clients": """
        import httpx, redis, openai
        a, b, c = httpx.Client(), redis.Redis(), openai.OpenAI()
        @app.get("/{u}")
        def f(u: str): b.set(u, 1)
        """,
    "logger": "import logging\nlog = logging.getLogger()\n@app.get('/{user}')\ndef f(user: str): log.info(user)",
    "templates": """
        from jinja2 import Environment
        env = Environment()
        @app.get("/{u}")
        def f(u: str): return env.from_string(u)
        """,
    "cached client": """
        from functools import lru_cache
        import redis
        @lru_cache
        def client(): return redis.Redis()
        @app.get("/{user}")
        def f(user: str): client().set(user, 1)
        """,
    "cached settings": """
        from functools import lru_cache
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            token: str = ""
        @lru_cache
        def settings(): return Settings()
        @app.get("/")
        def f(): return settings().token
        """,
    "clients by name": """
        import httpx
        clients = {}
        @app.get("/{region}")
        def f(region: str):
            if region not in clients: clients[region] = httpx.Client()
            return clients[region].get("/")
        """,
    "fixed table filled in on demand": """
        import importlib
        from enum import Enum
        class Kind(Enum):
            a = "A"
        made = {}
        def make(kind): return getattr(importlib.import_module("x"), kind.value)()
        @app.get("/{name}")
        def f(name: str):
            if name not in Kind.__members__:
                raise ValueError(name)
            one = made.get(name)
            if one:
                if one.broken(): del made[name]
                else: return one
            one = make(Kind[name])
            made[name] = one
        """,
    "signatures": """
        import inspect
        signatures = {}
        @app.get("/{name}")
        def f(name: str):
            signatures[name] = inspect.signature(f)
        """,
    "numbering for the order": """
        class Field:
            counter = 0
            def __init__(self):
                self.number = Field.counter
                Field.counter += 1
            def __lt__(self, other): return self.number < other.number
        @app.get("/")
        def f(): return sorted([Field(), Field()])
        """,
    "language codes": """
        class Catalogue:
            def __init__(self, code): self.code = code
        texts = {}
        @app.get("/{language_code}")
        def f(language_code: str):
            if language_code not in texts: texts[language_code] = Catalogue(language_code)
            return texts[language_code]
        """,
    # no request reaches it
    "start-up": "users = {}\n@app.on_event('startup')\ndef f(): users['a'] = 1",
    "command line": "import click\nusers = {}\n@click.command()\ndef f(user): users[user] = 1",
    "stdio": """
        from mcp.server.fastmcp import FastMCP
        mcp = FastMCP("x")
        users = {}
        @mcp.tool()
        def f(user: str): users[user] = 1
        mcp.run()
        """,
    "task kept alive": """
        import asyncio
        tasks = set()
        @app.post("/{user}")
        async def f(user: str):
            task = asyncio.create_task(work(user))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        """,
    "streams while they run": """
        import anyio
        class Streams:
            def __init__(self): self.open = set()
            async def serve(self, user):
                send, receive = anyio.create_memory_object_stream(10)
                self.open.add(send)
                try:
                    async for event in receive: print(event)
                finally:
                    self.open.discard(send)
            def close(self):
                for stream in list(self.open): stream.close()
        streams = Streams()
        @app.get("/{user}")
        async def f(user: str): await streams.serve(user)
        """,
}

NOT_FINE = {
    "client for each user": """
        import httpx
        clients = {}
        @app.get("/{user_id}")
        def f(user_id: str):
            if user_id not in clients: clients[user_id] = httpx.AsyncClient()
            return clients[user_id]
        """,
    "page for each address": """
        import httpx
        pages = {}
        @app.get("/{url}")
        def f(url: str):
            if url not in pages: pages[url] = httpx.get(url)
            return pages[url]
        """,
    "client for each caller": """
        import httpx
        client = mine = None
        @app.get("/{name}")
        async def f(name: str):
            global client, mine
            if client is None or mine != name:
                client = httpx.AsyncClient(base_url=name)
                mine = name
            return client
        """,
    "a client that a module makes": """
        class Client:
            name = ""
        FIRST = Client()
        def load() -> Client: ...
        @app.post("/{user_id}")
        def f(user_id: str, name: str):
            client: Client = load()
            client.name = name
        """,
    "a flag of a fixed table": """
        FLAGS = ("a", "b")
        state = {}
        @app.put("/{name}")
        def f(name: str, on: bool):
            if name not in FLAGS: raise ValueError(name)
            state[name] = on
        """,
    "a made value that tells of the request": """
        KINDS = ("a", "b")
        last = {}
        @app.put("/{kind}")
        def f(kind: str, user: str):
            if kind not in KINDS: raise ValueError(kind)
            last[kind] = describe(kind, user)
        """,
    "numbers that are more than an order": """
        class Ticket:
            counter = 0
            def __init__(self):
                self.number = Ticket.counter
                Ticket.counter += 1
        @app.post("/")
        def f(): return Ticket().number
        """,
    "streams that others send to": """
        import asyncio
        queues = set()
        @app.get("/{user}")
        async def f(user: str):
            queue = asyncio.Queue()
            queues.add(queue)
            try:
                await queue.get()
            finally:
                queues.discard(queue)
        @app.post("/")
        async def send(text: str):
            for queue in queues: queue.put_nowait(text)
        """,
    "what [] gives": """
        class Carts:
            def __init__(self): self.held = {}
            def __getitem__(self, user): return self.held.setdefault(user, [])
        carts = Carts()
        @app.post("/{user}")
        def f(user: str): carts[user].append(1)
        """,
    "a list of a NiceGUI app": """
        from nicegui import ui
        messages = []
        @ui.page("/")
        def f():
            def send(): messages.append(text.value)
            text = ui.input()
            ui.button("send", on_click=send)
        """,
    "codes that are secret": "issued = {}\n@app.post('/{n}')\ndef f(n: str, reset_code: str): issued[n] = reset_code",
}


def reported(text: str) -> set[str]:
    """Name the objects of all kinds that hold state; what only may do so, with low confidence, does not count."""
    state = project(text).state
    return {*kept(text), *(held.name for held in state.resources), *(held.function.name for held in state.remembered)}


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_what_is_fine_is_silent(text: str) -> None:
    assert reported(text) == set()


@pytest.mark.parametrize("text", NOT_FINE.values(), ids=NOT_FINE)
def test_its_twin_that_keeps_state_is_not(text: str) -> None:
    assert reported(text)


def test_what_a_framework_keeps_in_its_own_modules_counts_where_it_is_somebodys() -> None:
    element = """
        formats = {}
        users = {}

        class Element:
            def render(self, name): formats[name] = 1
            def show(self, user_id): users[user_id] = 1
        """
    text = """
        from nicegui.element import Element
        @app.get("/{x}")
        def f(x: str): Element().render(x)
        @app.get("/users/{user_id}")
        def g(user_id: str): Element().show(user_id)
        """
    assert kept(text, **{"nicegui/element": element}) == {"users": ("global", "user")}
    elsewhere = text.replace("nicegui", "mine")
    assert set(kept(elsewhere, **{"mine/element": element})) == {"formats", "users"}


def test_whose_data_it_is_says_what_is_kept_and_not_who_keeps_it() -> None:
    text = """
        import httpx
        class UserService:
            keys = None
            seen = {}
            @classmethod
            def load(cls): cls.keys = httpx.get("https://idp.example/keys").json()
            @classmethod
            def see(cls, user_id): cls.seen[user_id] = 1
        class Client:
            def __init__(self): self._token = None
            def renew(self): self._token = httpx.post("https://api.example/token").json()["token"]
        client = Client()
        @app.get("/{user_id}")
        def f(user_id: str):
            UserService.load()
            UserService.see(user_id)
            client.renew()
        """
    subjects = {name: subject for name, (_, subject) in kept(text).items()}
    assert subjects == {"UserService.keys": "", "UserService.seen": "user", "client": ""}


CONNECTION = """
    import aiohttp
    class Client:
        _session = None
        @classmethod
        async def session(cls, name):
            {guard}
            return cls._session
    @app.get("/{{name}}")
    async def f(name: str): return await Client.session(name)
    """
MAKE = "cls._session = aiohttp.ClientSession()"


@pytest.mark.parametrize(
    ("guard", "harmless"),
    [
        (f"if cls._session is None or cls._session.closed: {MAKE}", True),
        (f"if not cls._session or not cls._session.is_connected(): {MAKE}", True),
        (f"if cls._session and not cls._session.is_closed: return cls._session\n            {MAKE}", True),
        (f"if cls._session is None or name: {MAKE}", False),
        (f"if cls._session is None or other.closed: {MAKE}", False),
        (f"if cls._session and cls._session.closed: return cls._session\n            {MAKE}", False),
        (f"if cls._session is None and cls._session.closed or name: {MAKE}", False),
        ("if cls._session is None or cls._session.closed: cls._session = aiohttp.ClientSession(name)", False),
    ],
)
def test_a_connection_is_made_again_when_it_has_ended(guard: str, harmless: bool) -> None:
    assert (kept(CONNECTION.format(guard=guard)) == {}) is harmless
