"""Which functions run while requests are served."""

from __future__ import annotations

import time

import pytest

APP = """
    from fastapi import Depends, FastAPI
    app = FastAPI()
"""


def test_what_a_route_calls_is_served(code):
    project = code(
        APP
        + """
    def helper(): deeper()
    def deeper(): ...
    def user(): ...
    @app.get("/")
    def view(u=Depends(user)):
        helper()
    """
    )
    assert {project.reach(name) for name in ("view", "helper", "deeper", "user")} == {"served"}
    way = project.reached.way(project.function("deeper"))
    assert [edge.callee.name for edge in way] == ["helper", "deeper"]
    assert project.reached.root(project.function("deeper")).function.name == "view"


def test_what_nothing_calls_is_unknown(code):
    assert code(APP + "    def f(): ...\n").reach("f") == "unknown"


def test_what_import_time_alone_calls_is_offline(code):
    project = code(APP + "    def load(): ...\n    TABLE = load()\n")
    assert project.reach("load") == "offline"
    assert project.reach("<module>") == "offline"


def test_what_import_time_and_a_route_call_is_served(code):
    project = code(APP + '    def load(): ...\n    TABLE = load()\n    @app.get("/")\n    def view(): load()\n')
    assert project.reach("load") == "served"


def test_what_import_time_hands_on_is_not_offline(code):
    project = code(APP + "    import registry\n    def f(): ...\n    registry.add(f)\n")
    assert project.reach("f") == "unknown"


@pytest.mark.parametrize("path", ["app/migrations/0001_initial.py", "app/management/commands/load.py"])
def test_migrations_and_commands_are_offline(sample, path):
    assert sample({path: "def f(): ...\n"}).reach("f") == "offline"


def test_startup_is_offline_even_when_routes_name_it(code):
    project = code(APP + '    @app.on_event("startup")\n    def start(): warm()\n    def warm(): ...\n')
    assert project.reach("start") == "offline"
    assert project.reach("warm") == "offline"


def test_a_lambda_is_reached_with_the_function_around_it(code):
    project = code(APP + '    @app.get("/")\n    def view(xs):\n        return sorted(xs, key=lambda x: x.y)\n')
    assert project.reach("view.<lambda>") == "served"


def test_a_function_reached_in_a_thread_is_served(code):
    project = code(
        APP
        + """
    import asyncio
    def work(): ...
    @app.get("/")
    async def view():
        await asyncio.to_thread(work)
    """
    )
    assert project.reach("work") == "served"


def test_a_way_by_name_alone_is_loose(code):
    project = code(
        APP
        + '    class A:\n        def load_row(self): ...\n    @app.get("/")\n    def view(x):\n        x.load_row()\n'
    )
    function = project.function("A.load_row")
    assert project.reach("A.load_row") == "served"
    assert project.reached.loosely(function)
    assert not project.reached.loosely(project.function("view"))


def test_what_nobody_imports_beside_what_is_imported_is_unused(sample):
    route = '@app.get("/")\n    def view(): notes()\n'
    project = sample(
        {
            "app/main.py": f"{APP}    from app.services.notes import notes\n    {route}",
            "app/services/notes.py": "def notes(): ...\n",
            "app/services/maintenance.py": "def clean(): ...\n",
        }
    )
    unused = {name: project.reached.unused(project.function(name).module) for name in ("notes", "clean")}
    assert unused == {"notes": False, "clean": True}


def test_one_module_of_many_functions_is_linear(code):
    def seconds(count: int) -> float:
        functions = (
            f"def f{n}(a):\n    return f{max(n - 1, 0)}(a)\nclass C{n}:\n    def m(self): ...\n" for n in range(count)
        )
        start = time.process_time()
        code("def deco(f):\n    def inner(): ...\n    return inner\n" + "@deco\n".join(functions))
        return time.process_time() - start

    seconds(100)
    # Eight times the functions: a quadratic step would make it 64 times the time.
    assert seconds(4000) < 24 * seconds(500)
