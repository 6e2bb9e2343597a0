"""Tables of many rows on many workers.

The rows of a file are cut into parts, each a command of its own; an engine that exists runs them; the answers are merged into
one, which is the answer that a single process gives. A part that fails is tried again, a part that runs out of time is cut
in two. Everything lies in a folder: with the same folder, a run that was killed goes on where it was.

Engines: :class:`HyperQueue`, and :class:`Processes` on one machine. Another one needs a single method, :meth:`Engine.run`.

>>> from quantproof import Network
>>> from quantproof.cluster import Processes, flips
>>> net = Network.from_layers([([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0], "linear")])
>>> flips(net, [[1.0, 0.0], [0.5, 0.25], [0.0, 1.0]], engine=Processes(2), parts=2, epsilon=0.01).counts["never"]
3
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ._answers import Answer, Flips, Rows
from ._command import Document, QuantproofError, command, numbers, options, parse
from ._network import Network

_A = TypeVar("_A", bound=Rows)
Range = tuple[int, int]


class Engine(Protocol):
    """Runs commands somewhere."""

    def run(self, commands: Sequence[Sequence[str]], folder: Path) -> None:
        """Runs every command, and returns when all have ended. Which of them failed is seen by what they left."""


class Processes:
    """An engine: processes on this machine, so many at a time."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def run(self, commands: Sequence[Sequence[str]], folder: Path) -> None:
        """Runs every command in a process of its own."""

        def one(words: Sequence[str]) -> None:
            with open(folder / "errors.txt", "ab") as errors:
                subprocess.run(list(words), stdout=subprocess.DEVNULL, stderr=errors, check=False)

        with ThreadPoolExecutor(self.workers) as pool:
            list(pool.map(one, commands))


class HyperQueue:
    """An engine: HyperQueue. ``client`` is a ``hyperqueue.Client``; without one, that of the server that ``server_dir`` names."""

    def __init__(self, client: Any = None, *, server_dir: str | Path | None = None) -> None:
        if client is None:
            from hyperqueue import Client

            client = Client(None if server_dir is None else str(server_dir))
        self.client = client

    def run(self, commands: Sequence[Sequence[str]], folder: Path) -> None:
        """Submits one job with a task for each command, and shows HyperQueue's bar."""
        from hyperqueue import Job

        job = Job(name="quantproof")
        for number, words in enumerate(commands):
            job.program(list(words), stdout=None, stderr=str(folder / f"errors-{number}.txt"), cwd=str(folder))
        self.client.wait_for_jobs([self.client.submit(job)], raise_on_error=False)


