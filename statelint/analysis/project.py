"""The analysed project: what rules ask."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from statelint.analysis.calls import CallGraph
from statelint.analysis.callsites import CallSites
from statelint.analysis.coverage import Coverage
from statelint.analysis.deployment import Deployment
from statelint.analysis.entrypoints import OFFLINE_KINDS, EntryPoint, EntryPointFinder
from statelint.analysis.inference import Inference
from statelint.analysis.isolation import Isolation
from statelint.analysis.model import Module
from statelint.analysis.ownership import Ownership
from statelint.analysis.practices import Practices
from statelint.analysis.principals import Principals
from statelint.analysis.proofs import Judge, Made
from statelint.analysis.queries import QueryFinder
from statelint.analysis.queries.generic import GenericQueryFinder
from statelint.analysis.reach import ReachMap
from statelint.analysis.state.statemap import StateMap
from statelint.analysis.stores.documents import DocumentQueryFinder, Documents
from statelint.analysis.stores.dynamodb import DynamoDb
from statelint.analysis.stores.firestore import Firestore
from statelint.analysis.stores.keys import KeyQueryFinder, Keys
from statelint.analysis.stores.policies import Policies
from statelint.analysis.stores.postgrest import Postgrest
from statelint.analysis.stores.scripts import Scripts
from statelint.analysis.stores.sqlcalls import SqlCalls
from statelint.analysis.stores.sqlqueries import SqlQueryFinder
from statelint.analysis.stores.statements import Statements
from statelint.analysis.stores.tables import Tables
from statelint.analysis.stores.threads import Threads
from statelint.analysis.stores.vectors import VectorQueryFinder, Vectors
from statelint.analysis.transports import Transports

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from statelint.catalogue.lookup import Catalogue
    from statelint.config.settings import Settings
    from statelint.extract.facts import ModuleFacts, Observation
    from statelint.extract.launches import Launch


MAPPING_EVENTS = frozenset(
    {
        "instrument_class", "class_instrument", "attribute_instrument", "mapper_configured", "before_mapper_configured",
        "after_mapper_constructed", "before_configured", "after_configured", "first_connect",
    }
)  # fmt: skip
"""Events of SQLAlchemy that happen once, while classes are mapped."""


class Project:
    """All files' facts, linked. Parts that not every rule needs are computed when first asked for."""

    def __init__(
        self,
        modules: Sequence[ModuleFacts],
        catalogue: Catalogue,
        settings: Settings,
        launches: Mapping[str, list[Launch]] | None = None,
        statements: Statements | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.launches = launches or {}
        self.settings = settings
        self.facts: dict[str, ModuleFacts] = {facts.path: facts for facts in sorted(modules, key=lambda m: m.path)}
        self.modules: dict[str, Module] = {}
        scripts = []
        for path, held in self.facts.items():
            if path.endswith(".sql"):
                scripts.append(Module(held))
            else:
                self.modules[path] = Module(held)
        self.scripts = Scripts(scripts, statements or Statements())
        self.inference = Inference(list(self.modules.values()), catalogue)

    @cached_property
    def calls(self) -> CallGraph:
        """Who calls whom."""
        graph = CallGraph(self.inference)
        graph.build()
        return graph

    @cached_property
    def call_sites(self) -> CallSites:
        """Every call, by the names of what it calls."""
        return CallSites(self.calls.inference, self.modules.values())

    @cached_property
    def entry_points(self) -> EntryPointFinder:
        """The catalogue's view of functions and classes that frameworks call."""
        return EntryPointFinder(self.calls.inference)

    @cached_property
    def reach(self) -> ReachMap:
        """Which functions run while requests are served."""
        return ReachMap(self.calls, self._served, self.modules.values())

    @cached_property
    def _served(self) -> tuple[EntryPoint, ...]:
        """The entry points; what serves one client per process is taken for a program of its user."""
        transports = Transports(self.calls.inference)
        served = []
        for entry in self.entry_points.found:
            if entry.kind == "tool" and transports.one_client(entry.function.module):
                served.append(entry._replace(kind="cli"))
            elif entry.kind in {"handler", "signal"} and entry.path in MAPPING_EVENTS:
                served.append(entry._replace(kind="startup"))
            else:
                served.append(entry)
        return tuple(served)

    @cached_property
    def callers_reach(self) -> ReachMap:
        """Which functions run on behalf of a caller: jobs and signals act on ids that the service itself chose."""
        found = (
            entry._replace(kind="form") if self._takes_input(entry) else entry for entry in self.entry_points.found
        )
        return ReachMap(self.calls, found, self.modules.values(), OFFLINE_KINDS | {"task", "signal", "handler"})

    def _takes_input(self, entry: EntryPoint) -> bool:
        """Tell whether a serializer makes rows of, or checks, what its view was sent."""
        owner = entry.function.owner
        return (
            entry.kind == "handler"
            and (entry.function.name in {"create", "validate"} or entry.function.name.startswith("validate_"))
            and owner is not None
            and any(base.startswith("rest_framework.serializers.") for base in self.inference.external_bases(owner))
        )

    @cached_property
    def sql(self) -> SqlCalls:
        """The statements that functions run as SQL text."""
        return SqlCalls(self.calls.inference, self.scripts)

    @cached_property
    def documents(self) -> Documents:
        """The calls of functions on document collections."""
        return Documents(self.calls.inference)

    @cached_property
    def dynamodb(self) -> DynamoDb:
        """The calls of functions on tables of DynamoDB."""
        return DynamoDb(self.calls.inference)

    @cached_property
    def firestore(self) -> Firestore:
        """The calls of functions on collections and documents of Firestore."""
        return Firestore(self.calls.inference)

    @cached_property
    def postgrest(self) -> Postgrest:
        """The statements of functions on tables behind PostgREST."""
        return Postgrest(self.calls.inference)

    @cached_property
    def keys(self) -> Keys:
        """The calls of functions on keys of Redis."""
        return Keys(self.calls.inference)

    @cached_property
    def vectors(self) -> Vectors:
        """The calls of functions on vector stores."""
        return Vectors(self.calls.inference)

    @cached_property
    def ownership(self) -> Ownership:
        """Stored models and whom their rows belong to."""
        documents = (self.documents, self.dynamodb, self.firestore, self.postgrest, self.keys)
        tables = Tables(self.modules.values(), self.sql, documents, self.vectors, self.scripts).models()
        return Ownership(self.inference, self.settings, tables)

    @cached_property
    def queries(self) -> QueryFinder:
        """The questions that functions ask of the database."""
        finders = (
            SqlQueryFinder(self.sql, self.ownership),
            DocumentQueryFinder(self.documents, self.ownership),
            DocumentQueryFinder(self.dynamodb, self.ownership),
            DocumentQueryFinder(self.firestore, self.ownership),
            KeyQueryFinder(self.keys, self.ownership),
            VectorQueryFinder(self.vectors, self.ownership),
            Threads(self.calls.inference),
            GenericQueryFinder(self.calls.inference, self.ownership),
        )
        return QueryFinder(self.inference, self.ownership, finders, self.postgrest)

    @cached_property
    def principals(self) -> Principals:
        """Which values are the verified identity."""
        return Principals(self.calls, self.ownership)

    @cached_property
    def judge(self) -> Judge:
        """Why each query is safe, or that it is not."""
        return Judge(
            self.calls,
            self.callers_reach,
            self.ownership,
            self.queries,
            self.principals,
            admin_guards=self.settings.admin_guards,
            policies=Policies(self.modules.values(), self.scripts, self.reach),
            made=Made(self.inference, self.queries, self.sql, (self.documents, self.dynamodb, self.firestore)),
        )

    @cached_property
    def isolation(self) -> Isolation:
        """Where one user may reach another's rows."""
        return Isolation(self.judge)

    @cached_property
    def deployment(self) -> Deployment:
        """Which modules run in several processes."""
        return Deployment(self.calls.inference, self.call_sites, self.launches, self.reach.entry_points.keys())

    @cached_property
    def state(self) -> StateMap:
        """The objects that outlive requests and how requests change them."""
        return StateMap(self)

    @cached_property
    def practices(self) -> Practices:
        """Departures from good practice in authentication, error handling and calls to other machines."""
        return Practices(self)

    @cached_property
    def frameworks(self) -> tuple[str, ...]:
        """The web and MCP frameworks of the catalogue that the project imports, sorted."""
        imported = {
            item.module.partition(".")[0] for facts in self.facts.values() for item in facts.imports if not item.level
        }
        return tuple(
            sorted(
                library.library
                for library in self.catalogue.libraries
                if library.role in {"web", "mcp"} and imported & set(library.imports)
            )
        )

    @cached_property
    def coverage(self) -> Coverage:
        """What the analysis understood of the project."""
        models = self.ownership.models.values()
        kinds = [(found.kind, served.kind) for found, served in zip(self.entry_points.found, self._served, strict=True)]
        return Coverage(
            frameworks=self.frameworks,
            entry_points=len(self.reach.entry_points),
            own_tools=kinds.count(("tool", "cli")),
            models=len(models),
            owned_models=sum(model.owned for model in models),
            functions=sum(len(module.functions) - 1 for module in self.modules.values()),
        )

    def observations(self, code: str) -> Iterator[tuple[ModuleFacts, Observation]]:
        """Yield what the LibCST visitor of rule ``code`` reported, file by file."""
        for facts in self.facts.values():
            for observation in facts.observations:
                if observation.rule == code:
                    yield facts, observation


def analyse(
    modules: Sequence[ModuleFacts],
    catalogue: Catalogue,
    settings: Settings,
    launches: Mapping[str, list[Launch]] | None = None,
    statements: Statements | None = None,
) -> Project:
    """Link the facts of all files into a project.

    ``launches`` are those of its deployment files, by path; ``statements`` may know some of its SQL.
    """
    return Project(modules, catalogue, settings, launches, statements)
