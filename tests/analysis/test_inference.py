"""What terms stand for."""

from __future__ import annotations

import pytest

MODELS = """
    class Base:
        def save(self): return self
    class User(Base):
        name: str
        @property
        def peer(self): return User()
        @classmethod
        def make(cls): return cls()
        @staticmethod
        def plain(): return Base()
"""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("User()", {"instance User"}),
        ("User().peer", {"instance User"}),
        ("User().peer.peer", {"instance User"}),
        ("User.make()", {"instance User"}),
        ("User.plain()", {"instance Base"}),
        ("User().save()", {"instance Base"}),
        ("[User()][0]", {"instance User"}),
        ("{'a': User()}['a']", {"instance User"}),
        ("[u for u in [User()]][0]", {"instance User"}),
        ("User() if x else Base()", {"instance User", "instance Base"}),
        ("None or User()", {"instance User"}),
        ("(lambda: User())()", {"instance User"}),
        ("f'{x}'", {"result str"}),
        ("x == 1", {"result bool"}),
        ("{}", {"result dict"}),
        ("[]", {"result list"}),
    ],
)
def test_expressions(code, expression, expected):
    assert code(MODELS + f"    def f(x):\n        return {expression}\n").returns("f") == expected


def test_the_last_of_two_certain_definitions_wins_at_run_time_but_both_are_known(code):
    project = code("def f(): return 1\ndef f(): return ''\ndef g(): return f()\n")
    assert project.returns("g") >= {"result str"}


def test_conditional_definitions_are_all_known(code):
    project = code("import sys\nif sys.argv:\n    class A: ...\nelse:\n    A = dict\ndef f(): return A()\n")
    assert project.returns("f") == {"instance A", "result dict"}


def test_a_local_name_hides_the_global(code):
    assert code("x = []\ndef f():\n    x = {}\n    return x\n").returns("f") == {"result dict"}


def test_a_name_bound_in_two_branches_is_either(code):
    project = code("def f(c):\n    if c:\n        x = []\n    else:\n        x = {}\n    return x\n")
    assert project.returns("f") == {"result list", "result dict"}


def test_closures_see_the_locals_around_them(code):
    project = code("""
        class User: ...
        def factory():
            user = User()
            def inner():
                return user
            return inner
    """)
    assert project.returns("factory.inner") == {"instance User"}


def test_closures_see_rebinding_through_nonlocal(code):
    project = code("""
        def factory():
            held = None
            def keep():
                nonlocal held
                held = []
            def get():
                return held
            return keep, get
    """)
    assert project.returns("factory.get") == {"result list"}


def test_functions_in_classes_in_functions(code):
    project = code("""
        class Row: ...
        def make():
            class Inner:
                def row(self): return Row()
                def again(self): return self.row()
            return Inner
        def use():
            return make()().again()
    """)
    assert project.returns("use") == {"instance Row"}


def test_class_scope_is_not_seen_by_methods(code):
    project = code("limit = []\nclass A:\n    limit = {}\n    def f(self):\n        return limit\n")
    assert project.returns("A.f") == {"result list"}


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("User", {"instance User"}),
        ("'User'", {"instance User"}),
        ("User | None", {"instance User"}),
        ("Optional[User]", {"instance User"}),
        ("Union[User, Team]", {"instance User", "instance Team"}),
        ("Annotated[User, 'x']", {"instance User"}),
        ("type[User]", {"class User"}),
        ("'Optional[User]'", {"instance User"}),
        ("Alias", {"instance User"}),
    ],
)
def test_annotations_of_parameters(code, annotation, expected):
    project = code(f"""
        from typing import Annotated, Optional, Union
        class User: ...
        class Team: ...
        Alias = Optional[User]
        def f(x: {annotation}):
            return x
    """)
    assert project.returns("f") == expected


def test_elements_of_annotated_containers(code):
    project = code("""
        class User: ...
        def f(xs: list[User], by: dict[str, User]):
            for x in xs:
                return x
        def g(by: dict[str, User]):
            return by["a"]
    """)
    assert project.returns("f") == {"instance User"}
    assert project.returns("g") == {"instance User"}


def test_attributes_have_the_type_of_the_parameter_they_keep(code):
    project = code("""
        class Repo: ...
        class Service:
            def __init__(self, repo: Repo):
                self.repo = repo
            def get(self):
                return self.repo
    """)
    assert project.returns("Service.get") == {"instance Repo"}


def test_dataclass_fields_have_the_type_of_their_annotation(code):
    project = code("""
        from dataclasses import dataclass
        class Repo: ...
        @dataclass
        class Service:
            repo: Repo
            def get(self):
                return self.repo
    """)
    assert project.returns("Service.get") == {"instance Repo"}


def test_inherited_fields_and_methods_are_found_in_other_modules(sample):
    project = sample(
        {
            "base.py": "class Repo: ...\nclass Base:\n    def __init__(self):\n        self.repo = Repo()\n",
            "main.py": "from base import Base\nclass Service(Base):\n    def get(self):\n        return self.repo\n",
        }
    )
    assert project.returns("Service.get") == {"instance Repo"}


def test_super_means_the_next_class(code):
    project = code("""
        class Row: ...
        class Base:
            def get(self): return Row()
        class Child(Base):
            def get(self):
                return super().get()
    """)
    assert project.returns("Child.get") == {"instance Row"}


def test_diamonds_resolve_in_the_order_of_python(code):
    project = code("""
        class Left: ...
        class Right: ...
        class Base:
            def get(self): return Left()
        class A(Base): ...
        class B(Base):
            def get(self): return Right()
        class C(A, B): ...
        def f():
            return C().get()
    """)
    assert project.returns("f") == {"instance Right"}


