"""The shapes in which services keep state, and those that only look like it: each stands on a rule page."""

from __future__ import annotations

import re

import pytest

from statelint.lint.packs import load_rules
from statelint.lint.pages import load_page

WRONG = {
    # objects of modules, keyed by user, session, conversation, token, socket or job
    "append to a user's list": r"[A-Z_]+\[\w*(user|session)\w*\]\.append\(",
    "counting per user": r"COUNTS\[user_id\] \+= 1",
    "a code by e-mail": r"[A-Z_]+\[email\] =",
    "setdefault": r"^\s+\w+\.setdefault\(",
    "pop": r"[A-Z_]+\.pop\(",
    "del": r"^\s+del \w+\[",
    "walrus": r"\(\w+ := ",
    "in place or": r"\w+ \|= ",
    "unpacking into items": r"^\s+\w+\[[^\]]+\], \w+",
    "globals by name": r"globals\(\)\[",
    "nested": r"[A-Z_]+\[\w+\]\.(add|append|discard)\(",
    "alias of what it holds": r"(\w+) = [A-Z_]+(\.get\(\w+\)|\[[\w.]+\])\n\s+\1(\[|\.append|\.add)",
    "in a helper of another module": r"from \w+[.\w]* import \w*(SESSIONS|remember|store|store_\w+)",
    "through a parameter": r"def \w+\((\w+): dict[^)]*\)[^\n]*:\n\s+\1\[\w+\] = ",
    "a receiver of signals": r"@receiver\(",
    "declared in an else": r"^else:\n\s+[A-Z_]+(: [^=]+)? = (\{\}|\[\]|set\(\))",
    "a module that others write": r"^(?:from \w+ )?import (\w+)$[\s\S]+?\n\s+\1\.\w+ = ",
    # rebinding
    "global": r"^\s+global \w+",
    "current user": r"global current_user",
    "a setting in capitals": r"global MAX_\w+",
    "settings extended": r"settings\.\w+\.append\(",
    "settings assigned": r"settings\.\w+ = ",
    "environment": r"os\.environ\[",
    # classes
    "class container through self": r"self\.\w+\[\w+\]\.(add|append)\(|self\.\w+\.append\(",
    "class container through cls": r"cls\.\w+\[\w+\] = |cls\.\w+ = \w+",
    "class through its name": r"[A-Z]\w+\.\w+\.append\(",
    "class of the instance": r"(type\(self\)|self\.__class__)\.\w+",
    "list of a subclass": r"class (\w+):\n    \w+(: [^=\n]+)? = [\s\S]+class \w+\(\1\):",
    # applications
    "app.state": r"app\.state\.\w+ = ",
    "request.app.state": r"request\.app\.state\.\w+",
    "app as a dictionary": r"app\[\"\w+\"\]",
    "attribute of an app": r"app\.\w+\[\w+\] = ",
    "setattr": r"setattr\(app",
    "extensions": r"app\.extensions\[",
    "configuration": r"(current_app|app)\.config\[",
    "lifetime of sessions": r"permanent_session_lifetime = ",
    "what a lifespan yields": r"yield \{\"\w+\": ",
    # closures, functions, defaults
    "closure of a factory": r"def (create|build|make)\w*\([\s\S]+\n        \w+(\[|\.append)",
    "nonlocal": r"nonlocal \w+",
    "register(mcp)": r"def register\(",
    "mutable default": r"def \w+\([^)]*= (\[\]|\{\})",
    "function attribute": r"def (\w+)\([\s\S]+\n\s+\1\.\w+ (\+=|=) ",
    "decorator that remembers": r"def decorate\(function\):\n\s+def wrapper",
    "memoised over user data": r"@(functools\.)?(lru_cache|cache)[\s\S]{0,80}def \w+\((user|db, user|\w*user)",
    "read of a defaultdict": r"defaultdict\(",
    "next of a counter": r"next\(\w+\)",
    # long-lived objects
    "session manager": r"class \w*Manager",
    "rate limiter": r"self\.\w*(requests|calls|hits|seen|tries)\w*(\[|\.)",
    "agent with a history": r"self\.history\.append\(",
    "middleware that remembers": r"app\.add_middleware\(",
    "bound method as a route": r"add_api_route\([^)]*\w+\.\w+|add_url_rule\([^)]*\w+\.\w+",
    "memoised provider": r"@(functools\.)?(lru_cache|cache)[\s\S]{0,60}def get_\w+",
    "singleton by _instance": r"_instance",
    "singleton by metaclass": r"metaclass=",
    "borg": r"__dict__ = ",
    "Depends(instance)": r"Depends\([a-z_]+\)",
    "provider kept by Litestar": r"Provide\(\w+, use_cache=True\)",
    "container of a library": r"providers\.Singleton\(",
    "two levels down": r"self\.\w+ = [A-Z]\w+\(\)[\s\S]+self\.\w+\.\w+",
    "changed from outside": r"^(\w+) = [A-Z]\w+\([\s\S]+\n\s+\1\.\w+(\[\w+\] = | \+= 1)",
    "caller on a shared object": r"headers\[\"Authorization\"\] = ",
    # conversations
    "buffer memory": r"ConversationBufferMemory\(",
    "checkpointer": r"(MemorySaver|InMemorySaver)\(",
    "session histories": r"def get_session_history",
    "history object": r"(InMemoryChatMessageHistory|ChatMessageHistory)\(",
    "session without a file": r"SQLiteSession\(",
    "store of ChatKit": r"class \w+\(Store",
    "one agent for all": r"^(\w*agent|assistant|crew) = ",
    # database sessions
    "session of a module": r"^(db|session)\w* = \w*[Ss]ession\w*\(\)",
    "connection of a module": r"^\w+ = \w+\.connect\(",
    "cursor of a module": r"^\w+ = \w+\.cursor\(\)",
    "session on a long-lived object": r"self\.(db|session|conn\w*) = ",
    "session as a default": r"= SessionLocal\(\)\)",
    # what it is for
    "status of jobs": r"(JOBS|jobs|STATUS|RESULTS)\[\w*\] = ",
    "websockets": r"(active|connections|ROOMS)\w*[\[.][^\n]*websocket",
    "presence": r"ONLINE\.add\(",
    "last seen": r"LAST_SEEN\[",
    "codes that somebody gets": r"CODES: dict|CODES = ",
    "locks per wallet": r"locks\.setdefault\(wallet_id",
    "in-memory database": r"^todos(: [^=]+)? = \[\]",
    "local files": r"open\([A-Z]+, \"w\"\)",
    "backend of a library": r"memory://|InMemoryBackend\(",
}
FINE = {
    "constant table": r"^[A-Z]+ = \{\"",
    "table built by a loop": r"^for \w+ in [^\n]+:\n    \w+\[",
    "copy extended": r"= \w+\.copy\(\)",
    "class constant": r"class \w+[^\n]*:\n    \w+ = \{\"",
    "decorator registry": r"def regist\w+\(",
    "subclass registry": r"__init_subclass__",
    "immutable view": r"MappingProxyType\(",
    "global only read or made once": r"if \w+ is None:",
    "pool at start-up": r"cls\.pool = await|pool = await",
    "default that an instance replaces": r"class \w+[^\n]*:\n    (\w+)(: [^=\n]+)? = [\s\S]+?self\.\1 = ",
    "per-request view": r"self\.queryset = ",
    "fields of a data class": r"field\(default_factory=",
    "context variable": r"ContextVar\(",
    "flask.g": r"\bg\.\w+ = ",
    "session cookie": r"^\s+session\[\"\w+\"\] = |request\.session\[",
    "request.state": r"request\.state\.\w+ = ",
    "state of an MCP context": r"ctx\.set_state\(",
    "local that hides a global": r"def \w+\([^)]*\)[^:]*:\n    \w+ = (\{\}|\[\]|set\(\))",
    "nonlocal of a connection": r"nonlocal \w+",
    "memory per request": r"\n    (memory|history) = ",
    "engine and session factory": r"sessionmaker\(",
    "memoised client": r"@(functools\.)?(lru_cache|cache)\n\s*def \w+\(\)",
    "limiter in Redis": r"redis://|[Rr]edis\(",
    "server over stdio": r"\.run\(\)|stdio",
    "keep-alive of tasks": r"add_done_callback\(\w+\.discard\)",
    "tests": r"title=\"tests|def test_",
}


def _texts(*, bad: bool) -> list[str]:
    pages = [load_page(rule) for rule in load_rules() if rule.code.startswith(("SL1", "SL2"))]
    return [
        "\n".join(f'title="{file.path}"\n{file.text}' for file in example.files)
        for page in pages
        for example in page.examples
        if example.bad == bad
    ]


@pytest.fixture(scope="module")
def wrong() -> list[str]:
    return _texts(bad=True)


@pytest.fixture(scope="module")
def fine() -> list[str]:
    return _texts(bad=False)


@pytest.mark.parametrize("shape", WRONG)
def test_wrong_shape_has_an_example(shape: str, wrong: list[str]) -> None:
    assert any(re.search(WRONG[shape], text, re.M) for text in wrong)


@pytest.mark.parametrize("shape", FINE)
def test_fine_shape_has_an_example(shape: str, fine: list[str]) -> None:
    assert any(re.search(FINE[shape], text, re.M) for text in fine)
