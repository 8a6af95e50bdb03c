"""Which rules run, and where."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from statelint.lint.rule import FAMILIES
from statelint.source.globs import Globs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.config.settings import Settings
    from statelint.lint.rule import Rule

_PREFIX = re.compile(r"([A-Z]+)[0-9]*")


class SelectionError(ValueError):
    """A selector names no rule."""


class Selectors:
    """What codes (``SL101``), prefixes (``SL``, ``SL1``), names (``process-state``) and ``ALL`` stand for."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._codes = {rule.name: rule.code for rule in rules}

    def codes(self, selector: str) -> frozenset[str] | None:
        """Return the codes of the rules that ``selector`` names, or None if it is unknown."""
        if selector == "ALL":
            return frozenset(self._codes.values())
        if selector in self._codes:
            return frozenset({self._codes[selector]})
        parts = _PREFIX.fullmatch(selector)
        if parts is None:
            return None
        found = frozenset(
            code for code in self._codes.values() if code.rstrip("0123456789") == parts[1] and code.startswith(selector)
        )
        # Our own families are known even while they have no rule yet.
        return found or (found if selector in {"SL", *FAMILIES} else None)

    def closest(self, selector: str) -> str:
        """Return the known selector that is most like ``selector``, or nothing where none is."""
        known = {word.lower(): word for word in (*self._codes, *self._codes.values(), *FAMILIES, "ALL")}
        close = get_close_matches(selector.lower(), known, n=1)
        return known[close[0]] if close else ""


class Selection:
    """The rules that the settings select, and those they ignore in some files."""

    def __init__(self, rules: Iterable[Rule], settings: Settings) -> None:
        """Resolve the selectors. Raises SelectionError for an unknown one, GlobError for a broken glob."""
        self._selectors = Selectors(rules)
        selected = self._resolve("select", settings.select) | self._resolve("extend-select", settings.extend_select)
        self.codes = selected - self._resolve("ignore", settings.ignore)
        """The codes of the rules to run."""
        self._per_file = [
            (_matcher(glob), self._resolve(f"per-file-ignores.{glob!r}", selectors))
            for glob, selectors in settings.per_file_ignores.items()
        ]

    def __contains__(self, rule: Rule) -> bool:
        return rule.code in self.codes

    def ignored_in(self, path: str) -> frozenset[str]:
        """Return the codes of the rules that ``per-file-ignores`` switches off in ``path``."""
        ignored = (codes for (glob, wanted), codes in self._per_file if glob(path) is wanted)
        return frozenset[str]().union(*ignored)

    def _resolve(self, key: str, selectors: Iterable[str]) -> frozenset[str]:
        codes: set[str] = set()
        for selector in selectors:
            found = self._selectors.codes(selector)
            if found is None:
                close = self._selectors.closest(selector)
                hint = f"; did you mean {close!r}?" if close else ""
                raise SelectionError(f"{key}: {selector!r} is no rule code, prefix or name{hint}")
            codes |= found
        return frozenset(codes)


def _matcher(glob: str) -> tuple[Globs, bool]:
    """Return a glob and what it must say: ``!app/**`` stands for every file that is not below ``app``."""
    return Globs([glob.removeprefix("!")]), not glob.startswith("!")
