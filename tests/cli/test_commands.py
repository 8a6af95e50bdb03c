"""The command as a whole, and the small subcommands."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from statelint import __version__
from statelint.cli.app import COMMANDS
from statelint.cli.app import run as run_here
from statelint.cli.explain import laid_out
from statelint.lint.packs import load_rules

from .conftest import command, environment

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


def test_version(run: Run) -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"statelint {__version__}\n", "")


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "statelint", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"statelint {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, run: Run) -> None:
    assert name in run("--help").stdout
    done = run(name, "-h")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: statelint {name} ")


def test_an_unknown_command_names_the_closest(run: Run) -> None:
    done = run("chekc")
    assert done.returncode == 2
    assert "No such command 'chekc'. Did you mean 'check'?" in done.stderr
    assert done.stdout == ""


def test_a_bug_exits_with_3_and_asks_for_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(options: object) -> int:
        raise RuntimeError("boom")

    monkeypatch.setattr("statelint.cli.session.check", broken)
    assert run_here(["check"]) == 3
    captured = capsys.readouterr()
    assert "RuntimeError: boom" in captured.err
    assert "please report it" in captured.err
    assert captured.out == ""


def test_rules_as_json_lists_every_rule(run: Run) -> None:
    done = run("rules", "--output-format", "json")
    rules = json.loads(done.stdout)
    assert [rule["code"] for rule in rules] == [rule.code for rule in load_rules()]
    entry = next(rule for rule in rules if rule["code"] == "SL003")
    assert entry["name"] == "syntax-error"
    assert entry["family"] == "SL0"
    assert entry["family_name"] == "housekeeping"
    assert entry["severity"] == "error"
    assert entry["since"]
    assert entry["summary"]


def test_rules_as_text_are_grouped_by_family(run: Run) -> None:
    lines = run("rules", env={"COLUMNS": "200"}).stdout.splitlines()
    assert lines[0] == "SL0 housekeeping"
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [rule.code for rule in load_rules()]


@pytest.mark.parametrize("word", ["SL003", "sl003", "syntax-error"])
def test_explain_prints_the_page_as_it_is(word: str, run: Run) -> None:
    done = run("explain", word)
    assert done.returncode == 0
    assert done.stdout.startswith("# ")
    assert "## What it finds\n" in done.stdout
    assert "\x1b" not in done.stdout


def test_explain_lays_the_page_out_for_a_terminal(run: Run) -> None:
    done = run("explain", "SL003", "--color", "always", env={"COLUMNS": "70"})
    assert "What it finds" in done.stdout
    assert "## What it finds" not in done.stdout
    assert "\x1b[" in done.stdout


def test_explain_names_the_files_of_an_example() -> None:
    shown = laid_out('Text.\n\n```python title="app/models.py"\nx = 1\n```\n')
    assert "app/models.py" in shown
    assert "title=" not in shown


def test_explain_as_json_holds_the_page(run: Run) -> None:
    entry = json.loads(run("explain", "SL003", "--output-format", "json").stdout)
    assert entry["code"] == "SL003"
    assert entry["page"] == run("explain", "SL003").stdout


@pytest.mark.parametrize(("word", "hint"), [("SL0003", "SL003"), ("sintax-error", "SL003 (syntax-error)")])
def test_explain_names_the_closest_rule(word: str, hint: str, run: Run) -> None:
    done = run("explain", word)
    assert done.returncode == 2
    assert f"No rule '{word}'. Did you mean " in done.stderr
    assert hint in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_the_shell_accepts(shell: str, run: Run, tmp_path: Path) -> None:
    script = run("completion", shell).stdout
    assert "_STATELINT_COMPLETE" in script
    if shutil.which(shell):
        (tmp_path / "script").write_text(script)
        subprocess.run([shell, "-n", tmp_path / "script"], check=True)


def complete(run: Run, line: str) -> list[str]:
    words = line.split(" ")
    env = {"_STATELINT_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    return [row.split(",")[1] for row in run(env=env).stdout.splitlines()]


def test_completion_knows_commands_formats_and_rules(run: Run) -> None:
    assert complete(run, "statelint ch") == ["check"]
    assert complete(run, "statelint check --output-format s") == ["sarif"]
    assert complete(run, "statelint explain SL003") == ["SL003"]
    assert complete(run, "statelint explain syntax") == ["syntax-error"]


@pytest.mark.parametrize("args", [["rules"], ["explain", "SL003"], ["--help"], ["check", "--show-settings"]])
def test_a_closed_pipe_is_quiet(args: list[str], service: Path) -> None:
    process = subprocess.Popen(
        [command(), *args], cwd=service, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    assert process.stdout
    process.stdout.close()
    _, errors = process.communicate(timeout=60)
    assert errors == b""


def test_an_interrupt_is_quiet(service: Path) -> None:
    process = subprocess.Popen(
        [command(), "check", "-"],
        cwd=service,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    time.sleep(2)  # it now waits for standard input
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert errors.strip() == b""
