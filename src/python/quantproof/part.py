"""``python -m quantproof.part FILE COMMAND…``: the answer of a command in a file that is there only when it is whole.

A scheduler may kill a task at any time and start it again; what is then in the folder is an answer, or nothing.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from . import _core


def main(arguments: list[str]) -> int:
    """Runs the command and puts its JSON answer into the file. An answer that has no bounds yet is none."""
    target = Path(arguments[0])
    code, out, wrong, raised = _core.run([*arguments[1:], "--json"])
    if raised is not None:
        raise raised
    if code == 2:
        print(f"error: {wrong}", file=sys.stderr)
        return code
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    beside.write_bytes(out)
    os.replace(beside, target)
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: python -m quantproof.part FILE COMMAND [OPTION…]")
    sys.exit(main(sys.argv[1:]))
