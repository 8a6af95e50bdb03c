"""Names lead where Python's own import system takes them, in any small tree of packages."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

MODULES = ("zzapp", "zzapp.core", "zzapp.core.models", "zzapp.core.more", "zzapp.api", "zzapp.api.routes", "zztop")
PACKAGES = {"zzapp", "zzapp.core", "zzapp.api"}
Trees = dict[str, list[str]]


def path_of(module: str) -> str:
    return module.replace(".", "/") + ("/__init__.py" if module in PACKAGES else ".py")


def relative(module: str, to: str) -> str:
    """Return how ``module`` names another module relative to itself, or an empty string."""
    package = module.split(".") if module in PACKAGES else module.split(".")[:-1]
    other = to.split(".")
    if not package or other[0] != package[0]:
        return ""
    common = 0
    while common < min(len(package), len(other)) and package[common] == other[common]:
        common += 1
    return "." * (len(package) - common + 1) + ".".join(other[common:])


@st.composite
def trees(draw: Any) -> Trees:
    """Draw modules, each of which has a class, and imports others' names in one of Python's ways."""
    order = draw(st.permutations(MODULES))
    names: dict[str, list[str]] = {}
    lines: Trees = {}
    for module in order:
        mine = f"Class{order.index(module)}"
        text, bound = [f"class {mine}: ..."], [mine]
        for number in range(draw(st.integers(0, 3)) if names else 0):
            other = draw(st.sampled_from(sorted(names)))
            name, new = draw(st.sampled_from(names[other])), f"name{order.index(module)}_{number}"
            parent, _, last = other.rpartition(".")
            ways = [f"from {other} import {name} as {new}", f"import {other} as {new}_\n{new} = {new}_.{name}",
                    f"import {other}\n{new} = {other}.{name}"]  # fmt: skip
            if dots := relative(module, other):
                ways += [f"from {dots} import {name} as {new}", f"from {dots} import {name}\n{new} = {name}"]
            if parent:
                ways += [f"from {parent} import {last} as {new}_\n{new} = {new}_.{name}"]
            ways += [f"from {other} import *\n{new} = {name}"]
            text.append(draw(st.sampled_from(ways)))
            bound.append(new)
        if draw(st.booleans()):
            text.append(f"__all__ = {bound}")
        names[module], lines[module] = bound, text
    return lines


@settings(max_examples=50, deadline=None)
@given(tree=trees())
def test_a_name_is_what_python_imports(tree: Trees, sample: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("tree")
    files = {path_of(module): "\n".join(lines) + "\n" for module, lines in tree.items()}
    expected = imported(root, files)
    assume(expected)
    project = sample(files)
    for path, name in expected:
        assert project.names(path, name) == {f"class {expected[path, name]}"}, (path, name, files)


def imported(root: Path, files: dict[str, str]) -> dict[tuple[str, str], str]:
    """Return the class that each global of each module is, as Python has it; nothing where imports go in circles."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    try:
        modules = {module: importlib.import_module(module) for module in MODULES}
        return {
            (path_of(module), name): value.__qualname__
            for module, held in modules.items()
            for name, value in vars(held).items()
            if isinstance(value, type)
        }
    except (ImportError, AttributeError, NameError):
        return {}
    finally:
        sys.path.remove(str(root))
        for name in [name for name in sys.modules if name.startswith("zz")]:
            del sys.modules[name]
