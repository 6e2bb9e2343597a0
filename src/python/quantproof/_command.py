"""Running a command and reading its answer: exact numbers, typed errors, Ctrl-C."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import _core

#: is given a line now and then on how far a question is
Progress = Callable[[str], object]


class QuantproofError(ValueError):
    """A question that cannot be asked: what is wrong, where, and what was expected."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C. ``answer`` is what was found by then."""

    def __init__(self, answer: Any) -> None:
        super().__init__("interrupted")
        self.answer = answer


def below(x: Fraction | int | None) -> float:
    """The largest double that is not above a number; ``None`` is minus infinity.

    >>> below(Fraction(1, 10)) < Fraction(1, 10) < above(Fraction(1, 10))
    True
    """
    if x is None:
        return -math.inf
    try:
        nearest = float(x)
    except OverflowError:
        return math.nextafter(math.inf, 0) if x > 0 else -math.inf
    return nearest if Fraction(nearest) <= x else math.nextafter(nearest, -math.inf)


def above(x: Fraction | int | None) -> float:
    """The smallest double that is not below a number; ``None`` is infinity."""
    return math.inf if x is None else -below(-x)


def numbers(x: Any) -> bytes:
    """Rows of numbers as exact text: a double counts as the binary number that it is.

    >>> numbers([[0.5, 1]])
    b'0x1.0000000000000p-1,1\\n'
    """
    rows = x.tolist() if hasattr(x, "tolist") else x
    rows = rows if len(rows) and isinstance(rows[0], (list, tuple)) else [rows]
    return "".join(",".join(map(_number, row)) + "\n" for row in rows).encode()


def _number(x: Any) -> str:
    if isinstance(x, float):
        if not math.isfinite(x):
            raise QuantproofError(f"{x} among the inputs, expected finite numbers")
        return x.hex()
    return str(x)


def plain(x: Any) -> str:
    """A number of an option; a ``float`` as the decimal that it prints as, which is what people mean by it."""
    return repr(float(x)) if isinstance(x, float) else str(x)


def options(given: Mapping[str, Any]) -> list[str]:
    """Options of a command from keyword arguments: ``None`` and ``False`` are left out, ``True`` stands alone.

    >>> options({"class_change": True, "epsilon": 0.5, "layers": [0, 2], "html": None})
    ['--class-change', '--epsilon=0.5', '--layers=0,2']
    """
    words = []
    for name, value in given.items():
        option = "--" + name.rstrip("_").replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            words.append(option)
        elif isinstance(value, (list, tuple)):
            words.append(f"{option}={','.join(map(plain, value))}")
        else:
            words.append(f"{option}={plain(value)}")
    return words


def _bar(description: str) -> Any:
    """A bar of tqdm that shows lines of progress; ``None`` where it is not installed."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(desc=description, bar_format="{desc} {postfix} [{elapsed}]")


def command(words: Sequence[str], given: bytes = b"", progress: Progress | bool | None = None) -> tuple[int, bytes, bool]:
    """Runs a command: exit code, output, and whether Ctrl-C ended it."""
    bar = _bar(words[0]) if progress is True else None
    listener: Progress | None = None if isinstance(progress, bool) else progress
    if bar is not None:
        listener = bar.set_postfix_str
    try:
        code, out, wrong, raised = _core.run(list(words), given, listener)
    finally:
        if bar is not None:
            bar.close()
    if raised is not None and not isinstance(raised, KeyboardInterrupt):
        raise raised
    if code == 2:
        raise QuantproofError(wrong)
    return code, out, raised is not None


def parse(text: bytes) -> Any:
    """JSON with exact numbers.

    >>> parse(b'{"upper": 0.1}')
    {'upper': Fraction(1, 10)}
    """
    return json.loads(text, parse_float=Fraction)


_BEFORE, _BEHIND = b'"rows":[\n', b"\n],"


class Document(dict[str, Any]):
    """A JSON answer with exact numbers, whose rows are read when they are first asked for: there may be a great many."""

    def __init__(self, text: bytes) -> None:
        head, found, rest = text.partition(_BEFORE)
        rows, ended, tail = rest.rpartition(_BEHIND)
        self._rows = b"[" + rows + b"]" if found and ended else None
        super().__init__(parse(text if self._rows is None else head + tail))

    def __missing__(self, name: str) -> Any:
        if name != "rows" or self._rows is None:
            raise KeyError(name)
        self["rows"] = rows = parse(self._rows)
        self._rows = None
        return rows


def page(words: Sequence[str], given: bytes, option: str) -> str:
    """What a command writes to the file of an option: ``--html`` or ``--svg``."""
    with tempfile.TemporaryDirectory(prefix="quantproof-") as folder:
        path = Path(folder) / "page"
        command([*words, f"{option}={path}"], given)
        return path.read_text(encoding="utf-8")
