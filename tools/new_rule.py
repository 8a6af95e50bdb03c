#!/usr/bin/env python3
"""Start a rule: its module and its page, with examples that already pass as tests.

    python tools/new_rule.py SL110 bad-thing

The rule finds calls of ``bad_thing()``, so that everything works before the first change. Its files go beside the other
rules of the family.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from string import Template

from statelint import __version__
from statelint.lint.packs import load_rules
from statelint.lint.rule import FAMILIES, family

RULES = Path(__file__).resolve().parents[1] / "rules" / "statelint_rules"

MODULE = Template('''\
"""$code $name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from statelint.api import Location, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from statelint.api import Finding, Project


class _Calls(cst.CSTVisitor):
    """Reports calls of ``$word``."""

    def __init__(self) -> None:
        super().__init__()
        self.reported: list[tuple[cst.CSTNode, str]] = []

    def visit_Call(self, node: cst.Call) -> None:
        """Note the call if it is one."""
        if isinstance(node.func, cst.Name) and node.func.value == "$word":
            self.reported.append((node, "$word"))


class $title(Rule):
    """What is wrong, in one line for whoever reads this module."""

    code = "$code"
    name = "$name"
    summary = "Says in one line what is wrong."
    severity = Severity.WARNING
    since = "$version"
    visitor = _Calls
    screen = ("$word",)

    def check(self, project: Project) -> Iterator[Finding]:
        """Report each call."""
        for module, seen in project.observations(self.code):
            at = seen.position
            yield self.finding(
                "`$word` is called",
                Location(module.path, at.line, at.column, at.end_line, at.end_column),
                symbol=seen.data,
                help="say in one sentence what to do instead",
            )
''')

PAGE = Template("""\
# $code $name

## What it finds

Calls of `$word`.

## Why it matters

What a user sees when this happens with two replicas, or two users.

## Example

```python
$word()  # error: [$code]
```

```python
def serve(request):
    return $word(request)  # error: [$code]
```

The files of one project follow each other, each with its title:

```python title="app/service.py"
class Service:
    def run(self):
        $word(  # error: [$code]
            self,
        )
```

```python title="app/main.py"
from app.service import Service

Service().run()
```

## Use instead

```python
good_thing()
```

```python
def serve(request):
    return good_thing(request)
```

```python
$word = None
```

## Options

None.

## Known limits

Calls through another name are not found.

## References

The section of the guidelines that asks for this.
""")


class WrongError(ValueError):
    """The code or the name cannot be used."""


def create(code: str, name: str, rules: Path = RULES) -> tuple[Path, Path]:
    """Write module and page of rule ``code`` below ``rules`` and return their paths.

    Raises WrongError if code or name are malformed or taken.
    """
    if not re.fullmatch(r"SL\d{3}", code) or family(code) not in FAMILIES:
        raise WrongError(f"{code!r} is not a code of a family: {', '.join(f'{key}..' for key in FAMILIES)}")
    if not re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", name):
        raise WrongError(f"{name!r} is not in kebab case, such as process-state")
    known = load_rules()
    for rule in known:
        if code == rule.code or name == rule.name:
            raise WrongError(f"{rule.code} {rule.name} is there already")
    folder = rules / _folder(code)
    word = name.replace("-", "_")
    module, page = folder / f"{word}.py", folder / f"{code}-{name}.md"
    title = "".join(part.capitalize() for part in name.split("-"))
    values = {"code": code, "name": name, "word": word, "title": title, "version": __version__}
    if not folder.is_dir():
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(f'"""Rules of the family {family(code)}: {FAMILIES[family(code)]}."""\n')
    module.write_text(MODULE.substitute(values), encoding="utf-8")
    page.write_text(PAGE.substitute(values), encoding="utf-8")
    return module, page


def _folder(code: str) -> str:
    """Return the name of the family's package: where its other rules are, or a new one after the family's name."""
    for rule in load_rules():
        package, _, _ = type(rule).__module__.rpartition(".")
        if family(rule.code) == family(code) and package.startswith("statelint_rules."):
            return package.removeprefix("statelint_rules.").replace(".", "/")
    return FAMILIES[family(code)].replace(" ", "_").replace("-", "_")


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Start a rule: its module and its page.")
    parser.add_argument("code", help="the rule's code, such as SL110")
    parser.add_argument("name", help="the bad thing in kebab case, such as process-state")
    arguments = parser.parse_args()
    try:
        module, page = create(arguments.code, arguments.name)
    except WrongError as error:
        print(f"new_rule: {error}", file=sys.stderr)
        return 2
    for path in (module, page):
        print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
    print(f'Now change both, and run: make test ARGS="tests/rules -k {arguments.code}"')
    return 0


if __name__ == "__main__":
    sys.exit(main())
