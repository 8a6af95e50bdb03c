"""Which functions call which."""

from __future__ import annotations

import pytest


def test_functions_methods_and_constructors(code):
    project = code("""
        class Service:
            def __init__(self): self.start()
            def start(self): ...
            def run(self): return helper()
        def helper(): ...
        def f():
            service = Service()
            service.run()
    """)
    assert project.calls("f") == {"call Service.__init__", "call Service.run"}
    assert project.calls("Service.__init__") == {"call Service.start"}
    assert project.calls("Service.run") == {"call helper"}


def test_a_function_that_is_handed_on_is_referred_to(code):
    project = code("def job(): ...\ndef f(pool):\n    pool.submit(job)\ndef g():\n    return job\n")
    assert project.calls("f") == {"reference job"}
    assert project.calls("g") == {"return job"}


def test_nobody_runs_what_others_hand_over(code):
    project = code("""
        from collections.abc import Callable
        def run(job: Callable):
            def at_once(): return job()
            return job() or at_once()
        def read(): ...
        def purge(): ...
        def serve(): return run(read)
        def clean(): return run(purge)
    """)
    assert project.calls("run") == {"call run.at_once"}
    assert project.calls("run.at_once") == set()
    assert project.calls("serve") == {"call run", "reference read"}


def test_an_unknown_receiver_is_matched_by_a_rare_name_only(code):
    rare = "class A:\n    def load_row(self): ...\ndef f(x):\n    x.load_row()\n"
    common = (
        "\n".join(f"class C{n}:\n    def load_row(self): ...\n" for n in range(6)) + "def f(x):\n    x.load_row()\n"
    )
    assert code(rare).calls("f") == {"name A.load_row"}
    assert code(common).calls("f") == set()


def test_an_unknown_receiver_is_no_repository_for_having_a_method_that_dictionaries_have(code):
    project = code("""
        class NoteRepository:
            def get(self, note): ...
        def shown(chunk):
            return chunk.get("title")
        def found(repo, note):
            return repo.get(note)
    """)
    assert project.calls("shown") == set()
    assert project.calls("found") == {"name NoteRepository.get"}


PLAIN = """
    def traced(f):
        def wrapper(*args):
            return f(*args)
        return wrapper
"""
CALLED = """
    def traced(level):
        def deco(f):
            def wrapper(*args):
                return f(*args)
            return wrapper
        return deco
"""


@pytest.mark.parametrize(
    ("source", "decorator", "wrapper"),
    [
        (PLAIN, "traced", "traced.wrapper"),
        (PLAIN, "deco.traced", "traced.wrapper"),
        (CALLED, "traced(1)", "traced.deco.wrapper"),
        (CALLED, "deco.traced(level=1)", "traced.deco.wrapper"),
    ],
)
def test_a_decorator_puts_its_wrapper_in_the_way(sample, source, decorator, wrapper):
    project = sample(
        {"deco.py": source, "main.py": f"import deco\nfrom deco import traced\n@{decorator}\ndef view(): ...\n"}
    )
    assert project.calls("view") == {f"decorator {wrapper}"}


def test_dependencies_of_parameters_and_decorators(code):
    project = code("""
        from fastapi import Depends, FastAPI
        app = FastAPI()
        def user(): ...
        def admin(): ...
        class Limit:
            def __call__(self): ...
        limit = Limit()
        @app.get("/", dependencies=[Depends(admin), Depends(limit)])
        def view(u=Depends(user)): ...
    """)
    assert {edge for edge in project.calls("view") if edge.startswith("dependency")} == {
        "dependency user",
        "dependency admin",
        "dependency Limit.__call__",
    }


def test_a_class_as_its_own_dependency_is_built(code):
    project = code("""
        from fastapi import Depends
        class Paging:
            def __init__(self, page: int = 0): ...
        def view(p: Paging = Depends()): ...
    """)
    assert project.calls("view") == {"dependency Paging.__init__"}


def test_lambdas_call_what_is_in_them(code):
    project = code("def helper(): ...\ncallback = lambda: helper()\n")
    assert project.calls("<lambda>") == {"call helper"}


def test_super_calls_the_base(code):
    project = code("""
        class A:
            def get(self): ...
        class B(A):
            def get(self):
                super().get()
    """)
    assert project.calls("B.get") == {"call A.get"}


def test_a_bound_call_fills_the_first_parameter(code):
    project = code("""
        class User: ...
        class Repo:
            def save(self, user): return user
            @classmethod
            def make(cls, user): return user
            @staticmethod
            def plain(user): return user
        def f():
            Repo().save(User()); Repo.make(User()); Repo.plain(User())
            Repo.save(Repo(), User())
    """)
    for name in ("Repo.save", "Repo.make", "Repo.plain"):
        assert project.returns(name) == {"instance User"}, name


def test_what_the_standard_library_gives_is_none_of_the_projects_objects(code):
    project = code("""
        import re
        class Engine:
            def start(self): ...
        def found(text):
            return [(match.start(), match.end()) for match in re.finditer("a", text)]
        def positions(text):
            for match in re.finditer("a", text):
                print(match.start())
        def begin(engines):
            for engine in engines:
                engine.start()
    """)
    assert project.calls("found") == project.calls("positions") == set()
    assert project.calls("begin") == {"name Engine.start"}


def test_the_methods_of_a_protocol_are_those_of_the_classes_that_have_them_all(code):
    project = code("""
        from typing import Protocol
        class Notes(Protocol):
            def load(self, key): ...
            def keep(self, note): ...
        class Clock(Protocol):
            def now(self): ...
        class SqlNotes:
            def load(self, key): ...
            def keep(self, note): ...
        class Reader:
            def load(self, key): ...
        class UtcClock:
            def now(self): ...
        class Feed:
            def now(self): ...
        def f(notes: Notes, clock: Clock):
            notes.load(clock.now())
    """)
    assert project.calls("f") == {
        "call Notes.load", "override SqlNotes.load", "call Clock.now", "override UtcClock.now",
    }  # fmt: skip
