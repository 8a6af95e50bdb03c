"""What a service answers, whom it calls, and how it is started."""

from __future__ import annotations

from statelint.catalogue.schema.base import Struct


class Answer(Struct, frozen=True):
    """Ways to answer a request: responses and the exceptions that become one."""

    calls: tuple[str, ...]
    body: int = 0
    """Position of the body, or of the detail; -1: given by keyword only."""
    body_keywords: tuple[str, ...] = ()
    status: int = -1
    """Position of the status."""
    status_keywords: tuple[str, ...] = ()
    code: int = 200
    """The status where none is given."""
    json: bool = True
    """Whether a program reads the body."""
    shape: str = ""
    """The key under which the framework sends a plain detail."""


class Failures(Struct, frozen=True):
    """Exceptions, and what becomes of them."""

    broad: tuple[str, ...] = ()
    """Exceptions that may be of any kind."""
    internal: tuple[str, ...] = ()
    """Exceptions whose text shows insides: statements, paths, hosts."""
    tracebacks: tuple[str, ...] = ()
    """Calls that give a traceback as text."""
    logs: tuple[str, ...] = ()
    """Calls that log an error."""
    context: tuple[str, ...] = ()
    """Calls and classes whose use adds the request or the user to every log record."""


class Outbound(Struct, frozen=True):
    """Calls that wait for another machine."""

    calls: tuple[str, ...]
    timeouts: tuple[str, ...] = ()
    """Keywords, of the call or of the call that makes its receiver, that set a limit."""
    position: int = -1
    """Position of the timeout."""
    bounded: bool = False
    """Whether there is a limit by default, so that only an explicit ``None`` takes it away."""
    unsafe: bool = False
    """Whether doing it twice is not the same as doing it once."""


class Retry(Struct, frozen=True):
    """Decorators that call a function again when it fails."""

    calls: tuple[str, ...]
    limits: tuple[str, ...] = ()
    """Keywords that end the retries."""
    position: int = -1
    """Position of a limit."""
    endless: bool = True
    """Whether retries go on for ever where no limit is given."""


class Resilience(Struct, frozen=True):
    """Calls to other machines: their limits, and what repeats them."""

    outbound: tuple[Outbound, ...] = ()
    retries: tuple[Retry, ...] = ()
    guards: tuple[str, ...] = ()
    """Calls and context managers that limit how long what they hold may take."""
    effects: tuple[str, ...] = ()
    """Calls, besides those of ``outbound``, that must not be done twice."""
    waits: tuple[str, ...] = ()
    """Calls, besides those of ``outbound``, that take long: models, mail, other machines."""


class Launcher(Struct, frozen=True):
    """Calls that start a server for an application."""

    calls: tuple[str, ...]
    workers: tuple[str, ...] = ()
    """Keywords that say how many processes serve."""
    app: int = 0
    """Position of the application, which may be named by a string (``app.main:app``)."""
    platform: bool = False
    """Whether the application is handed to a platform that starts as many processes as there are requests."""


class Transport(Struct, frozen=True):
    """Calls that serve the Model Context Protocol over HTTP, in sessions unless told otherwise."""

    calls: tuple[str, ...]
    chosen_by: str = ""
    """Keyword (or first argument) that names the transport; without it, stdio."""
    stateless: tuple[str, ...] = ()
    """Keywords, of the call or of the call that makes the server, that do without sessions."""
    stores: tuple[str, ...] = ()
    """Keywords, of the same calls, that keep sessions or events outside."""
