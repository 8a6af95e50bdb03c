"""Login sessions that one machine keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statelint.analysis.model import Place
from statelint.analysis.practices.base import Flaw, Practice
from statelint.analysis.practices.served import is_script
from statelint.extract.facts import Const
from statelint.source.roles import is_test_path

if TYPE_CHECKING:
    from collections.abc import Iterator


class SessionFlaws(Practice):
    """Finds the settings that keep sessions in local files; what requests keep in memory is the state's matter."""

    def local(self) -> Iterator[Flaw]:
        """Yield the settings whose value means this machine."""
        known = self.catalogue.local_sessions
        for module, name, value, position in self.settings(known):
            held = module.terms[value]
            if is_test_path(module.path) or is_script(module.path):
                continue
            if isinstance(held, Const) and held.value in known[name]:
                yield Flaw(Place(module, position), name, "local", str(held.value), 2)
