"""Ways to keep state, and ways that keep none; mutants have shown that nothing tested them."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest
from examples import findings_of, settings_of

from statelint.lint.packs import load_rules

RULES = load_rules()
RATES = """
from fastapi import FastAPI

app = FastAPI()
RATES = {start}
MISSING = object()


@app.get("/rates")
def rates():
    global RATES
{lines}
    return RATES
"""
CARTS = """
from contextlib import AsyncExitStack, asynccontextmanager
from fastapi import FastAPI, Request


class Carts:
    def __init__(self):
        self.items = {{}}

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error): ...

    def add(self, user_id, item):
        self.items.setdefault(user_id, []).append(item)


class Shop:
    def __init__(self):
        self.carts = Carts()


@asynccontextmanager
async def lifespan(app):
{lines}


app = FastAPI(lifespan=lifespan)


@app.post("/{{user_id}}")
def add(request: Request, user_id: str, item: str):
    {carts}.add(user_id, item)
"""
LOADED_ONCE = {
    "if it is None": ("None", "if RATES is None:\n    RATES = load()"),
    "unless it is not None": ("None", "if not RATES is not None:\n    RATES = load()"),
    "if it is a mark": ("MISSING", "if RATES is MISSING:\n    RATES = load()"),
    "if it is empty": ("{}", "if not RATES:\n    RATES.update(load())"),
    "if it is an empty display": ("{}", 'if RATES == {}:\n    RATES["all"] = load()'),
    "if it is an empty list": ("[]", "if RATES == []:\n    RATES = load()"),
    "if it has no length": ("{}", 'if len(RATES) == 0:\n    RATES["all"] = load()'),
    "after a guard by its length": ("{}", 'if len(RATES) > 0:\n    return RATES\nRATES["all"] = load()'),
    "if it lacks the key": ("{}", 'if "all" not in RATES:\n    RATES["all"] = load()'),
    "unless it has the key": ("{}", 'if not "all" in RATES:\n    RATES["all"] = load()'),
    "when the key is missing": ("{}", 'try:\n    RATES["all"]\nexcept LookupError:\n    RATES["all"] = load()'),
    "with a condition besides": ("{}", 'if not RATES and enabled():\n    RATES["all"] = load()'),
    "unless there is any": ("{}", 'if not (RATES or disabled()):\n    RATES["all"] = load()'),
    "as asserted": ("{}", 'assert not RATES\nRATES["all"] = load()'),
}
LOADED_AGAIN = {
    "if it is not None": ("None", "if RATES is not None:\n    RATES = load()"),
    "if it is no mark": ("MISSING", "if RATES is not MISSING:\n    RATES = load()"),
    "if it is not empty": ("{}", 'if RATES != {}:\n    RATES["all"] = load()'),
    "if it has a length": ("{}", 'if len(RATES) > 0:\n    RATES["all"] = load()'),
    "if it has another length": ("{}", 'if len(RATES) == 5:\n    RATES["all"] = load()'),
    "if it has the key": ("{}", 'if "all" in RATES:\n    RATES["all"] = load()'),
    "after another error": ("{}", 'try:\n    RATES["all"]\nexcept ValueError:\n    RATES["all"] = load()'),
    "or for another reason": ("{}", 'if not RATES or outdated():\n    RATES["all"] = load()'),
}
KEPT = {
    "yielded": ('yield {"carts": Carts()}', "request.state.carts"),
    "entered": ('async with Carts() as carts:\n    yield {"carts": carts}', "request.state.carts"),
    "entered by hand": ('carts = await Carts().__aenter__()\nyield {"carts": carts}', "request.state.carts"),
    "stacked": (
        'async with AsyncExitStack() as stack:\n    yield {"carts": await stack.enter_async_context(Carts())}',
        "request.state.carts",
    ),
    "or another": ('yield {"carts": Carts() if app.debug else None}', "request.state.carts"),
    "of another": ('yield {"carts": Shop().carts}', "request.state.carts"),
    "on the application": ("app.state.carts = Carts()\nyield", "request.app.state.carts"),
    "entered and on the application": (
        "async with Carts() as carts:\n    app.state.carts = carts\n    yield",
        "request.app.state.carts",
    ),
}
SHARED = """
from fastapi import FastAPI

