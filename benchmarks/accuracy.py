#!/usr/bin/env python3
"""Recall and precision of statelint on labelled sites of real repositories.

    accuracy.py --score SCORE.PY --labels FOLDER --corpora FOLDER [-- more arguments for the score script]

The labels, the checkouts and the script that compares them are kept outside this repository. The script is called as
``SCORE.PY --statelint COMMAND --labels FOLDER --corpora FOLDER``; it runs the command in each checkout and prints its
figures. Ends with status 0 and a word on standard error when one of the three is missing, else with the script's.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--score", type=Path, help="the script that compares findings with labels")
    parser.add_argument("--labels", type=Path, help="folder of labels")
    parser.add_argument("--corpora", type=Path, help="folder of checkouts")
    parser.add_argument("rest", nargs="*", help="further arguments for the score script, after --")
    arguments = parser.parse_args()
    for name in ("score", "labels", "corpora"):
        path = getattr(arguments, name)
        if path is None or not path.exists():
            print(f"skipped: --{name} {path or 'is not given'}{' does not exist' if path else ''}", file=sys.stderr)
            return 0
    statelint = shlex.quote(str(Path(sys.executable).with_name("statelint")))
    command = [sys.executable, str(arguments.score), "--statelint", statelint]
    command += ["--labels", str(arguments.labels), "--corpora", str(arguments.corpora), *arguments.rest]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
