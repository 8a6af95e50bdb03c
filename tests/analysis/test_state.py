"""What outlives a request, who changes it, and why some changes are harmless."""

from __future__ import annotations

from textwrap import dedent

import pytest

from statelint.analysis.project import Project, analyse
from statelint.catalogue.loader import load
from statelint.config.settings import Settings
from statelint.extract.extractor import extract

HEAD = """
from fastapi import Depends, FastAPI, Request
app = FastAPI()
"""


def project(text: str, **others: str) -> Project:
    catalogue = load()
    files = {"app.py": HEAD + dedent(text), **{f"{name}.py": dedent(source) for name, source in others.items()}}
    modules = [extract(path, source.encode(), catalogue) for path, source in files.items()]
    return analyse(modules, catalogue, Settings())


def kept(text: str, **others: str) -> dict[str, tuple[str, str]]:
    """Return the kind and the subject of every kept object that is surely or probably changed by requests."""
    return {
        held.name: (held.kind, held.subject)
        for held in project(text, **others).state.kept
        if any(change.confidence != "low" for change in held.changes)
    }


WRITES = {
    "item": "D[user] = 1",
    "augmented": "D[user] += 1",
    "delete": "del D[user]",
    "method": "D.update({user: 1})",
    "nested": "D[user].append(1)",
    "alias": "held = D[user]\n    held.append(1)",
    "get": "held = D.get(user)\n    held['x'] = 1",
    "setdefault": "D.setdefault(user, []).append(1)",
    "loop": "for held in D[user]:\n        held.clear()",
    "walrus": "(held := D[user]).append(1)",
    "unpacking": "D[user], other = 1, 2",
    "globals": "globals()['D'][user] = 1",
    "union": "held = D if user else {}\n    held[user] = 1",
    "heap": "import heapq\n    heapq.heappush(D[user], 1)",
    "parameter": "put(D, user)",
    "module": "other.D[user] = 1",
    "rebound": "global D\n    D = {user: 1}",
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_every_way_to_change_a_dictionary_is_seen(write: str) -> None:
    found = kept(
        f"""
        import other
        from other import D

        def put(table, key):
            table[key] = 1

        @app.get("/{{user}}")
        def handler(user: str):
            {write.replace(chr(10) + "    ", chr(10) + "            ")}
        """,
        other="D: dict = {}\n",
    )
    assert found == {"D": ("global", "user")}


def test_the_class_of_a_client_says_nothing_of_what_is_kept() -> None:
    found = kept(
        """
        from langchain_openai import ChatOpenAI

        class Agent:
            def __init__(self):
                self.llm = ChatOpenAI(model="large")

            def answer(self, text):
                try:
                    return self.llm.invoke(text)
                except TimeoutError:
                    self.llm = ChatOpenAI(model="small")

        agent = Agent()

        @app.post("/")
        def handler(text: str):
            return agent.answer(text)
        """
    )
    assert found == {"agent": ("instance", "")}


HARMLESS = {
    "import time": """
        D = {}
        for name in ("a", "b"):
            D[name] = 1
        """,
    "local of the same name": """
        D = {}
        @app.get("/")
        def handler(user: str):
            D = {}
            D[user] = 1
        """,
    "start-up": """
        D = {}
        @app.on_event("startup")
        def start():
            D["x"] = 1
        """,
    "lazy": """
        D = None
        @app.get("/")
        def handler():
            global D
            if D is None:
                D = object()
        """,
    "lazy with early return": """
        D = None
        @app.get("/")
        def handler():
            global D
            if D is not None:
                return D
            D = object()
        """,
    "lazy by exception": """
        D = {}
        @app.get("/")
        def handler():
            try:
                return D["x"]
            except KeyError:
                D["x"] = object()
        """,
    "read only global": """
        D = {}
        @app.get("/")
        def handler(user: str):
            global D
            return D.get(user)
        """,
    "request state": """
        @app.get("/")
        def handler(request: Request, user: str):
            request.state.user = user
        """,
    "made per request": """
        class Service:
            def __init__(self, user):
                self.items = []

            def put(self, item):
                self.items.append(item)

        @app.get("/")
        def handler(user: str):
            Service(user).put(user)
        """,
    "copied": """
        D = {}
        @app.get("/")
        def handler(user: str):
            copy = dict(D)
            copy[user] = 1
        """,
    "client": """
        import httpx
        C = httpx.Client()
        @app.get("/")
        def handler():
            C.get("/")
            C.close()
        """,
    "registry": """
        R = {}
        def register(function):
            R[function.__name__] = function
            return function

        @register
        def echo():
            pass

        @app.get("/")
        def handler():
            return R["echo"]()
        """,
}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_harmless_changes_are_silent(text: str) -> None:
    assert kept(text) == {}


def test_a_write_through_a_parameter_counts_for_the_caller_that_names_the_object() -> None:
    text = """
    D = {}

    def put(table, key):
        table[key] = 1

    put(D, "import time")

    @app.get("/{user}")
    def handler(user: str):
        mine = {}
        put(mine, user)
    """
    assert kept(text) == {}


def test_instances_are_found_where_they_are_kept() -> None:
    text = """
    class Store:
        def __init__(self):
            self.users = {}

        def put(self, user):
            self.users[user] = 1

    class Service:
        def __init__(self):
            self.store = Store()

    service = Service()

    @app.get("/{user}")
    def handler(user: str):
        service.store.put(user)
    """
    assert kept(text) == {"service": ("instance", "user")}


def test_what_only_tests_call_may_be_served() -> None:
    text = """
    D = {}

    def touch(user_id):
        D[user_id] = 1
    """
    assert kept(text, test_app="from app import touch\ndef test_touch():\n    touch('x')\n") == {
        "D": ("global", "user")
    }


def test_code_that_nobody_mentions_is_not_reported_in_a_service() -> None:
    text = """
    D = {}

    def forgotten(user_id):
        D[user_id] = 1

    @app.get("/")
    def handler():
        return 1
    """
    assert kept(text) == {}


ODD = (
    "from os import *\nD = {}\n@app.get('/')\ndef h(x):\n    getattr(D, x)(1)\n",
    "exec('D = {}')\n@app.get('/')\ndef h():\n    D['x'] = 1\n",
    "class A(A): pass\nA.x = A\n@app.get('/')\ndef h():\n    A.x.x.x = 1\n",
    "x = x\n@app.get('/')\ndef h():\n    x[x] = x\n",
    "def f(x=f): f.f = x\n@app.get('/')\ndef h():\n    f(f)\n",
)


@pytest.mark.parametrize("text", ODD)
def test_odd_code_does_not_crash(text: str) -> None:
    assert isinstance(kept(text), dict)
