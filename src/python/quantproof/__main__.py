"""The command: ``python -m quantproof global MODEL --epsilon 0.01``, or ``quantproof`` where the package is installed."""

from __future__ import annotations

import sys

from . import _core


def main() -> int:
    """Runs the command that the command line asks for."""
    given = sys.stdin.buffer.read() if "-" in sys.argv[1:] or "--inputs=-" in sys.argv[1:] else b""
    code, out, wrong, _ = _core.run(sys.argv[1:], given)
    sys.stdout.buffer.write(out)
    if wrong is not None:
        print(f"error: {wrong}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
