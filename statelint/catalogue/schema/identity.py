"""Who is calling: identities, logins and tokens."""

from __future__ import annotations

from msgspec import field

from statelint.catalogue.schema.base import Struct


class Identity(Struct, frozen=True):
    """Where a verified identity comes from, and what demands one."""

    principals: tuple[str, ...] = ()
    """Attributes and calls whose value is the authenticated principal or its id (``flask_login.current_user``)."""
    decoders: tuple[str, ...] = ()
    """Calls that verify a credential and return claims."""
    stores: tuple[str, ...] = ()
    """Bags that only the server can write, one a user (signed or server-side sessions)."""
    models: tuple[str, ...] = ()
    """Base classes and other names of the model of users."""
    login: tuple[str, ...] = ()
    """Decorators, base classes and dependencies that admit authenticated callers only."""
    admin: tuple[str, ...] = ()
    """Decorators, base classes and dependencies that admit administrators only."""


class TokenDecoder(Struct, frozen=True):
    """How a library reads signed tokens."""

    calls: tuple[str, ...]
    token: int = 0
    """Position of the token among the arguments."""
    verifies: bool = True
    """Whether the signature is checked unless a switch says otherwise."""
    options: str = ""
    """Keyword of a dict that holds switches."""
    signature: tuple[str, ...] = ()
    """Switches, in ``options`` or as keywords, that are false where the signature is not checked."""
    expiry: tuple[str, ...] = ()
    """Switches that are false where expired tokens are accepted."""
    algorithms: str = ""
    """Keyword that lists the algorithms accepted."""
    algorithms_at: int = 2
    """Position of ``algorithms``."""
    validate: str = ""
    """Method of the result without which no claim, and so no expiry, is checked."""
    max_age: str = ""
    """Keyword without which tokens never expire."""


class TokenEncoder(Struct, frozen=True):
    """How a library makes signed tokens."""

    calls: tuple[str, ...]
    claims: int = 0
    """Position of the claims; -1 where ``lifetime`` alone decides on the expiry."""
    claims_keyword: str = ""
    lifetime: str = ""
    """Keyword that holds the lifetime, as a ``timedelta`` or in seconds; false or None: for ever."""
    refresh: bool = False
    """Whether the tokens are refresh tokens."""


class Tokens(Struct, frozen=True):
    """Tokens and secrets."""

    decoders: tuple[TokenDecoder, ...] = ()
    encoders: tuple[TokenEncoder, ...] = ()
    lifetimes: tuple[str, ...] = ()
    """Settings that hold the lifetime of access tokens; false or None: for ever."""
    secrets: tuple[str, ...] = ()
    """Calls that make a random secret."""
    local_sessions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Setting → its values that keep login sessions on this machine."""
    max_days: float = 0
    """Access tokens that live longer are reported; the last file that sets it wins."""
