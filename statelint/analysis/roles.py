"""Roles that code names: whether whoever signs up has them, and what a test of one says about the caller."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Compare, Const, Logic, Name, Not

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from statelint.analysis.model import FunctionInfo, Module
    from statelint.analysis.principals import Principals
    from statelint.extract.facts import TermId

_EVERYDAY = re.compile(
    r"^(role_?)?(any|any_?one|every_?one|all|public|guest|visitor|basic|free|normal|regular|standard|registered"
    r"|authenticated|user|end_?user|app_?user|normal_?user|regular_?user|customer|client|consumer|buyer|shopper"
    r"|subscriber|follower|reader|viewer|commenter|student|pupil|learner|patient|passenger|applicant|candidate"
    r"|job_?seeker|parent|player|freelancer)s?(_?role)?$",
    re.IGNORECASE,
)
_FIELDS = frozenset({"role", "roles", "user_role", "user_roles", "user_type", "account_type"})
"""Names under which roles are kept: ``session["user_role"]`` is no user's role, though ``USER_ROLE`` may be."""
_MAY = re.compile(r"(can|may)_")
"""Methods of users that tell what their role lets them do."""
DENYING = frozenset({"!=", "not in", "is not", "<", "<="})
"""Comparisons of a caller's role, or of its rank, with the role that is demanded: the caller lacks it."""
RANKS = frozenset({"<", "<=", ">", ">="})
"""Comparisons of ranks."""


def is_everyday(role: str) -> bool:
    """Tell whether whoever signs up has a role of this name: a gate that lets it in keeps nobody from others' rows."""
    return _EVERYDAY.match(role) is not None


def named_roles(module: Module, *terms: TermId) -> Iterator[str]:
    """Yield the texts and names in ``terms`` that may be roles: ``"admin"``, ``UserRole.CUSTOMER``, ``STAFF``."""
    inner: set[TermId] = set()
    for part in walk(module, *terms):
        held = module.terms[part]
        if isinstance(held, Attr):
            inner.add(held.base)
            if held.name == "value":
                continue
            if part not in inner or not isinstance(module.terms[held.base], Name):
                yield held.name
        elif isinstance(held, Name) and part not in inner:
            yield held.id
        elif isinstance(held, Call):
            inner.add(held.func)
        else:
            text = module.text(part)
            if text is not None:
                yield text


def asks_for_role(principals: Principals, module: Module, test: TermId) -> bool:
    """Tell whether a condition asks for a role; a rank is compared with the caller's, and not with a member's."""
    held = module.terms[test]
    return principals.mentions_admin(module, test) and (
        not isinstance(held, Compare)
        or held.op not in RANKS
        or any(principals.is_principal(module, part) for part in walk(module, test))
    )


def grants_role(
    principals: Principals,
    module: Module,
    test: TermId,
    positive: bool,
    owns: Callable[[TermId, bool], bool] | None = None,
) -> bool:
    """Tell whether whoever passes ``test``, it being ``positive``, has a role that not everybody has.

    Each of the alternatives that let them through must say so, or that the caller ``owns`` what is asked for.
    """
    held = module.terms[test]
    match held:
        case Not(value=value):
            return grants_role(principals, module, value, not positive, owns)
        case Logic(op=op, values=values):
            granted = [grants_role(principals, module, value, positive, owns) for value in values]
            return any(granted) and (
                (op == "and") is positive
                or all(
                    role or (owns is not None and owns(value, positive))
                    for role, value in zip(granted, values, strict=True)
                )
            )
        case Compare(op=op, left=left, right=right):
            if not asks_for_role(principals, module, test):
                return False
            said = (op in DENYING) is not positive
            for side in (left, right):
                other = module.terms[side]
                if isinstance(other, Const) and (other.value is None or other.value is False):
                    return not said
            # request.user.role: the caller is a "user" by name, and by no role.
            asked = [side for side in (left, right) if not principals.is_principal(module, side)]
            roles = [role for role in named_roles(module, *asked) if role not in _FIELDS]
            return not said if any(map(is_everyday, roles)) else said
        case Call(func=func) if isinstance(asked_of := module.terms[func], Attr) and _MAY.match(asked_of.name):
            # request.user.can_edit_records()
            return positive and (
                principals.is_principal(module, asked_of.base) or principals.mentions_admin(module, test)
            )
        case Call() if positive and not principals.mentions_admin(module, test):
            return _answers_for_role(principals, module, held)
        case _:
            return positive and principals.mentions_admin(module, test)


def _answers_for_role(principals: Principals, module: Module, call: Call) -> bool:
    """Tell whether a function of the project is handed the caller and says yes to nobody but those with a role.

    ``def may_see_status(user): return user.is_superuser or user.has_perm("status.view")``.
    """
    if not any(principals.is_principal(module, given) for given in call.arguments):
        return False
    callees = principals.inference.callees(module, call)
    for callee in callees:
        if callee not in principals.demanding:
            principals.demanding[callee] = False  # for a function that asks itself
            principals.demanding[callee] = _demands_role(principals, callee)
    return bool(callees) and all(principals.demanding[callee] for callee in callees)


def _demands_role(principals: Principals, function: FunctionInfo) -> bool:
    """Tell whether each answer of a function is no, or asks for a role, or is given to those with one."""
    module = function.module
    conditions = module.facts.conditions
    answers = [event for event in function.events if event.op == "return" and event.term >= 0]
    asked = False
    for answer in answers:
        held = module.terms[answer.term]
        if isinstance(held, Const) and not held.value:
            continue
        given = conditions[answer.condition]
        asked = grants_role(principals, module, answer.term, positive=True) or (
            given.test >= 0 and grants_role(principals, module, given.test, given.positive)
        )
        if not asked:
            return False
    return asked
