"""Small projects from strings, and what the analysis makes of them in words that a test can compare."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from statelint.analysis.model import ClassValue, External, FunctionValue, Instance, Package, Result
from statelint.analysis.project import Project, analyse
from statelint.catalogue.loader import load
from statelint.config.settings import Settings
from statelint.extract.extractor import extract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from statelint.analysis.model import FunctionInfo, Value


def words(value: Value) -> str:
    """Describe a value in a word or two: ``class User``, ``instance User``, ``result fastapi.FastAPI`` …."""
    match value:
        case ClassValue(klass=klass):
            return f"class {klass.facts.qualname}"
        case Instance(klass=klass):
            return f"instance {klass.facts.qualname}"
        case FunctionValue(function=function):
            return f"function {function.qualname}"
        case Package(parts=parts):
            return f"module {'.'.join(parts)}"
        case External(name=name):
            return name
        case Result(name=name):
            return f"result {name}"


class Sample:
    """A project made of the given files."""

    def __init__(self, files: dict[str, str]) -> None:
        catalogue = load()
        facts = [extract(path, dedent(text).encode(), catalogue) for path, text in files.items()]
        assert [module.failure for module in facts] == [None] * len(facts)
        self.project: Project = analyse(facts, catalogue, Settings())
        self.reached = self.project.reach

    def function(self, name: str, path: str = "") -> FunctionInfo:
        """Return the last function with this qualified name."""
        found = [
            function
            for module in self.project.modules.values()
            if path in ("", module.path)
            for function in module.functions
            if function.qualname == name
        ]
        return found[-1]

    def names(self, path: str, name: str) -> set[str]:
        """Return what the global ``name`` of a module stands for."""
        module = self.project.modules[path]
        return self._words(self.project.inference.name(module, name))

    def returns(self, name: str, path: str = "") -> set[str]:
        """Return what the return statements of a function give."""
        function = self.function(name, path)
        return self._words(
            value
            for event in function.events
            if event.op == "return"
            for value in self.project.inference.term(function.module, event.term)
        )

    def parameter(self, function: str, name: str) -> set[str]:
        """Return what a parameter can be."""
        info = self.function(function)
        return self._words(self.project.inference.parameter(info, info.parameter(name)))

    def calls(self, name: str) -> set[str]:
        """Return the edges that leave a function, as ``kind callee``."""
        edges = self.project.calls.callees.get(self.function(name), [])
        return {f"{edge.kind} {edge.callee.qualname}" for edge in edges}

    def entries(self) -> set[str]:
        """Return the entry points as ``kind function path``."""
        return {
            f"{entry.kind} {entry.function.qualname} {entry.path}".strip() for entry in self.project.entry_points.found
        }

    def reach(self, name: str) -> str:
        """Return whether a function is served."""
        return str(self.reached.of(self.function(name)))

    @staticmethod
    def _words(values: Iterable[Value]) -> set[str]:
        return {words(value) for value in values}


@pytest.fixture(scope="session")
def sample() -> Callable[[dict[str, str]], Sample]:
    """Return what makes a project of files, by path."""
    return Sample


@pytest.fixture(scope="session")
def code() -> Callable[[str], Sample]:
    """Return what makes a project of one file, ``main.py``."""
    return lambda text: Sample({"main.py": text})
