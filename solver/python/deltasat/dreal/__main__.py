"""``python -m deltasat.dreal SCRIPT.py``: runs a script that imports ``dreal``, unchanged."""

from __future__ import annotations

import runpy
import sys

from deltasat import dreal


def main() -> None:
    """Runs the script that the command line names, with this package in the place of dReal's."""
    if len(sys.argv) < 2:
        sys.exit("usage: python -m deltasat.dreal SCRIPT.py [ARGUMENT…]")
    sys.modules["dreal"] = dreal
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
