"""Names by which code speaks of owners, credentials, checks and guards."""

from __future__ import annotations

import re

ARGUMENTS = frozenset({"kwargs", "kw", "kwds", "view_args", "path_params", "params"})
"""What holds all that a route passes to its function."""
KEYS = frozenset({"id", "pk", "uuid", "_id", "uid", "guid"})
KEY = re.compile(rf"^({'|'.join(sorted(KEYS))})$|^id_|_(id|ids|uuid|pk)$")
"""Names of keys and of columns that hold others' keys."""
NAMES = frozenset({"name", "slug", "code", "key"})
"""Columns by which programs name a row of their own."""

NEGATIVE = frozenset({"!=", "not in", "is not", "notin_", "isnot"})
"""Comparisons that leave the named rows out."""
DEMANDING = frozenset(
    {"get", "one", "get_or_404", "first_or_404", "one_or_404", "get_object_or_404", "scalar_one", "get_or_raise"}
)
"""Ways to ask for a row that leave where there is none."""
FRESH = re.compile(r"uuid|ulid|nanoid|cuid|^token_(hex|urlsafe|bytes)$|^ObjectId$", re.IGNORECASE)
"""Calls that make a new key."""
CREDENTIAL = re.compile(
    r"(^|_)(token|code|otp|secret|(?:api|admin|in|invoice|access|secret|private)_?key|key_hash|hash|email|username|slug|short_?(?:url|link|code|id)|password|digest|hmac|nonce|state|verifier|invite|invitation|link|phone|jti|signature|\w+_key|external_id|stripe\w*|subscription_ref|checkout\w*|(provider|gateway|processor|merchant)_\w*(id|ref|reference)|transaction_id|tracking_(id|number))($|_)",
    re.IGNORECASE,
)
OWN_METHOD = re.compile(
    r"(^|_)(visible|accessible|owned|allowed|permitted|mine|restrict)(_|$)"
    r"|(^|_)(for|by|of)_(?!(ids?|pks?|keys?|uuids?|names?|titles?|dates?|status|types?|kinds?)$)",
    re.IGNORECASE,
)
"""Methods of a project's own managers that ask for somebody's rows; ``get_by_id`` asks for anybody's."""
FORMS = ("django.forms.", "rest_framework.serializers.", "wtforms.", "flask_wtf.")
"""Where the bases of forms and serializers are."""
SECRET = re.compile(r"(^|_)(hash|digest|token|secret|code|otp|password|signature|key_hash)($|_)", re.IGNORECASE)
CHECKING = re.compile(
    r"(^|_)((check(?!out)|verify|ensure|require|assert|authorize|authorise|validate|enforce|guard)_?"
    r"|(can|has|may|is)(_|(?-i:(?=[A-Z]))))(\w*_)?(access|owner\w*|own|perm\w*|member\w*|right\w*|allowed|user|view|edit|read|write|delete|modify|manage|belongs\w*|authori\w+|admin|tenant|policy|role|object_permissions)"
    r"|(^|_)(raise|abort|deny|refuse|forbid)_((if|when)_)?(not|unless|cannot)_(?!found|exist|none|valid|empty|null|set)"
    r"|^(authorize|authorise|check_object_permissions|(?-i:can(?![a-z]))|allowed|is_owner|owns|belongs_to|has_object_permission|user_can|permission\w*)",
    re.IGNORECASE,
)
"""Names of checks; ``cancel_order`` is none."""
GUARD_NAME = re.compile(
    r"(owner|permission|permit|access|member|role|authori[sz]|(?<![a-z])acl|policy|polic|can_|tenant|workspace|organi[sz]ation|scope)",
    re.IGNORECASE,
)
ROLE_GATE = re.compile(r"permission|permit|role|scope|privilege|capabilit", re.IGNORECASE)
NO_GUARD = frozenset(
    {
        "IsAuthenticated",
        "AllowAny",
        "IsAuthenticatedOrReadOnly",
        "TokenAuthentication",
        "login_required",
        "DjangoModelPermissions",
        "scopes_disabled",
    }
)
LOGIN = re.compile(
    r"login|authenticat|jwt_required|current_user|auth_required|requires_auth|token_required|require_auth|security",
    re.IGNORECASE,
)
PAYING = re.compile(r"(^|_)(payment|order|invoice|checkout|purchase|subscription|donation|transaction|billing)s?($|_)")
"""Models whose rows a payment service knows by keys of its own."""
LINKED = re.compile(r"unsubscrib|opt_?out|confirm_|activat|invit|verif", re.IGNORECASE)
"""Names of functions that links in mails lead to; the unguessable key in them is the permission."""
LEAVING = re.compile(r"abort|raise|exit|fail|forbid|deny|denied|refuse|reject", re.IGNORECASE)
"""Calls that may never return."""
LOOKUP = re.compile(
    r"^a?(get|mget|hget|hgetall|get_or_none|first|one_or_none|scalar\w*|exists|count)$"
    r"|^(find|fetch|load|lookup|look_up|retrieve)(_|$)|(^|_)cached?(_|$)",
    re.IGNORECASE,
)
"""Calls that ask whether something is there."""
HARMLESS = re.compile(
    r"^(print|flash|log|debug|info|warn|warning|error|exception|critical|success|message|add_message|append|add|write|"
    r"emit|send|echo|commit|flush|refresh|save|update|increment|inc|labels)$",
    re.IGNORECASE,
)
"""Methods and functions, of libraries, that surely return."""
HANDLERS = frozenset(
    {
        "get", "post", "put", "patch", "delete", "head", "options", "trace", "list", "create", "retrieve", "update",
        "partial_update", "destroy", "dispatch", "connect", "disconnect", "receive", "receive_json",
        "websocket_connect", "websocket_receive", "websocket_disconnect", "on_connect", "on_message", "on_receive",
        "handle",
    }
)  # fmt: skip
"""Methods of views and consumers that frameworks call with what the client sends."""
COUNTER = re.compile(
    r"(^|_)(views?|hits|visits|clicks|downloads|plays|impressions)$"
    r"|(view|read|hit|visit|click|download|play|watch)(s|ed)?_?(count|num|number|total)"
    r"|(count|num|number|total)_?(of_)?(view|read|hit|visit|click|download|play)s?",
    re.IGNORECASE,
)
"""Columns in which a service counts how often a row was shown."""
TALLY = re.compile(r"(^|_)(likes?|dislikes?|hearts|claps|(up|down)?votes?)($|_)", re.IGNORECASE)
"""Columns that count what users think of what somebody offers."""
OPINIONS = re.compile(
    r"(^|_)(likes?|liked_by|likers|dislikes?|hearts|claps|(up|down)?votes?|voters|reactions?|shares|comments?|"
    r"favou?rited_by|favou?rites?_count)($|_)",
    re.IGNORECASE,
)
"""Columns of what is published in which its readers leave something of theirs."""
RUNNING = frozenset({"execute", "scalars", "scalar", "exec", "stream", "stream_scalars"})
"""Methods of sessions that run the statement they are given."""
MAKING = frozenset({"create", "acreate", "bulk_create", "insert"})
"""Methods that make rows, and ask for none."""
WRITING = frozenset({"delete", "save", "update", "adelete", "asave", "remove", "delete_instance"})
"""Methods of rows that change them."""
GOING = frozenset({"redirect", "reverse", "reverse_lazy", "resolve_url", "url_for"})
"""Calls that name the address of a page."""
QUIET = frozenset(
    {
        "print",
        "any",
        "all",
        "str",
        "len",
        "bool",
        "int",
        "set",
        "frozenset",
        "sorted",
        "repr",
        "refresh",
        "add",
        "expunge",
        "debug",
        "info",
        "warning",
        "error",
        "isinstance",
        "hasattr",
        "flush",
        "append",
        "exists",
        "count",
    }
)
