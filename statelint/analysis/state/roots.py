"""Names for the places in which a process keeps values between requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from statelint.analysis.model import ClassInfo, FunctionInfo, Module


class Global(NamedTuple):
    """A module's global variable."""

    module: Module
    name: str


class ClassAttribute(NamedTuple):
    """An attribute of a class itself, shared by its instances."""

    klass: ClassInfo
    name: str


class Field(NamedTuple):
    """An attribute of the instances of a class; an empty name stands for the instance itself."""

    klass: ClassInfo
    name: str


class Local(NamedTuple):
    """A local variable that nested functions see."""

    function: FunctionInfo
    name: str


class Default(NamedTuple):
    """The default value of a parameter, made once when the function is defined."""

    function: FunctionInfo
    parameter: int


class FunctionAttribute(NamedTuple):
    """An attribute of a function."""

    function: FunctionInfo
    name: str


class AppAttribute(NamedTuple):
    """What an application object keeps under ``name`` (``app.state.name``, ``app["name"]``)."""

    holder: str
    name: str


class Library(NamedTuple):
    """An attribute of a module, class or object of a library (``os.environ``)."""

    name: str


class Memo(NamedTuple):
    """What a memoised function once returned."""

    function: FunctionInfo


Root: TypeAlias = Global | ClassAttribute | Field | Local | Default | FunctionAttribute | AppAttribute | Library | Memo


class Location(NamedTuple):
    """Something in or below ``root``. ``path`` leads there: ``[]`` for an item or element, ``.x`` for an attribute.

    ``origin`` is the function that named the root and handed it on, where that is not the one being looked at.
    """

    root: Root
    path: tuple[str, ...] = ()
    origin: FunctionInfo | None = None

    def below(self, step: str) -> Location:
        """Return the location one step deeper; deep paths are cut."""
        return self if len(self.path) >= MAX_PATH else Location(self.root, (*self.path, step), self.origin)


MAX_PATH = 5
