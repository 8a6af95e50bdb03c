"""What kept objects are called and where they are defined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import Place
from statelint.analysis.state.roots import (
    AppAttribute,
    ClassAttribute,
    Default,
    Field,
    FunctionAttribute,
    Global,
    Library,
    Local,
    Memo,
)

if TYPE_CHECKING:
    from statelint.analysis.state.roots import Root

KINDS: dict[type, str] = {
    ClassAttribute: "class",
    Local: "closure",
    Default: "default",
    FunctionAttribute: "function",
    AppAttribute: "app",
    Library: "library",
    Memo: "memo",
    Field: "instance",
}
"""What kind of object each sort of root is."""


def name_of(root: Root) -> str:
    """Return what the project calls an object."""
    match root:
        case Global(name=name) | Local(name=name):
            return name
        case ClassAttribute(klass=klass, name=name):
            return f"{klass.name}.{name}"
        case Field(klass=klass, name=name):
            return f"{klass.name}.{name}" if name else klass.name
        case Default(function=function, parameter=index):
            return function.facts.parameters[index].name
        case FunctionAttribute(function=function, name=name):
            return f"{function.name}.{name}"
        case AppAttribute(holder=holder, name=name):
            return f"{holder}.{name}"
        case Library(name=name):
            return name
        case Memo(function=function):
            return f"{function.name}()"


def definition(root: Root) -> Place | None:
    """Return where an object is defined, if that is in sight."""
    match root:
        case Global(module=module, name=name):
            bindings = module.bindings.get(name)
            return Place(module, bindings[0].position) if bindings else None
        case ClassAttribute(klass=klass, name=name):
            binding = klass.attribute(name)
            return Place(klass.module, binding.position if binding is not None else klass.facts.position)
        case Local(function=function) | FunctionAttribute(function=function) | Memo(function=function):
            return Place(function.module, function.facts.position)
        case Default(function=function, parameter=index):
            return Place(function.module, function.facts.parameters[index].position)
    return None
