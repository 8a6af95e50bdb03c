"""What is found does not depend on how the code is written down.

Each page's examples are rewritten in ways that mean the same: in another format, with functions in another order, other
names for local variables and remarks between the lines; and cut in two modules. The findings must stay the same.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from examples import configured, findings_of

from statelint.lint.packs import load_rules
from statelint.lint.pages import load_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from statelint.lint.pages import Example

RULES = load_rules()
COMMENTS = ("SL0", "SL707")
"""Rules that heed comments."""
EXAMPLES = [
    pytest.param(example, id=f"{rule.code}-{example.slug}")
    for rule in RULES
    if not rule.code.startswith(COMMENTS)
    for example in load_page(rule).examples
]


def commented(text: str) -> str:
    lines = text.splitlines(keepends=True)
    ends = [token.end[0] for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == 4]
    for row in sorted(set(ends), reverse=True):
        lines[row:row] = ["\n", "        # a remark: x = 1\n"]
    return "# -*- an example -*-\n" + "".join(lines)


def rewritten(text: str) -> str:
    tree = ast.parse(text)
    reorder(tree)
    rename(tree)
    return ast.unparse(tree)


def reorder(tree: ast.Module) -> None:
    """Turn round each run of functions that do not need each other while the module is executed."""
    body: list[ast.stmt] = []
    run: list[ast.stmt] = []
    for statement in [*tree.body, None]:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and not _needed(statement) & _names(run):
            run.append(statement)
            continue
        body += reversed(run)
        run = [statement] if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) else []
        if statement is not None and not run:
            body.append(statement)
    tree.body = body


def _needed(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Names that are looked up when ``function`` is defined, and its own."""
    parts: list[ast.AST] = [*function.decorator_list, function.args]
    return {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)} | {function.name}


def _names(functions: Iterable[ast.stmt]) -> set[str]:
    return {f.name for f in functions if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef)}


def rename(tree: ast.Module) -> None:
    """Add an underscore to the names of local variables."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        nodes = [node for statement in function.body for node in ast.walk(statement)]
        scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.Global, ast.Nonlocal)
        if any(isinstance(node, scopes) for node in nodes):
            continue
        names = [node for node in nodes if isinstance(node, ast.Name)]
        parameters = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
        local = {node.id for node in names if isinstance(node.ctx, ast.Store)} - parameters
        if "locals" not in {node.id for node in names}:
            for node in names:
                node.id += "_" if node.id in local else ""


def cut(text: str) -> tuple[str, str] | None:
    """Return ``text`` as two modules, the latter of which imports what the former, ``first_part``, binds."""
    tree = ast.parse(text)
    functions = [
        index
        for index, statement in enumerate(tree.body)
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    if not functions or not functions[0]:
        return None
    first, second = tree.body[: functions[0]], tree.body[functions[0] :]
    imports = [statement for statement in first if isinstance(statement, ast.Import | ast.ImportFrom)]
    bound = {name for statement in first if statement not in imports for name in _bound(statement)}
    rebound = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    rebound |= {name for statement in second for name in _bound(statement)}
    used = {node.id for statement in second for node in ast.walk(statement) if isinstance(node, ast.Name)}
    if bound & rebound or not bound & used or any(isinstance(node, ast.ImportFrom) and node.level for node in imports):
        return None
    link = ast.parse(f"from first_part import {', '.join(sorted(bound & used))}").body
    return ast.unparse(ast.Module(first, [])), ast.unparse(ast.Module([*imports, *link, *second], []))


def _bound(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.Import(names) | ast.ImportFrom(names=names):
            return {(name.asname or name.name).split(".")[0] for name in names}
        case ast.ClassDef(name) | ast.FunctionDef(name) | ast.AsyncFunctionDef(name):
            return {name}
        case _:
            return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def found(files: Mapping[str, str], example: Example) -> Counter[str]:
    """Count the findings of ``files`` under the example's settings by rule."""
    result, _ = findings_of(files, configured(example), RULES)
    assert not result.crashes
    return Counter(finding.rule for finding in result.findings if not finding.rule.startswith(COMMENTS))


@pytest.mark.parametrize("example", EXAMPLES)
def test_spelling_and_modules(example: Example) -> None:
    files = {file.path: file.text for file in example.files}
    sources = [path for path in files if path.endswith(".py")]
    expected = found(files, example)
    assert found({**files, **{path: commented(rewritten(files[path])) for path in sources}}, example) == expected
    parts = cut(files[sources[0]]) if len(sources) == 1 else None
    if parts is not None:
        assert found({**files, "first_part.py": parts[0], sources[0]: parts[1]}, example) == expected