def _cut(first: int, last: int, parts: int) -> list[Range]:
    """A range in so many of nearly equal length.

    >>> _cut(1, 10, 3)
    [(1, 4), (5, 7), (8, 10)]
    """
    count = last - first + 1
    parts = min(parts, count)
    sizes = [count // parts + (k < count % parts) for k in range(parts)]
    ranges = []
    for size in sizes:
        ranges.append((first, first + size - 1))
        first += size
    return ranges


class _Run:
    """A question in a folder."""

    def __init__(self, net: Network, question: str, table: bytes, folder: Path, given: dict[str, Any]) -> None:
        self.folder = folder
        model = folder / f"model{net.path.suffix}"
        inputs = folder / "inputs.csv"
        for path, content in ((model, net.path.read_bytes()), (inputs, table)):
            if path.exists() and path.read_bytes() != content:
                raise QuantproofError(f"{path}: of another question, expected a folder of its own for each")
            path.write_bytes(content)
        if net._output:
            given = {"output": net._output, **given}
        self.words = [question, str(model), *options({**given, "inputs": str(inputs)})]
        asked = folder / "question.txt"
        told = "\n".join(self.words)
        if asked.exists() and asked.read_text() != told:
            raise QuantproofError(f"{asked}: another question, expected a folder of its own for each")
        asked.write_text(told)

    def file(self, part: Range) -> Path:
        return self.folder / f"rows-{part[0]}..{part[1]}.json"

    def command(self, part: Range) -> list[str]:
        rows = f"--rows={part[0]}..{part[1]}"
        return [sys.executable, "-m", "quantproof.part", str(self.file(part)), *self.words, "--jobs=1", rows]

    def state(self, part: Range) -> str:
        """``"whole"``, ``"late"`` where time ran out, or ``"missing"``."""
        try:
            data = parse(self.file(part).read_bytes())
        except (OSError, ValueError):
            return "missing"
        rows = data.get("rows", ())
        late = len(rows) < part[1] - part[0] + 1 or any(_cut_short(row) for row in rows)
        return "late" if late else "whole"

    def known(self) -> list[Range]:
        """Parts whose answers are in the folder, the longest first."""
        found = []
        for path in self.folder.glob("rows-*..*.json"):
            first, _, last = path.stem.removeprefix("rows-").partition("..")
            part = (int(first), int(last))
            if self.state(part) == "whole":
                found.append(part)
        return sorted(found, key=lambda part: part[0] - part[1])


def _cut_short(row: Any) -> bool:
    """Whether a row has no answer only because a limit was reached."""
    limits = ("time", "memory", "interrupted")
    return row.get("stop") in limits or row.get("open") in limits


def _left(count: int, known: Sequence[Range]) -> tuple[list[Range], list[Range]]:
    """Known parts that do not overlap, and the ranges that they leave.

    >>> _left(10, [(4, 6), (5, 5)])
    ([(4, 6)], [(1, 3), (7, 10)])
    """
    taken: list[Range] = []
    for part in known:
        if all(part[1] < other[0] or other[1] < part[0] for other in taken) and part[1] <= count:
            taken.append(part)
    taken.sort()
    gaps, after = [], 1
    for first, last in taken:
        if after < first:
            gaps.append((after, first - 1))
        after = last + 1
    if after <= count:
        gaps.append((after, count))
    return taken, gaps


def _ask(
    kind: type[_A],
    net: Network,
    question: str,
    table: bytes,
    count: int,
    engine: Engine,
    parts: int,
    folder: str | Path | None,
    retries: int,
    given: dict[str, Any],
) -> _A:
    own = folder is None
    place = Path(tempfile.mkdtemp(prefix="quantproof-") if folder is None else folder)
    place.mkdir(parents=True, exist_ok=True)
    try:
        run = _Run(net, question, table, place.resolve(), given)
        done, gaps = _left(count, run.known())
        open_ = [piece for first, last in gaps for piece in _cut(first, last, max(1, parts * (last - first + 1) // count))]
        tried: dict[Range, int] = {}
        while open_:
            engine.run([run.command(part) for part in open_], run.folder)
            again = []
            for part in open_:
                state, tried[part] = run.state(part), tried.get(part, 0) + 1
                if state == "whole" or (state == "late" and part[0] == part[1] and len(parse(run.file(part).read_bytes())["rows"])):
                    done.append(part)
                elif state == "late" and part[0] < part[1]:
                    again += _cut(*part, 2)
                elif tried[part] <= retries:
                    again.append(part)
                else:
                    raise QuantproofError(f"rows {part[0]}..{part[1]}: no answer after {tried[part]} attempts{_said(place)}")
            open_ = again
        merged = ["merge", *(str(run.file(part)) for part in sorted(done))]
        code, out, _ = command([*merged, "--json"])
        data = Document(out)
        return kind(answer=str(data["answer"]), code=code, data=data, witness=None, _words=_question(net, question, given), _given=table)
    finally:
        if own:
            shutil.rmtree(place, ignore_errors=True)


def _question(net: Network, question: str, given: dict[str, Any]) -> list[str]:
    return [question, str(net.path), *options({**given, "inputs": "-"})]


def _said(folder: Path) -> str:
    """What the last failed task said."""
    for path in sorted(folder.glob("errors*.txt"), reverse=True):
        lines = path.read_text(errors="replace").strip().splitlines()
        if lines:
            return f": {lines[-1]}"
    return ""


def flips(
    net: Network,
    x: Any,
    y: Any = None,
    *,
    engine: Engine,
    parts: int = 16,
    folder: str | Path | None = None,
    retries: int = 3,
    **amount: Any,
) -> Flips:
    """:meth:`quantproof.Network.flips` on an engine. ``timeout`` is that of one part; what is late is cut in two."""
    table = net._table(x, y)
    return _ask(Flips, net, "flips", table, len(x), engine, parts, folder, retries, amount)


def local(
    net: Network,
    x: Any,
    *,
    engine: Engine,
    parts: int = 16,
    folder: str | Path | None = None,
    retries: int = 3,
    **amount: Any,
) -> Rows:
    """:meth:`quantproof.Network.local` for the rows of a table, on an engine."""
    return _ask(Rows, net, "local", numbers(x), len(x), engine, parts, folder, retries, amount)


__all__ = ["Answer", "Engine", "HyperQueue", "Processes", "flips", "local"]
