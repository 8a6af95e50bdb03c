"""Departures from good practice in authentication, transactions, data access, error handling and outbound calls."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.practices.answers import ReplyFlaws
from statelint.analysis.practices.background import BackgroundFlaws
from statelint.analysis.practices.base import Flaw
from statelint.analysis.practices.caches import CacheFlaws
from statelint.analysis.practices.detached import DetachedFlaws
from statelint.analysis.practices.freshness import FreshnessFlaws
from statelint.analysis.practices.handles import HandleFlaws
from statelint.analysis.practices.indexes import IndexFlaws
from statelint.analysis.practices.lifetimes import TokenLifetimes
from statelint.analysis.practices.localfiles import FileFlaws
from statelint.analysis.practices.locks import LockFlaws
from statelint.analysis.practices.logs import LogFlaws
from statelint.analysis.practices.mcpsessions import McpSessionFlaws
from statelint.analysis.practices.outbound import OutboundFlaws
from statelint.analysis.practices.owners import OwnerFlaws
from statelint.analysis.practices.pools import PoolFlaws
from statelint.analysis.practices.proofs import TokenProofs
from statelint.analysis.practices.reads import ReadFlaws
from statelint.analysis.practices.secrets import SecretFlaws
from statelint.analysis.practices.served import Served
from statelint.analysis.practices.sessions import SessionFlaws
from statelint.analysis.practices.transactions import TransactionFlaws
from statelint.analysis.practices.updates import UpdateFlaws

if TYPE_CHECKING:
    from statelint.analysis.model import FunctionInfo
    from statelint.analysis.practices.steps import Step
    from statelint.analysis.project import Project
    from statelint.extract.facts import TermId

__all__ = ["Flaw", "Practices"]


class Practices:
    """The questions about one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.steps: dict[tuple[FunctionInfo, int], tuple[Step, ...]] = {}
        """What functions do to databases, by function and depth of calls; filled by those who ask."""
        self.own_steps: dict[FunctionInfo, dict[TermId, list[tuple[str, str, TermId]]]] = {}
        """What calls do themselves, by function and call; filled by the same."""

    @cached_property
    def served(self) -> Served:
        """What requests may reach."""
        return Served(self._project)

    @cached_property
    def proofs(self) -> TokenProofs:
        """How tokens are verified."""
        return TokenProofs(self._project)

    @cached_property
    def caches(self) -> CacheFlaws:
        """Keys of caches."""
        return CacheFlaws(self._project)

    @cached_property
    def lifetimes(self) -> TokenLifetimes:
        """How long tokens live."""
        return TokenLifetimes(self._project)

    @cached_property
    def secrets(self) -> SecretFlaws:
        """Signing keys."""
        return SecretFlaws(self._project)

    @cached_property
    def sessions(self) -> SessionFlaws:
        """Login sessions."""
        return SessionFlaws(self._project)

    @cached_property
    def mcp_sessions(self) -> McpSessionFlaws:
        """Sessions of the Model Context Protocol."""
        return McpSessionFlaws(self._project)

    @cached_property
    def locks(self) -> LockFlaws:
        """Locks of one process."""
        return LockFlaws(self._project)

    @cached_property
    def detached(self) -> DetachedFlaws:
        """Work outside requests."""
        return DetachedFlaws(self._project)

    @cached_property
    def files(self) -> FileFlaws:
        """Local files."""
        return FileFlaws(self._project)

    @cached_property
    def replies(self) -> ReplyFlaws:
        """What requests are answered with."""
        return ReplyFlaws(self._project)

    @cached_property
    def outbound(self) -> OutboundFlaws:
        """Calls to other machines."""
        return OutboundFlaws(self._project)

    @cached_property
    def logs(self) -> LogFlaws:
        """Logs and swallowed errors."""
        return LogFlaws(self._project)

    @cached_property
    def pools(self) -> PoolFlaws:
        """Connections to databases."""
        return PoolFlaws(self._project)

    @cached_property
    def indexes(self) -> IndexFlaws:
        """Indexes of owner columns."""
        return IndexFlaws(self._project)

    @cached_property
    def owners(self) -> OwnerFlaws:
        """Owners that are missing."""
        return OwnerFlaws(self._project)

    @cached_property
    def reads(self) -> ReadFlaws:
        """Lists without a limit."""
        return ReadFlaws(self._project)

    @cached_property
    def freshness(self) -> FreshnessFlaws:
        """How long caches keep what they are given."""
        return FreshnessFlaws(self._project)

    @cached_property
    def transactions(self) -> TransactionFlaws:
        """Transactions of requests."""
        return TransactionFlaws(self._project)

    @cached_property
    def handles(self) -> HandleFlaws:
        """Sessions that functions open."""
        return HandleFlaws(self._project)

    @cached_property
    def updates(self) -> UpdateFlaws:
        """Lost updates."""
        return UpdateFlaws(self._project)

    @cached_property
    def background(self) -> BackgroundFlaws:
        """Work after the answer."""
        return BackgroundFlaws(self._project)
