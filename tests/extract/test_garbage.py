from __future__ import annotations

import gc
from pathlib import Path

from statelint.catalogue.loader import load
from statelint.extract.extractor import extract

SOURCE = Path(__file__).read_bytes()
CATALOGUE = load()


def test_what_reads_a_file_goes_with_it() -> None:
    """While files are read nobody looks for garbage in cycles: it would stay until the end."""
    extract("app.py", SOURCE, CATALOGUE)
    gc.collect()
    gc.disable()
    try:
        assert extract("app.py", SOURCE, CATALOGUE).failure is None
        assert gc.collect() == 0
    finally:
        gc.enable()