def test_generic_bases_are_bases(code):
    project = code("""
        from typing import Generic, TypeVar
        T = TypeVar("T")
        class Row: ...
        class Repo(Generic[T]):
            def get(self): return Row()
        class Users(Repo[int]): ...
        def f():
            return Users().get()
    """)
    assert project.returns("f") == {"instance Row"}


def test_instances_can_be_called(code):
    project = code("""
        class Row: ...
        class Loader:
            def __call__(self): return Row()
        load = Loader()
        def f():
            return load()
    """)
    assert project.returns("f") == {"instance Row"}


@pytest.mark.parametrize("decorator", ["@property", "@cached_property", "@functools.cached_property"])
def test_properties_are_read_without_a_call(code, decorator):
    project = code(f"""
        import functools
        from functools import cached_property
        class Row: ...
        class A:
            {decorator}
            def row(self): return Row()
        def f():
            return A().row
    """)
    assert project.returns("f") == {"instance Row"}


@pytest.mark.parametrize(
    "parameter", ["x: User = Depends(load)", "x=Depends(load)", "x: Annotated[User, Depends(load)]", "x: CurrentUser"]
)
def test_dependencies_give_what_they_return(code, parameter):
    project = code(f"""
        from typing import Annotated
        from fastapi import Depends
        class User: ...
        def load() -> User: ...
        CurrentUser = Annotated[User, Depends(load)]
        def f({parameter}):
            return x
    """)
    assert project.returns("f") == {"instance User"}


def test_dependency_aliases_are_followed_into_other_modules(sample):
    project = sample(
        {
            "app/deps.py": """
                from typing import Annotated
                from fastapi import Depends
                class User: ...
                def load():
                    return User()
                CurrentUser = Annotated[User, Depends(load)]
            """,
            "app/main.py": "from app.deps import CurrentUser\ndef f(x: CurrentUser):\n    return x\n",
            "app/other.py": "from app import deps\ndef g(x: deps.CurrentUser):\n    return x\n",
        }
    )
    assert project.returns("f") == {"instance User"}
    assert project.returns("g") == {"instance User"}
    assert project.calls("f") == {"dependency load"}
    assert project.calls("g") == {"dependency load"}


@pytest.mark.parametrize("returns", ["", " -> Generator[Session, None, None]", " -> Iterator[Session]"])
def test_generator_dependencies_give_what_they_yield(code, returns):
    project = code(f"""
        from collections.abc import Generator, Iterator
        from fastapi import Depends
        class Session: ...
        def get_session(){returns}:
            session = Session()
            yield session
        def f(x=Depends(get_session)):
            return x
    """)
    assert project.returns("f") == {"instance Session"}


def test_context_managers_give_what_they_enter_with(code):
    project = code("""
        from contextlib import contextmanager
        class Session: ...
        class Scope:
            def __enter__(self): return Session()
        @contextmanager
        def scope():
            yield Session()
        def f():
            with Scope() as s:
                return s
        def g():
            with scope() as s:
                return s
    """)
    assert project.returns("f") == {"instance Session"}
    assert project.returns("g") == {"instance Session"}


def test_parameters_take_the_type_of_their_known_callers(code):
    project = code(
        "class User: ...\ndef f(x):\n    return x\ndef g():\n    return f(User())\ndef h():\n    f(x=User())\n"
    )
    assert project.returns("f") == {"instance User"}


def test_results_of_libraries_are_named_by_the_catalogue(code):
    project = code("import redis\nclient = redis.Redis()\ndef f():\n    return client\n")
    assert project.returns("f") == {"result redis.Redis"}


@pytest.mark.parametrize(
    "call", ["to_thread(load, 1)", "asyncio.to_thread(load, 1)", "loop.run_in_executor(None, load, 1)"]
)
def test_invokers_give_what_the_function_gives(code, call):
    project = code(f"""
        import asyncio
        from asyncio import to_thread
        class Row: ...
        def load(key):
            return Row()
        async def f(loop):
            return await {call}
    """)
    assert project.returns("f") == {"instance Row"}
    assert "call load" in project.calls("f")
    assert project.parameter("load", "key") == {"result int"}


def test_what_the_catalogue_knows_under_a_key(code):
    project = code("""
        from rest_framework import serializers
        class Note(serializers.ModelSerializer):
            def validate(self, data):
                return self.context["request"]
            def create(self, data):
                return self.context.get("request")
    """)
    assert project.returns("Note.validate") == {"result rest_framework.request.Request"}
    assert project.returns("Note.create") == {"result rest_framework.request.Request"}


def test_recursion_ends(code):
    project = code("def f(n):\n    return f(n - 1)\ndef g():\n    return h()\ndef h():\n    return g() or []\n")
    assert project.returns("f") == set()
    assert project.returns("h") == {"result list"}


def test_classes_that_inherit_from_themselves_end(code):
    project = code("class A(B): ...\nclass B(A):\n    def f(self): return self.g()\n    def g(self): return []\n")
    assert project.returns("B.f") == {"result list"}


@pytest.mark.parametrize("home", ["typing", "collections.abc"])
def test_an_annotation_that_says_little_hides_nothing(code, home):
    source = f"""
        from {home} import Callable
        class User: ...
        def make() -> Callable[[], User]:
            def inner(): return User()
            return inner
        def made(): return make()()
        def run(job: Callable[[], User]): return job()
        def start(): return run(make())
    """
    assert "instance User" in code(source).returns("made")
    assert "instance User" in code(source).returns("run")
