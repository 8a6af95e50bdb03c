"""The analysed project: what rules ask."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.calls import CallGraph
from statelint.analysis.entrypoints import EntryPointFinder
from statelint.analysis.inference import Inference
from statelint.analysis.model import Module
from statelint.analysis.reach import ReachMap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from statelint.catalogue.loader import Catalogue
    from statelint.config.settings import Settings
    from statelint.extract.facts import ModuleFacts, Observation


class Project:
    """All files' facts, linked. Parts that not every rule needs are computed when first asked for."""

    def __init__(self, modules: Sequence[ModuleFacts], catalogue: Catalogue, settings: Settings) -> None:
        self.catalogue = catalogue
        self.settings = settings
        self.facts: dict[str, ModuleFacts] = {facts.path: facts for facts in sorted(modules, key=lambda m: m.path)}
        self.modules: dict[str, Module] = {path: Module(facts) for path, facts in self.facts.items()}
        self.inference = Inference(list(self.modules.values()), catalogue)

    @cached_property
    def calls(self) -> CallGraph:
        """Who calls whom."""
        graph = CallGraph(self.inference)
        graph.build()
        return graph

    @cached_property
    def entry_points(self) -> EntryPointFinder:
        """The catalogue's view of functions and classes that frameworks call."""
        return EntryPointFinder(self.calls)

    @cached_property
    def reach(self) -> ReachMap:
        """Which functions run while requests are served."""
        return ReachMap(self.calls, self.entry_points.find(), self.modules.values())

    def observations(self, code: str) -> Iterator[tuple[ModuleFacts, Observation]]:
        """Yield what the LibCST visitor of rule ``code`` reported, file by file."""
        for facts in self.facts.values():
            for observation in facts.observations:
                if observation.rule == code:
                    yield facts, observation


def analyse(modules: Sequence[ModuleFacts], catalogue: Catalogue, settings: Settings) -> Project:
    """Link the facts of all files into a project."""
    return Project(modules, catalogue, settings)
