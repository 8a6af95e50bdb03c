"""Every fixer over what its page shows, in other layouts: a fix changes what it says it does, and nothing else."""

from __future__ import annotations

import ast
import random
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from rules.fixers.conftest import ALL
from rules.test_invariance import commented

from statelint.lint.fixers import SourceFile
from statelint.lint.packs import load_rules
from statelint.lint.pages import load_page
from statelint.run.fixing import mend, proposals
from statelint.run.pipeline import CheckRequest, check
from statelint.source.text import decode, encode_like

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from statelint.lint.finding import Edit
    from statelint.lint.rule import Rule

RULES = load_rules()
FIXABLE = [rule for rule in RULES if rule.fixer is not None]
_LINE = re.compile(r"\r\n|\r|\n")


def spread(text: str, seed: int) -> str:
    """Break lines behind commas and opening brackets, with remarks at some of the breaks."""
    chance = random.Random(seed)
    try:
        tokens = SourceFile("x.py", text).layout._tokens
    except SyntaxError:
        return text
    pieces, last, depth = [], 0, 0
    for token in tokens:
        depth += token.among(frozenset("([{")) - token.among(frozenset(")]}"))
        if depth and token.among(frozenset("([{,")) and chance.random() < 0.4:
            pieces += [text[last : token.end], chance.choice(["\n        ", "  # so\n    ", "\n\n  "])]
            last = token.end
    return "".join([*pieces, text[last:]])


LAYOUTS: dict[str, Callable[[str, int], str]] = {
    "as it is": lambda text, seed: text,
    "with remarks": lambda text, seed: commented(text),
    "dense": lambda text, seed: ast.unparse(ast.parse(text)),
    "spread": spread,
    "indented by tabs": lambda text, seed: re.sub(r"^(?:    )+", lambda m: "\t" * (len(m[0]) // 4), text, flags=re.M),
    "with Windows' line ends": lambda text, seed: text.replace("\n", "\r\n"),
    "without a line end": lambda text, seed: text.rstrip("\n"),
}


def laid_out(text: str, layout: str, seed: int) -> str:
    """Return ``text`` in a layout, or as it is where it would mean something else then."""
    other = LAYOUTS[layout](text, seed)
    try:
        return other if ast.dump(ast.parse(other)) == ast.dump(ast.parse(text)) else text
    except SyntaxError:
        return text


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Apply edits, told by lines and columns, without the help of what is tested."""
    starts = [0, *(match.end() for match in _LINE.finditer(text))]
    for edit in sorted(edits, key=lambda edit: (edit.location.line, edit.location.column), reverse=True):
        at = edit.location
        start, end = starts[at.line - 1] + at.column - 1, starts[at.end_line - 1] + at.end_column - 1
        text = text[:start] + edit.content + text[end:]
    return text


@pytest.mark.parametrize("rule", FIXABLE, ids=lambda rule: rule.code)
@settings(max_examples=6)
@given(data=st.data())
def test_a_fix_changes_what_it_says_and_nothing_else(
    rule: Rule, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    example = data.draw(st.sampled_from(load_page(rule).examples))
    layout, seed = data.draw(st.sampled_from(sorted(LAYOUTS))), data.draw(st.integers(0, 9))
    root = tmp_path_factory.mktemp("project")
    for file in example.files:
        path = root / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        text = laid_out(file.text, layout, seed) if file.path.endswith(".py") else file.text
        path.write_text(text, encoding="utf-8", newline="")
    request = CheckRequest(root=root, paths=(), settings=ALL, rules=RULES, jobs=1)
    found = [finding for finding in check(request).findings if finding.rule == rule.code]
    for finding in proposals(found[:1], request):
        if finding.fix is None:
            continue
        path = root / finding.location.path
        before = path.read_bytes()
        done = mend([finding], request, unsafe=True)
        expected = encode_like(edited(decode(before), finding.fix.edits), before)
        assert done.contents == {finding.location.path: expected}, "what is told is what is done"
        ast.parse(expected)
        assert bool(mend([finding], request, unsafe=False).fixed) == finding.fix.safe
        path.write_bytes(expected)
        left = [each for each in check(request).findings if each.rule == rule.code]
        assert len(left) == len(found) - 1
        for name, content in mend(left, request, unsafe=True).contents.items():
            (root / name).write_bytes(content)
        left = [each for each in check(request).findings if each.rule == rule.code]
        assert not mend(left, request, unsafe=True).contents, "once is enough"
        event(f"{rule.code} mended")
