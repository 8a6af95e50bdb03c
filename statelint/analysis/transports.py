"""Which Model Context Protocol servers talk to one client only."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from statelint.analysis.model import External
from statelint.extract.facts import Call, Const

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.inference import Inference
    from statelint.analysis.model import Module

RUNNERS = frozenset({"run", "run_async"})
STDIO = frozenset({"run_stdio_async", "stdio_server"})
HTTP = frozenset(
    {
        "run_sse_async", "run_streamable_http_async", "run_http_async", "streamable_http_app", "sse_app", "http_app",
        "StreamableHTTPSessionManager", "SseServerTransport", "StreamableHTTPServerTransport",
    }
)  # fmt: skip
STREAMS = 2
"""A lowlevel server runs on the two streams of a transport that is named elsewhere."""
_LIBRARIES = frozenset({"mcp", "fastmcp"})


class Transport(Enum):
    """How a server is reached, as far as one call tells."""

    STDIO = "stdio"
    HTTP = "http"
    UNKNOWN = "unknown"


class Transports:
    """Finds how the servers of each folder are started."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._by_folder: dict[tuple[str, ...], set[Transport]] = {}
        self._users = [
            module
            for module in inference.modules
            if any(item.module.partition(".")[0] in _LIBRARIES for item in module.facts.imports)
        ]
        for module in self._users:
            for transport in self._started(module):
                for length in range(len(module.parts)):
                    self._by_folder.setdefault(module.parts[:length], set()).add(transport)

    def one_client(self, module: Module) -> bool:
        """Tell whether the server of a module's tools is known to run over stdio only: one client a process.

        The nearest folder that starts servers decides.
        """
        if not self._concerned(module):
            return False
        for length in range(len(module.parts) - 1, -1, -1):
            found = self._by_folder.get(module.parts[:length])
            if found is not None:
                return found == {Transport.STDIO}
        return False

    def _concerned(self, module: Module) -> bool:
        """Tell whether a module uses the protocol's libraries, itself or through a module that it imports."""
        if module in self._users:
            return True
        index = self.inference.index
        for item in module.facts.imports:
            parts = index.find(module, item.module, item.level)
            if parts is not None and (index.by_parts.get(parts) in self._users):
                return True
        return False

    def _started(self, module: Module) -> Iterator[Transport]:
        for function in module.functions:
            for event in function.events:
                if event.op != "call":
                    continue
                call = module.terms[event.term]
                if not isinstance(call, Call):
                    continue
                name = module.last_name(call.func)
                if name in STDIO:
                    yield Transport.STDIO
                elif name in HTTP:
                    yield Transport.HTTP
                elif name in RUNNERS and len(call.args) < STREAMS and self._runs_server(module, call):
                    yield self._given(module, call)

    def _runs_server(self, module: Module, call: Call) -> bool:
        for value in self.inference.term(module, call.func):
            if isinstance(value, External) and value.name.partition(".")[0] in _LIBRARIES:
                return True
        return any(keyword == "transport" for keyword, _ in call.keywords)

    @staticmethod
    def _given(module: Module, call: Call) -> Transport:
        term = next((value for name, value in call.keywords if name == "transport"), call.args[0] if call.args else -1)
        if term < 0:
            # What the environment or `**options` may say stays open.
            return Transport.UNKNOWN if any(not name for name, _ in call.keywords) else Transport.STDIO
        held = module.terms[term]
        if not isinstance(held, Const):
            return Transport.UNKNOWN
        return Transport.STDIO if held.value in {"stdio", None} else Transport.HTTP
