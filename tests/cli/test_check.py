"""``statelint check`` from end to end, through the installed command."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import tomllib
from typing import TYPE_CHECKING

import pytest

from .conftest import GUIDELINE, SERVICE, command, environment

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

BROKEN = "def broken(:\n"


def on_terminal(args: list[str], cwd: Path, columns: int = 90) -> str:
    """Return what ``statelint`` shows on a terminal."""
    ours, theirs = pty.openpty()
    env = environment({"COLUMNS": str(columns)})
    process = subprocess.Popen([command(), *args], cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    shown = b""
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not data:
            break
        shown += data
    os.close(ours)
    process.wait(timeout=60)
    return shown.decode().replace("\r\n", "\n")


class TestExitCodes:
    def test_findings(self, run: Run) -> None:
        done = run("check")
        assert done.returncode == 1
        assert "error[SL101] process-state" in done.stdout
        assert " --> app/chat.py:9:5\n" in done.stdout
        assert "Found 1 error in 1 file." in done.stdout
        assert done.stderr == ""

    def test_clean(self, run: Run, service: Path) -> None:
        (service / "app" / "chat.py").unlink()
        done = run("check")
        assert done.returncode == 0
        assert done.stdout.startswith("No findings.\n")

    def test_exit_zero(self, run: Run) -> None:
        done = run("check", "--exit-zero")
        assert done.returncode == 0
        assert "SL101" in done.stdout

    def test_findings_below_fail_on(self, run: Run, service: Path) -> None:
        (service / "statelint.toml").write_text('fail-on = "error"\n')
        (service / "app" / "chat.py").write_text("x = 1  # statelint: ignore[SL101] nothing here\n")
        done = run("check")
        assert "SL001" in done.stdout
        assert done.returncode == 0

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            (["no/such/file.py"], "no/such/file.py"),
            (["--select", "SL1O1"], "did you mean 'SL101'"),
            (["--select", "proces-state"], "did you mean 'process-state'"),
            (["--output-format", "xml"], "'xml' is not one of"),
            (["--output-format", "full", "--output-format", "json"], "Two reports"),
            (["--min-severity", "fatal"], "'fatal' is not one of"),
            (["--quiet", "--verbose"], "contradict"),
            (["--pedantic", "--min-severity", "error"], "--pedantic"),
            (["--isolated", "--config", "pyproject.toml"], "--isolated"),
            (["--config", "no.toml"], "no.toml"),
            (["--stdin-filename", "x.py"], "needs '-'"),
            (["-", "app"], "cannot be combined"),
            (["--jobs", "0"], "0"),
            (["--no-such-option"], "No such option"),
        ],
    )
    def test_wrong_usage(self, args: list[str], message: str, run: Run) -> None:
        done = run("check", *args)
        assert done.returncode == 2
        assert message in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ""

    def test_wrong_configuration(self, run: Run, service: Path) -> None:
        (service / "statelint.toml").write_text('selct = ["SL1"]\nmin-severity = "bad"\n')
        done = run("check")
        assert done.returncode == 2
        assert "unknown key 'selct'" in done.stderr
        assert "did you mean 'select'" in done.stderr
        assert "min-severity" in done.stderr
        assert done.stdout == ""

    def test_a_rule_that_fails(self, run: Run, service: Path) -> None:
        pack = service / "packs"
        (pack / "failing_pack.dist-info").mkdir(parents=True)
        (pack / "failing_pack.dist-info" / "METADATA").write_text("Name: failing-pack\nVersion: 1\n")
        (pack / "failing_pack.dist-info" / "entry_points.txt").write_text("[statelint.rules]\nfailing = failing_pack\n")
        (pack / "failing_pack.py").write_text(
            "from statelint.api import Rule, Severity\n"
            "class Failing(Rule):\n"
            "    code, name, summary, since = 'XX001', 'failing', 'Fails.', '1'\n"
            "    severity = Severity.NOTE\n"
            "    def check(self, project):\n"
            "        raise KeyError('oh\\x1b[2J')\n"
        )
        done = run("check", "--extend-select", "XX", "app", env={"PYTHONPATH": str(pack)})
        assert done.returncode == 3
        assert "SL101" in done.stdout
        assert "statelint: rule XX001 of failing_pack failed" in done.stderr
        assert "Traceback" not in done.stderr
        assert "\x1b" not in done.stderr
        verbose = run("check", "--extend-select", "XX", "-v", env={"PYTHONPATH": str(pack)})
        assert "Traceback" in verbose.stderr


class TestSelection:
    def test_select_ignore_and_extend_select(self, run: Run, service: Path) -> None:
        (service / "app" / "broken.py").write_text(BROKEN)

        def codes(*args: str) -> set[str]:
            done = run("check", "--output-format", "json", *args)
            return {finding["rule"] for finding in json.loads(done.stdout)["findings"]}

        assert codes() == {"SL003", "SL101"}
        assert codes("--select", "SL0") == {"SL003"}
        assert codes("--select", "process-state, SL003") == {"SL003", "SL101"}
        assert codes("--ignore", "SL1") == {"SL003"}
        assert codes("--select", "SL0", "--extend-select", "SL101") == {"SL003", "SL101"}
        assert codes("--select", "ALL", "--ignore", "syntax-error") == {"SL101"}

    def test_floors_hide_and_count(self, run: Run, service: Path) -> None:
        (service / "app" / "chat.py").write_text("x = 1  # statelint: ignore[SL101] nothing here\n")
        assert "SL001" in run("check").stdout
        done = run("check", "--min-severity", "error")
        assert done.returncode == 0
        assert "Not counted: 1 below error (--pedantic)." in done.stdout

    def test_notes_are_shown_on_request_and_fail_by_profile(self, run: Run, service: Path) -> None:
        (service / "app" / "chat.py").write_text(GUIDELINE)
        done = run("check")
        assert done.returncode == 0
        assert "Not counted: 1 note (--pedantic)." in done.stdout
        done = run("check", "--pedantic")
        assert done.returncode == 0
        assert "note[SL704] call-without-timeout" in done.stdout
        (service / "statelint.toml").write_text('profile = "document"\n')
        done = run("check")
        assert done.returncode == 1
        assert "note[SL704] call-without-timeout" in done.stdout

    def test_a_file_argument_says_where_to_report(self, run: Run) -> None:
        assert "SL101" in run("check", "app/chat.py").stdout
        done = run("check", "app/health.py")
        assert done.returncode == 0
        assert "1 elsewhere" in done.stdout
        assert "Read 2 files" in done.stdout

    def test_suppressed_findings_are_counted_and_shown_on_request(self, run: Run, service: Path) -> None:
        text = SERVICE.replace("append(message)", "append(message)  # statelint: ignore[SL101] a demo")
        (service / "app" / "chat.py").write_text(text)
        done = run("check")
        assert done.returncode == 0
        assert "1 suppressed (--show-suppressed)" in done.stdout
        assert "= reason: a demo (app/chat.py:9)" in run("check", "--show-suppressed").stdout


class TestConfiguration:
    def test_the_nearest_file_counts_unless_isolated_or_another_is_named(self, run: Run, service: Path) -> None:
        (service / "statelint.toml").write_text('ignore = ["SL101"]\n')
        (service / "other.toml").write_text('ignore = ["SL2"]\n')
        assert run("check").returncode == 0
        assert run("check", "--isolated").returncode == 1
        assert run("check", "--config", "other.toml").returncode == 1
        assert run("check", cwd=service / "app").returncode == 0

    def test_show_settings_prints_toml(self, run: Run, service: Path) -> None:
        (service / "statelint.toml").write_text('[per-file-ignores]\n"tests/*" = ["SL1"]\n')
        done = run("check", "--show-settings", "--min-severity", "note", "--select", "SL1,SL2")
        assert done.returncode == 0
        settings = tomllib.loads(done.stdout)
        assert settings["select"] == ["SL1", "SL2"]
        assert settings["min-severity"] == "note"
        assert settings["respect-gitignore"] is True
        assert settings["per-file-ignores"] == {"tests/*": ["SL1"]}
        assert "statelint.toml" in done.stdout.splitlines()[0]

    def test_show_files_lists_what_is_checked(self, run: Run) -> None:
        assert run("check", "--show-files").stdout == "app/chat.py\napp/health.py\n"
        assert run("check", "--show-files", "app/health.py").stdout == "app/health.py\n"

    def test_an_empty_project_is_clean_with_a_warning(self, run: Run, tmp_path: Path) -> None:
        empty = tmp_path / "empty"
        empty.mkdir()
        (empty / "statelint.toml").touch()
        done = run("check", cwd=empty)
        assert done.returncode == 0
        assert "there is no Python file to check" in done.stderr


class TestReports:
    def test_several_formats_in_one_run(self, run: Run, service: Path) -> None:
        done = run("check", "--output-format", "concise", "--output-format", "sarif=out.sarif", "-v")
        assert re.match(r"app/chat\.py:9:5: SL101 \[error/\w+\] ", done.stdout)
        log = json.loads((service / "out.sarif").read_text())
        assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["SL101"]
        described = {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]}
        assert {"SL001", "SL101"} <= described
        assert "checked in" in done.stderr

    def test_a_single_format_into_a_file(self, run: Run, service: Path) -> None:
        done = run("check", "--output-format", "json", "--output", "out.json")
        assert done.returncode == 1
        assert done.stdout == ""
        assert "Found 1 error" in done.stderr
        assert json.loads((service / "out.json").read_text())["version"] == 1

    def test_json_is_alone_on_standard_output(self, run: Run) -> None:
        done = run("check", "--output-format", "json")
        (finding,) = json.loads(done.stdout)["findings"]
        assert (finding["path"], finding["line"]) == ("app/chat.py", 9)
        assert len(finding["fingerprint"]) > 8
        assert "Found 1 error" in done.stderr

    def test_quiet_says_nothing_but_findings(self, run: Run) -> None:
        done = run("check", "--quiet", "--output-format", "concise")
        assert len(done.stdout.splitlines()) == 1
        assert done.stderr == ""

    def test_github_annotations_and_the_summary_page(self, run: Run, service: Path) -> None:
        (service / ".git").mkdir()
        sub = service / "services" / "api"
        sub.mkdir(parents=True)
        (sub / "statelint.toml").touch()
        (sub / "chat.py").write_text(SERVICE)
        page = service / "summary.md"
        page.write_text("before\n")
        done = run("check", "--output-format", "github", cwd=sub, env={"GITHUB_STEP_SUMMARY": str(page)})
        assert done.stdout.startswith("::error title=SL101 process-state,file=services/api/chat.py,line=9,")
        assert page.read_text().startswith("before\n### statelint: 1 error\n")

    def test_statistics(self, run: Run) -> None:
        assert run("check", "--statistics").stdout.startswith("1  SL101  process-state  error\n")


class TestStandardInput:
    def test_code_from_standard_input(self, run: Run) -> None:
        done = run("check", "-", "--output-format", "concise", stdin=SERVICE)
        assert done.returncode == 1
        assert done.stdout.startswith("<stdin>:9:5: SL101")

    def test_it_stands_for_the_named_file_of_the_project(self, run: Run) -> None:
        done = run("check", "-", "--stdin-filename", "app/health.py", stdin="\n" + SERVICE)
        assert done.returncode == 1
        assert " --> app/health.py:10:5\n" in done.stdout
        assert "10 |     USER_CONVERSATIONS.setdefault(user_id, []).append(message)\n" in done.stdout
        assert "app/chat.py" not in done.stdout

    def test_it_may_be_a_file_that_is_not_saved_yet(self, run: Run) -> None:
        done = run("check", "-", "--stdin-filename", "app/sub/new.py", stdin=SERVICE)
        assert " --> app/sub/new.py:9:5\n" in done.stdout


class TestTerminal:
    def test_colours_and_links_on_a_terminal_only(self, run: Run, service: Path) -> None:
        assert "\x1b" not in run("check").stdout
        shown = on_terminal(["check"], service)
        assert "\x1b[1;31merror[SL101]\x1b[0m" in shown
        assert "\x1b]8;;file://" in shown
        assert "\x1b" not in on_terminal(["check", "--color", "never"], service)
        assert "\x1b[1;31m" in run("check", env={"FORCE_COLOR": "1"}).stdout
        assert "\x1b" not in run("check", "--output-format", "full=out", env={"FORCE_COLOR": "1"}).stdout
        assert "\x1b" not in (service / "out").read_text()

    def test_very_many_findings_are_digested(self, run: Run, service: Path) -> None:
        for number in range(35):
            (service / "app" / f"broken{number}.py").write_text(BROKEN)
        shown = on_terminal(["check", "--color", "never", "app"], service)
        assert len(re.findall(r"^error\[", shown, re.MULTILINE)) == 10
        assert "statelint check app --output-format concise" in shown
        assert "Found 36 errors in 36 files." in shown
        assert len(re.findall(r"^error\[", run("check").stdout, re.MULTILINE)) == 36


class TestBadInput:
    def test_names_and_code_that_try_to_command_the_terminal(self, run: Run, service: Path) -> None:
        evil = "::error::\x1b]0;owned\x07\n.py"
        (service / evil).write_bytes(b"x = '\x1b[2J'\ndef \x1b[31m(:\n")
        (service / "caf\udce9.py").write_text(BROKEN)
        for name in ("full", "concise", "github"):
            done = run("check", "--output-format", name)
            assert done.returncode == 1
            assert "\x1b" not in done.stdout + done.stderr
            assert "\x07" not in done.stdout + done.stderr
            assert not any(line.startswith("::error::") for line in done.stdout.splitlines())
        paths = {item["path"] for item in json.loads(run("check", "--output-format", "json").stdout)["findings"]}
        assert {evil, "caf\udce9.py"} <= paths

    def test_a_file_that_cannot_be_parsed_stops_no_other(self, run: Run, service: Path) -> None:
        (service / "app" / "nul.py").write_bytes(b"x = 1\0\n")
        (service / "app" / "broken.py").write_text(BROKEN)
        done = run("check", "--output-format", "concise")
        assert done.returncode == 1
        for code in ("SL003", "SL004", "SL101"):
            assert code in done.stdout
