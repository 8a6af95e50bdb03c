"""The configuration to start from, as text with comments."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from statelint.analysis.survey import Survey

_WIDTH = 100
_MANY = 12
"""So many names are listed; of further ones the number is given."""


def starter(seen: Survey) -> str:
    """Return the text of a ``statelint.toml`` for the project that was ``seen``."""
    owners = [
        f"{column} ({', '.join(models[:3])}{', …' if len(models) > 3 else ''})"
        for column, models in seen.owner_columns.items()
    ]
    parts = [
        _comment("Settings of statelint; 'statelint check --show-settings' prints all that are in force."),
        _comment(
            f"Seen: {seen.files} Python files below {_names(seen.source_roots) or 'this folder'}; "
            f"{'; '.join(map(_plain, seen.frameworks)) or 'no known web framework'}; {seen.entry_points} entry points."
        ),
        _setting("Rules to run: codes (SL101), prefixes (SL3), names (process-state) or ALL.", "select", ["ALL"]),
        _setting("What to show: note, warning or error; low, medium or high.", "min-severity", "warning"),
        _setting("", "min-confidence", "medium"),
        _setting("From which severity on the exit status is 1.", "fail-on", "warning"),
        _setting(
            f"Models of users and tenants, besides those recognised: {_names(seen.principals) or 'none'}.",
            "principal-models",
            [],
        ),
        _setting(
            f"Columns that say whose a row is, besides those recognised: {_names(owners) or 'none'}."
            + (f" Columns that may be owners, too: {_names(seen.doubtful_columns)}." if seen.doubtful_columns else ""),
            "owner-columns",
            [],
        ),
        _setting(
            "Models whose rows everybody may see, though they have an owner."
            + (f" Without an owner are: {_names(seen.unowned)}." if seen.unowned else ""),
            "public-models",
            [],
        ),
        _setting(
            'What admits administrators only: functions, dependencies, decorators or classes ("app.auth.staff_only").',
            "admin-guards",
            [],
        ),
        _setting("Files and folders to leave out, besides what git ignores.", "extend-exclude", []),
    ]
    return "\n".join(parts)


def _setting(comment: str, key: str, value: object) -> str:
    return (_comment(comment) if comment else "") + f"{key} = {json.dumps(value)}\n"


def _comment(text: str) -> str:
    lines, line = [], "#"
    for word in text.split(" "):
        if len(line) + 1 + len(word) > _WIDTH:
            lines.append(line)
            line = "#"
        line += f" {word}"
    return "".join(f"{line}\n" for line in [*lines, line])


def _names(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    return ", ".join(map(_plain, names[:_MANY])) + more


def _plain(name: str) -> str:
    """Return a name from the project's code without what could end a comment."""
    return name if name.isprintable() else ascii(name)
