"""Branches that only another service reaches: who comes there knows a secret of this service's configuration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.proofs.naming import called_name
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Compare, Const, Item, Logic, Name, Not

if TYPE_CHECKING:
    from statelint.analysis.model import Module
    from statelint.extract.facts import TermId

_SECRET = re.compile(r"token|secret|key|password", re.IGNORECASE)
_CONFIGURATION = re.compile(r"(^|[._])(settings|config|conf|env|environ)\b(\(\))?$", re.IGNORECASE)
_ASKING = frozenset({"getenv", "get"})
_SAME = frozenset({"compare_digest", "constant_time_compare", "safe_str_cmp"})
"""Functions that compare secrets."""
_SIGNED = re.compile(
    r"(verify|check|validate?|is_valid|authenticate)\w*_(signature|hmac|webhook)|(signature|hmac)_(is_)?(valid|ok|match)",
    re.IGNORECASE,
)
"""Functions that tell whether a service has signed what it sends."""
_VERIFIES = re.compile(r"(^|_)(verify|check|validate|is_valid|authenticate)(_|$)", re.IGNORECASE)
_SIGNATURE = re.compile(r"(^|_)(signature|hmac)$", re.IGNORECASE)


def knows_secret(module: Module, test: TermId, positive: bool) -> bool:
    """Tell whether ``test``, being ``positive``, says that the caller sent a secret that the configuration holds."""
    held = module.terms[test]
    match held:
        case Not(value=value):
            return knows_secret(module, value, not positive)
        case Logic(op=op, values=values):
            return (op == "and") is positive and any(knows_secret(module, value, positive) for value in values)
        case Compare(op=op, left=left, right=right) if op == ("==" if positive else "!="):
            return _one_secret(module, left, right)
        case Call(args=(left, right)) if positive and called_name(module, held) in _SAME:
            return _one_secret(module, left, right)
        case Call():
            return positive and _is_signed(module, held)
        case _:
            return False


def _is_signed(module: Module, call: Call) -> bool:
    """``verify_signature(body)``, ``verify_payment(order_id, payment_id, signature)``."""
    name = called_name(module, call)
    return _SIGNED.search(name) is not None or (
        _VERIFIES.search(name) is not None
        and any(
            _SIGNATURE.search(said)
            for said in (*(name for name, _ in call.keywords), *(map(module.last_name, call.arguments)))
        )
    )


def _one_secret(module: Module, left: TermId, right: TermId) -> bool:
    if any(isinstance(module.terms[side], Const) for side in (left, right)):
        return False
    return any(_is_secret(module, part) for side in (left, right) for part in walk(module, side))


def _is_secret(module: Module, term: TermId) -> bool:
    """``settings.WORKER_TOKEN``, ``app.config["API_KEY"]``, ``os.environ.get("SECRET")``, ``SYNC_TOKEN``."""
    held = module.terms[term]
    match held:
        case Attr(base=base, name=name):
            return _SECRET.search(name) is not None and _is_configuration(module, base)
        case Item(base=base, key=key):
            return _SECRET.search(module.text(key) or "") is not None and _is_configuration(module, base)
        case Call(args=(base, key, *_)) if called_name(module, held) == "getattr":
            return _SECRET.search(module.text(key) or "") is not None and _is_configuration(module, base)
        case Call(func=func, args=(key, *_)) if called_name(module, held) in _ASKING:
            target = module.terms[func]
            asked = _SECRET.search(module.text(key) or "") is not None
            return asked and (
                called_name(module, held) == "getenv"
                or (isinstance(target, Attr) and _is_configuration(module, target.base))
            )
        case Name(id=name):
            return name.isupper() and _SECRET.search(name) is not None
        case _:
            return False


def _is_configuration(module: Module, term: TermId) -> bool:
    held = module.terms[term]
    if isinstance(held, Call):
        return _CONFIGURATION.search(called_name(module, held)) is not None
    return _CONFIGURATION.search(held.name if isinstance(held, Attr) else module.dotted(term)) is not None
