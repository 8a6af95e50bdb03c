"""``python -m statelint``."""

import sys

if not sys.flags.safe_path:
    # Python put the working directory first: the code under lint must not stand in for ours or bring a rule pack.
    del sys.path[0]

from statelint.cli import main

if __name__ == "__main__":
    main()
