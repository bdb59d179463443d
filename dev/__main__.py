"""Entry point of `python dev`, which is what ./clinic runs."""

import sys
from pathlib import Path

# Python puts dev/ itself first on the path, where our module names would shadow others.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from dev.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
