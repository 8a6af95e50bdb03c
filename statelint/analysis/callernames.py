"""What names say of callers: who is calling, administrators, machines."""

from __future__ import annotations

import re

from statelint.analysis.roles import is_everyday

_IDENTITY_NAME = re.compile(
    r"(^|_)(current|authenticated|logged_?in|auth|authorized|verified|session|request|requesting|jwt|token|acting|active)_?(user|account|member|customer|employee|"
    r"tenant|org|organization|workspace|admin|principal|identity|payload|claims|data|context|info|id|superuser)(_id|_uid|_email)?($|_(?!\w+(?<!permission)(?<!role)(?<!scope)(?<!group)(?<!claim)(?<!credential)(?<!detail)(?<!acces)s$))"
    r"|^(get_)?(me|principal|identity|claims|whoami)$|(^|_)(verify|check|require|validate|decode|authenticate)_(\w+_)?(token|user|auth|jwt|session|api_key|login|credentials)"
    r"|(^|_)(get|require)_((?!\w*(by|for|of|from|with)_)\w+_)?(user|principal|identity|tenant|account|member)(_id)?(_from_(token|jwt|header|session|request|cookie))?$|^authenticate|require_auth|login_required",
    re.IGNORECASE,
)
_ADMIN = re.compile(
    r"(^|_|\.)(is_?)?(admin|administrator|superuser|super_user|staff|root|moderator|superadmin|sysadmin|internal|operator|privileged)s?($|_|\.)",
    re.IGNORECASE,
)
_FLAG = re.compile(r"is_([a-z]+(?:_[a-z]+)?)$")
_STATE = re.compile(
    r"(^(a|an|not|in|on|my|own)_)|((ed|ive|ous|able|ible|ic|al|ium|ing|new|old|bot|self|ready|same|valid|human|vip|pro)$)"
)
"""Endings of adjectives: ``is_verified`` and ``is_premium`` are no roles."""
_SYSTEM = re.compile(
    r"(^|_)(webhook|signature|cron|internal|service_token|system|scheduler|hmac|admin_token)($|_)", re.IGNORECASE
)


def is_admin_name(name: str) -> bool:
    """Tell whether a name speaks of administrators."""
    return _ADMIN.search(name) is not None


def is_role_flag(name: str) -> bool:
    """Tell whether an attribute of a user says that the user is something that not everybody is: ``is_doctor``."""
    held = _FLAG.match(name)
    return held is not None and not _STATE.search(held[1]) and not is_everyday(held[1])


def is_identity_name(name: str) -> bool:
    """Tell whether a name speaks of the caller, or of what finds out who is calling."""
    return _IDENTITY_NAME.search(name) is not None


def is_system_name(name: str) -> bool:
    """Tell whether a name speaks of machine callers (webhooks, cron, other services)."""
    return _SYSTEM.search(name) is not None
