"""Signing keys that a process makes up for itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statelint.analysis.model import Place
from statelint.analysis.practices.base import Flaw, Practice
from statelint.analysis.practices.served import is_script
from statelint.analysis.terms import walk
from statelint.extract.facts import Attr, Call, Choice, Item, Logic, Name
from statelint.source.roles import is_offline_path, is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.analysis.model import Module
    from statelint.extract.facts import Position, TermId

_SECRET = re.compile(
    r"(^|_)(secret(_?key)?|(signing|jwt|session|cookie|csrf|encryption|fernet|hmac|token|auth)_?(secret|key|salt)|secret_?token|private_?key)(_\w+)?$",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(
    r"(secret|key)_?(id|name|length|len|size|url|path|file|prefix|header|manager)$|client_?secret|webhook",
    re.IGNORECASE,
)
_OUTSIDE = re.compile(r"environ|getenv|config|settings|env\b|load|read|secret_manager|vault", re.IGNORECASE)
_STORES = frozenset(
    {
        "write", "write_text", "write_bytes", "dump", "save", "set", "setex", "insert", "insert_one", "add", "put",
        "setdefault",
    }
)  # fmt: skip


class SecretFlaws(Practice):
    """Finds names and settings of secrets that get a random value when a process starts."""

    def per_process(self) -> Iterator[Flaw]:
        """Yield the places where a secret is made at random and lives as long as the process."""
        generators = self.catalogue.listed("tokens", "secrets")
        for module in self.project.modules.values():
            path = module.path
            if is_offline_path(path) or is_test_path(path) or is_script(path):
                continue
            for name, value, position, condition in self._assignments(module):
                if not _SECRET.search(name) or _NO_SECRET.search(name) or value < 0:
                    continue
                if self._debugging(module, condition):
                    continue
                if not self._random(module, value, generators) or self._stored(module, name, value):
                    continue
                fallback = self._fallback(module, value) or condition > 0
                what = "fallback" if fallback else "always"
                yield Flaw(Place(module, position), name, what, name, 1 if fallback else 2)

    def _assignments(self, module: Module) -> Iterator[tuple[str, TermId, Position, int]]:
        """Yield names, values, places and conditions of what lives as long as the process."""
        for binding in module.facts.bindings:
            yield binding.name, binding.value, binding.position, binding.condition
        for klass in module.facts.classes:
            for binding in klass.attributes:
                yield binding.name, binding.value, binding.position, binding.condition
        for function in module.functions:
            if not function.is_module and function.name != "create_app" and self.certainty(function) == 2:
                continue  # what a request makes up is made for this request
            for event in function.events:
                if event.op != "write" or event.how != "=":
                    continue
                target = module.terms[event.term]
                if isinstance(target, Attr) and target.name == "secret_key":
                    yield target.name, event.value, event.position, event.condition
                elif isinstance(target, Item):
                    base = module.terms[target.base]
                    if isinstance(base, Attr) and base.name == "config":
                        yield module.text(target.key) or "", event.value, event.position, event.condition

    def _random(self, module: Module, value: TermId, generators: frozenset[str]) -> bool:
        for term in self._alternatives(module, value):
            for part in walk(module, term):
                found = self.call_of(module, part)
                if found is not None and any(name in generators for name in found[1]):
                    return True
        return False

    def _alternatives(self, module: Module, value: TermId) -> Iterator[TermId]:
        held = module.terms[value]
        if isinstance(held, Choice):
            yield from self._alternatives(module, held.then)
            yield from self._alternatives(module, held.other)
        elif isinstance(held, Logic):
            for part in held.values:
                yield from self._alternatives(module, part)
        elif isinstance(held, Call) and any(
            name in {"os.getenv", "os.environ.get", "decouple.config", "pydantic.Field", "pydantic.SecretStr"}
            or name.endswith((".get", ".str", ".get_random_secret_key"))
            for name in self.names(module, held.func)
        ):
            yield value
            yield from held.args[1:]
            yield from (term for name, term in held.keywords if name in {"default", "default_factory"})
            if len(held.args) == 1:
                yield from held.args
        else:
            yield value

    def _debugging(self, module: Module, condition: int) -> bool:
        """Tell whether what stands under a condition is done by developers only."""
        return any(
            module.dotted(term).rpartition(".")[2].upper() in {"DEBUG", "DEVELOPMENT", "TESTING"}
            for step in self.conditions(module, condition)
            for term in walk(module, step.test)
        )

    def _fallback(self, module: Module, value: TermId) -> bool:
        """Tell whether the secret can come from outside, so that it is made up only where it is missing."""
        held = module.terms[value]
        if isinstance(held, (Choice, Logic)):
            return True
        if isinstance(held, Call) and _OUTSIDE.search(module.dotted(held.func)):
            return True
        return self._is_settings_field(module, value)

    def _is_settings_field(self, module: Module, value: TermId) -> bool:
        """Tell whether the value is the default of a field that the environment can set."""
        for klass in module.classes:
            if any(binding.value == value for binding in klass.facts.attributes):
                bases = self.inference.external_bases(klass)
                return any("settings" in base.lower() for base in bases)
        return False

    def _stored(self, module: Module, kept: str, value: TermId) -> bool:
        """Tell whether what is made up is also written somewhere that outlives the process."""
        made = {term for term in walk(module, value) if isinstance(module.terms[term], Call)}
        for function in module.functions:
            for event in function.events:
                if event.op != "call" or event.term in made:
                    continue
                call = module.terms[event.term]
                if isinstance(call, Call):
                    name = module.last_name(call.func)
                    if name in _STORES and any(
                        term in made or module.terms[term] == Name(kept) for term in walk(module, *call.args)
                    ):
                        return True
        return False