app = FastAPI()


class Carts:
    {declared}


class Cart(Carts):
    {own}
    def add(self, item):
        self.items.append(item){mark}


@app.post("/cart")
def add(item: str):
    Cart().add(item)
"""
HERE = "  # here"
CLASSES = {
    "a list of the base class": SHARED.format(declared="items: list = []", own="", mark=HERE),
    "a list of its own": SHARED.format(
        declared="items: list = []", own="def __init__(self):\n        self.items = []\n", mark=""
    ),
    "a list of each instance of the base class": SHARED.format(
        declared="def __init__(self):\n        self.items = []", own="", mark=""
    ),
}


NUMBERED = """
from fastapi import FastAPI

app = FastAPI()


class Job:
    count = 0

    def __init__(self):
        Job.count += 1{mark}
        self.number = Job.count

    def __lt__(self, other):
        return self.{compared} < other.{compared}


@app.post("/jobs")
def start():
    return push(Job())
"""
CLASSES |= {
    "a number that only orders": NUMBERED.format(compared="number", mark=""),
    "a number that does not order": NUMBERED.format(compared="name", mark=HERE),
}
HELPER = """
from fastapi import FastAPI

app = FastAPI()
CARTS = {}


def add(user_id):
    CARTS[user_id] = 1
"""


def found(text: str, *codes: str) -> list[int]:
    result, _ = findings_of({"main.py": text}, settings_of(""), RULES)
    assert not result.crashes
    return [finding.location.line for finding in result.findings if finding.rule in codes]


def rates(start: str, lines: str) -> list[int]:
    return found(RATES.format(start=start, lines=indent(lines, "    ")), "SL101")


@pytest.mark.parametrize("name", LOADED_ONCE)
def test_what_is_loaded_once_is_no_state(name: str) -> None:
    assert rates(*LOADED_ONCE[name]) == []


@pytest.mark.parametrize("name", LOADED_AGAIN)
def test_what_is_loaded_again_is_state(name: str) -> None:
    assert len(rates(*LOADED_AGAIN[name])) == 1


def test_what_is_loaded_for_a_user_is_state() -> None:
    text = RATES.format(start="{}", lines="    if len(RATES) == 0:\n        RATES[user] = load()")
    assert len(found(text.replace("def rates()", "def rates(user: str)"), "SL101")) == 1


@pytest.mark.parametrize("name", KEPT)
def test_what_a_lifespan_makes_lives_with_the_process(name: str) -> None:
    lines, carts = KEPT[name]
    text = CARTS.format(lines=indent(lines, "    "), carts=carts)
    (line,) = found(text, "SL201")
    assert "Carts()" in text.splitlines()[line - 1] or "Shop()" in text.splitlines()[line - 1]


def test_what_a_request_makes_does_not() -> None:
    text = CARTS.format(lines="    yield", carts="Carts()")
    assert found(text, "SL101", "SL201") == []


@pytest.mark.parametrize("name", CLASSES)
def test_what_classes_share(name: str) -> None:
    text = dedent(CLASSES[name])
    assert found(text, "SL102") == [n for n, line in enumerate(text.splitlines(), 1) if line.endswith(HERE)]


@pytest.mark.parametrize(
    ("caller", "count"), [("tests/test_main.py", 1), ("worker.py", 1), ("scripts/seed.py", 0)], ids=str
)
def test_what_only_a_script_calls_is_not_served_and_what_a_test_calls_may_be(caller: str, count: int) -> None:
    files = {"main.py": HELPER, caller: 'from main import add\n\n\ndef test_add():\n    add("1")\n'}
    result, _ = findings_of(files, settings_of(""), RULES)
    assert len([finding for finding in result.findings if finding.rule == "SL101"]) == count
