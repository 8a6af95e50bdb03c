from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import sys
from pathlib import Path
import msgspec
from statelint.catalogue.loader import load
from statelint.extract.extractor import extract
facts = extract("app.py", Path(sys.argv[1]).read_bytes(), load())
sys.stdout.buffer.write(msgspec.msgpack.encode(facts))
"""
SOURCE = """
def choose(flag):
    if flag:
        first, second, third, fourth = read(flag)
    else:
        fifth = sixth = seventh = write(flag)
    return first, second, third, fourth, fifth, sixth, seventh
"""


def test_facts_do_not_depend_on_the_order_of_sets(tmp_path: Path) -> None:
    """Facts of two runs are compared: an edit that leaves them as they are is not analysed again."""
    (tmp_path / "app.py").write_text(SOURCE)
    made = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path / "app.py")],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(made) == 1
