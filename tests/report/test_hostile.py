"""Whatever stands in names, messages and paths, each format says it and does nothing else.

Every format has a *structure*: what a reader of that format acts on. It must be the same for hostile texts as for plain
ones of the same number.
"""

from __future__ import annotations

import json
import unicodedata
from html.parser import HTMLParser
from importlib import import_module
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from markdown_it import MarkdownIt

from statelint.cli.targets import FORMATS
from statelint.lint.finding import Location, SuppressedFinding
from statelint.server.language import StatelintServer

from .conftest import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from statelint.lint.finding import Finding, LintResult
    from statelint.report.context import ReportContext

    Context = Callable[..., ReportContext]

HOSTILE = {
    "escape sequences": "\x1b[2J\x1b]8;;http://x\x07y\x9b31m",
    "line ends": "a\nb\rc\u2028d\x85e\x0bf\x0cg",
    "bidirectional marks": "a\u202eb\u2066c\u200fd",
    "HTML": "</td></script><script>alert(1)</script><img src=x onerror=y>\"'&amp;{{ 7*7 }}",
    "Markdown": "](javascript:x) ![i](http://x) `|` **b** | c\n\n# h\n<details> @all https://x www.x.y",
    "commands to GitHub": "::error::x\n::set-output name=a::b%0A::warning::y,line=3##[error]z",
    "commands to Azure": "##vso[task.setvariable variable=x;issecret=true]y\n##vso[task.complete]]%5D;",
    "commands to TeamCity": "##teamcity[message text='x']",
    "what XML has no place for": "\x00\ufffe\uffff]]><failure/>",
    "half a pair": "\ud83d\udcff",
}


def laden(text: str, path: str) -> LintResult:
    """Return a result with ``text`` at every place where text from the project may stand."""

    def place(at: Location) -> Location:
        return msgspec.structs.replace(at, path=path, message=text)

    def load(finding: Finding) -> Finding:
        return msgspec.structs.replace(
            finding,
            message=text,
            help=text,
            symbol=text,
            group=text + finding.group,
            details=(("model", text),),
            location=place(finding.location),
            related=tuple(map(place, finding.related)),
            trace=tuple(map(place, finding.trace)),
        )

    from statelint.lint.finding import Coverage, LintResult

    silenced = SuppressedFinding(load(FINDINGS[3]), place(FINDINGS[3].location), text)
    return LintResult(
        findings=[load(finding) for finding in FINDINGS],
        suppressed=[silenced],
        hidden=0,
        elsewhere=0,
        files=1,
        lines=1,
        coverage=Coverage(frameworks=(), entry_points=0, models=0, owned_models=0, functions=0),
    )


def _named(text: str) -> str:
    """Return as much of ``text`` as a file's name may have."""
    return "".join(char for char in text if char not in "/\0\ud83d")


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[object, ...]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((f"/{tag}",))


def of_html(text: str) -> object:
    """Texts show names in backticks as code."""
    return [tag for tag in Tags(text).found if tag[0].lstrip("/") != "code"]


def of_markdown(text: str) -> object:
    return Tags(MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").render(text)).found


def of_xml(text: str) -> object:
    return [(node.tag, sorted(node.attrib)) for node in ET.fromstring(text.partition("\n")[2]).iter()]


def of_json(text: str) -> object:
    def shape(value: Any) -> object:
        match value:
            case dict():
                return {key: shape(inner) for key, inner in value.items()}
            case list():
                return [shape(inner) for inner in value]
        return type(value).__name__

    return shape(json.loads(text))


def of_json_lines(text: str) -> object:
    return [of_json(line) for line in text.splitlines()]


def of_commands(text: str) -> object:
    """Return what a log reader would act on: commands, at the start of lines or anywhere, with their properties."""
    found = []
    for line in text.splitlines():
        head = line.lstrip()
        if head.startswith("::"):
            command, _, _ = head[2:].partition("::")
            name, _, properties = command.partition(" ")
            found.append((name, [each.partition("=")[0] for each in properties.split(",")]))
        starts = [at for at in range(len(line)) if line.startswith(("##[", "##vso[", "##teamcity["), at)]
        found += [(line[at : line.index("]", at)].partition(" ")[0], []) for at in starts]
    return found


STRUCTURES: dict[str, Callable[[str], object]] = {
    "full": of_commands,
    "concise": of_commands,
    "grouped": of_commands,
    "json": of_json,
    "jsonl": of_json_lines,
    "sarif": of_json,
    "github": of_commands,
    "gitlab": of_json,
    "azure": of_commands,
    "junit": of_xml,
    "rdjson": of_json,
    "markdown": of_markdown,
    "html": of_html,
}


def test_every_format_is_looked_at() -> None:
    assert set(STRUCTURES) == set(FORMATS)


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("format_", FORMATS)
def test_hostile_text_changes_no_structure(format_: str, kind: str, context: Context) -> None:
    render = import_module(f"statelint.report.{format_}").render
    text, options = HOSTILE[kind], {"summary": False, "show_suppressed": True, "width": 300}
    plain = render(laden("plain", "app/plain.py"), context(**options))
    hostile = render(laden(text, f"app/{_named(text)}.py"), context(**options))
    structure = STRUCTURES[format_]
    assert structure(hostile) == structure(plain)
    if format_ not in ("github", "azure"):
        assert of_commands(hostile) == of_commands(plain), "logs may hold any format"
    acting = {char for char in hostile if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n"}
    assert not acting
    hostile.encode()


@pytest.mark.parametrize("kind", HOSTILE)
def test_editors_get_plain_text(kind: str, project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = StatelintServer()
    monkeypatch.setattr(server, "lines", lambda path: ["x" * 100] * 30)
    monkeypatch.setattr(server, "uri_of", lambda path: "file:///x")
    for finding in laden(HOSTILE[kind], "app/x.py").findings:
        told = server.diagnostic(finding)
        texts = [told.message.replace("\n", "", 1), *(each.message for each in told.related_information or ())]
        assert not [char for text in texts for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl")]
