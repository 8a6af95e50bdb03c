"""What the documentation site takes from the code: rule pages, the configuration reference, the changelog."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File

from statelint.config.schema import schema
from statelint.lint.packs import load_rules
from statelint.lint.pages import shown
from statelint.lint.rule import FAMILIES, family

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

CHECKOUT = Path(__file__).parents[1]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the rules into the navigation."""
    rules: list[Any] = ["rules/index.md"]
    for group, members in groupby(load_rules(), key=lambda rule: family(rule.code)):
        pages = [{f"{rule.code} {rule.name}": f"rules/{rule.code}.md"} for rule in members]
        rules.append({f"{group} {FAMILIES.get(group, '')}": pages})
    for entry in config.nav or []:
        if "Rules" in entry:
            entry["Rules"] = rules
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    pages = {f"rules/{rule.code}.md": shown(rule) for rule in load_rules()}
    pages |= {"rules/index.md": _rules(), "configuration.md": _configuration()}
    pages["changelog.md"] = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    for path, content in pages.items():
        files.append(File.generated(config, path, content=content))
    return files


def _rules() -> str:
    lines = ["# Rules", ""]
    for group, members in groupby(load_rules(), key=lambda rule: family(rule.code)):
        lines += [
            f"## {group} {FAMILIES.get(group, '')}",
            "",
            "| Rule | Severity | Fix | Finds |",
            "| --- | --- | --- | --- |",
        ]
        for rule in members:
            fix = "" if rule.fixer is None else "safe" if rule.fixer.safe else "unsafe"
            lines.append(f"| [{rule.code} {rule.name}]({rule.code}.md) | {rule.severity} | {fix} | {rule.summary} |")
        lines.append("")
    return "\n".join(lines)


def _configuration() -> str:
    lines = [
        "# Configuration",
        "",
        "In `pyproject.toml` below `[tool.statelint]`, or in `statelint.toml` at the top level. "
        "`statelint init` writes one, and `statelint check --show-settings` prints what is in force. "
        "Editors use the [schema](statelint.schema.json).",
        "",
    ]
    for name, field in schema()["properties"].items():
        kind = field.get("type", "")
        choices = f" ({', '.join(map(repr, field['enum']))})" if "enum" in field else f" ({kind})" if kind else ""
        lines += [f"## `{name}`", "", f"{field['description']}", "", f"Default: `{field['default']}`{choices}", ""]
    return "\n".join(lines)
