"""The facts of one file: what it declares and what it does, without knowledge of any other file.

Values are *terms*, kept once per file in ``ModuleFacts.terms`` and referred to by index. What happens is a list of
*events* per function, each under a *condition* (an index into ``ModuleFacts.conditions``, a tree that points to its
parents). Terms are symbolic: a local name is replaced by what was assigned to it, so an analysis never re-walks trees.

Positions are 1-based lines and 1-based columns in code points; end columns are exclusive.
"""

from statelint.extract.facts.base import NO_TERM, Position, Struct, TermId
from statelint.extract.facts.declarations import Binding, Class, Function, Import, Parameter
from statelint.extract.facts.events import ALONE, Condition, Event, Handler
from statelint.extract.facts.module import Failure, ModuleFacts, Observation, Suppression
from statelint.extract.facts.terms import (
    Attr,
    Binary,
    Call,
    Caught,
    Cell,
    Choice,
    ClassRef,
    Compare,
    Comprehension,
    Const,
    Element,
    Enter,
    Format,
    FunctionRef,
    Item,
    Logic,
    Mapping,
    Name,
    Not,
    Param,
    Sequence,
    Star,
    Term,
    Unary,
    Unknown,
)

__all__ = [
    "ALONE",
    "NO_TERM",
    "Attr",
    "Binary",
    "Binding",
    "Call",
    "Caught",
    "Cell",
    "Choice",
    "Class",
    "ClassRef",
    "Compare",
    "Comprehension",
    "Condition",
    "Const",
    "Element",
    "Enter",
    "Event",
    "Failure",
    "Format",
    "Function",
    "FunctionRef",
    "Handler",
    "Import",
    "Item",
    "Logic",
    "Mapping",
    "ModuleFacts",
    "Name",
    "Not",
    "Observation",
    "Param",
    "Parameter",
    "Position",
    "Sequence",
    "Star",
    "Struct",
    "Suppression",
    "Term",
    "TermId",
    "Unary",
    "Unknown",
]
