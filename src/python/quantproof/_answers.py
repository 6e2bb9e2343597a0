"""What questions are answered with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import Any

from ._command import above, below, page


def frame(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Any:
    """A data frame of pandas, or of polars where that alone is installed."""
    try:
        import pandas
    except ImportError:
        import polars

        return polars.DataFrame([list(row) for row in rows], schema=list(columns), orient="row")
    return pandas.DataFrame([list(row) for row in rows], columns=list(columns))


def _axes() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError("plot() needs matplotlib") from error
    return pyplot.subplots()[1]


@dataclass(frozen=True)
class Parameter:
    """A parameter that a witness moves; ``column`` is ``None`` for a bias."""

    layer: int
    row: int
    column: int | None
    trained: Fraction | int
    value: Fraction | int


@dataclass(frozen=True)
class Witness:
    """An input and parameters that attain the lower bound, evaluated exactly."""

    input: tuple[Fraction | int, ...]
    parameters: tuple[Parameter, ...]
    #: everything that the command says of it
    data: Mapping[str, Any] = field(repr=False)


def _witness(data: Mapping[str, Any] | None) -> Witness | None:
    if data is None:
        return None
    names = ("layer", "row", "column", "trained", "value")
    moved = tuple(Parameter(*(p[name] for name in names)) for p in data.get("parameters") or () if "value" in p)
    return Witness(tuple(data.get("input") or ()), moved, data)


@dataclass(frozen=True)
class Answer:
    """An answer. ``data`` is all that the command ``quantproof`` says in JSON, with exact numbers."""

    #: ``"bounds"``, ``"robust"``, ``"violated"``, ``"unknown"``, ``"timeout"``, …
    answer: str
    #: 0 proved, 1 counterexample found, 3 unknown, 4 out of time, 130 interrupted
    code: int
    data: Mapping[str, Any] = field(repr=False)
    _words: Sequence[str] = field(repr=False, compare=False)
    _given: bytes = field(repr=False, compare=False)

    @property
    def proved(self) -> bool:
        """Whether the question was answered with yes, or with bounds as close as asked for."""
        return self.code == 0

    @property
    def boxes(self) -> int:
        """How many boxes were examined."""
        return int(self.data.get("boxes") or 0)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return float(self.data.get("seconds") or 0)

    def page(self, path: str | Path | None = None) -> str:
        """The report as one web page that needs nothing else, written to a file if one is named. The question is asked again."""
        text = page(self._words, self._given, "--html")
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def picture(self) -> str:
        """The map of a network of two inputs, as SVG. The question is asked again."""
        return page(self._words, self._given, "--svg")

    def _columns(self) -> tuple[list[str], list[list[Any]]]:
        names = [name for name, value in self.data.items() if isinstance(value, (str, int, Fraction))]
        return names, [[self.data[name] for name in names]]

    def to_frame(self) -> Any:
        """A data frame of pandas, or of polars."""
        return frame(*self._columns())

    def _summary(self) -> list[tuple[str, str]]:
        return [("answer", self.answer)]

    def __str__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self._summary())

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in self._summary())
        return f"<table><tbody>{rows}</tbody></table>{self._picture()}"

    def _picture(self) -> str:
        domain = self.data.get("domain")
        # a global question over two inputs has the whole map to show
        return f'<div style="max-width:32em">{self.picture()}</div>' if domain and len(domain) == 2 else ""


@dataclass(frozen=True)
class Bounds(Answer):
    """Two sides of a quantity: a witness attains the lower one, and nothing exceeds the upper one."""

    witness: Witness | None

    @property
    def fractions(self) -> tuple[Fraction | None, Fraction | None]:
        """Both sides exactly as they were printed; ``None`` is unbounded."""
        low, high = self.data.get("lower"), self.data.get("upper")
        return None if low is None else Fraction(low), None if high is None else Fraction(high)

    @property
    def lower(self) -> float:
        """A double that is not above the lower side."""
        return below(self.fractions[0])

    @property
    def upper(self) -> float:
        """A double that is not below the upper side."""
        return above(self.fractions[1])

    @property
    def class_change(self) -> str | None:
        """``"possible"``, ``"impossible"`` or ``"unknown"``, where that was looked at."""
        return self.data.get("class_change")

    def _summary(self) -> list[tuple[str, str]]:
        told = [("answer", self.answer), (str(self.data.get("bounds_of") or "bounds"), f"[{self.lower}, {self.upper}]")]
        return told + ([("class change", self.class_change)] if self.class_change else [])

    def plot(self) -> Any:
        """The two sides, drawn with matplotlib."""
        axes = _axes()
        axes.barh([0], [self.upper - self.lower], left=[self.lower], height=0.5)
        axes.set_yticks([])
        axes.set_xlabel(str(self.data.get("bounds_of") or "bounds"))
        return axes


@dataclass(frozen=True)
class Rows(Bounds):
    """An answer for each of many inputs."""

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """One mapping for each input, in order."""
        result: Sequence[Mapping[str, Any]] = self.data["rows"]
        return result

    def __len__(self) -> int:
        return len(self.rows)

    def _columns(self) -> tuple[list[str], list[list[Any]]]:
        names = [name for name in dict.fromkeys(name for row in self.rows for name in row) if name != "input"]
        ends = {"lower": below, "upper": above}
        return names, [[ends.get(name, _same)(row.get(name)) for name in names] for row in self.rows]

    def plot(self) -> Any:
        """Both sides for every input, drawn with matplotlib."""
        axes = _axes()
        lower, upper = [below(row["lower"]) for row in self.rows], [above(row["upper"]) for row in self.rows]
        axes.vlines(range(len(lower)), lower, upper, linewidth=3)
        axes.set_xlabel("input")
        axes.set_ylabel(str(self.data.get("question") or "bounds"))
        return axes


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Flips(Rows):
    """Which inputs can be given another class, and which never."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many inputs never flip, can flip, and are open; and how many are right."""
        result: Mapping[str, int] = self.data["summary"]
        return result

    @property
    def worst_accuracy(self) -> tuple[float, float] | None:
        """Both sides of the accuracy in the worst case, where the right classes are known. The first is certified."""
        ends = self.data.get("worst_accuracy")
        return None if ends is None else (below(ends[0]), above(ends[1]))

    def _summary(self) -> list[tuple[str, str]]:
        told = [("answer", self.answer)] + [(name, str(self.counts[name])) for name in ("inputs", "never", "can", "open")]
        worst = self.worst_accuracy
        return told + ([("certified accuracy", f"[{worst[0]}, {worst[1]}]")] if worst else [])

    def plot(self) -> Any:
        """How many inputs never flip, can flip and are open, drawn with matplotlib."""
        axes = _axes()
        names = ["never", "can", "open"]
        axes.bar(names, [self.counts[name] for name in names])
        axes.set_ylabel("inputs")
        return axes


@dataclass(frozen=True)
class Bits(Answer):
    """The fewest bits that are safe."""

    witness: Witness | None

    @property
    def fewest(self) -> int | None:
        """The fewest bits that are proved safe; ``None`` where none are."""
        return self.data.get("fewest")

    @property
    def widths(self) -> Sequence[Mapping[str, Any]]:
        """What was found at each width that was looked at."""
        result: Sequence[Mapping[str, Any]] = self.data.get("widths") or ()
        return result

    def _columns(self) -> tuple[list[str], list[list[Any]]]:
        names = ["bits", "answer", "lower", "upper"]
        return names, [[w["bits"], w["answer"], below(w.get("lower")), above(w.get("upper"))] for w in self.widths]

    def _summary(self) -> list[tuple[str, str]]:
        return [("answer", self.answer), ("fewest bits", str(self.fewest)), ("format", str(self.data.get("format")))]

    def plot(self) -> Any:
        """Both sides of the deviation at every width, drawn with matplotlib."""
        axes = _axes()
        _, rows = self._columns()
        axes.vlines([row[0] for row in rows], [row[2] for row in rows], [row[3] for row in rows], linewidth=4)
        axes.set_xlabel("bits")
        axes.set_ylabel(str(self.data.get("about") or "deviation"))
        return axes


@dataclass(frozen=True)
class Shares(Bounds):
    """How much each part of a network contributes."""

    @property
    def fractions(self) -> tuple[Fraction | None, Fraction | None]:
        """Both sides for all parts together."""
        low, high = self.data.get("whole") or (None, None)
        return None if low is None else Fraction(low), None if high is None else Fraction(high)

    @property
    def shares(self) -> Sequence[Mapping[str, Any]]:
        """The parts, the most sensitive one first."""
        result: Sequence[Mapping[str, Any]] = self.data.get("shares") or ()
        return result

    def _columns(self) -> tuple[list[str], list[list[Any]]]:
        where = [name for name in ("layer", "neuron", "row", "column") if any(name in s for s in self.shares)]
        names = [*where, "lower", "upper"]
        return names, [[*(s.get(name) for name in where), below(s["alone"][0]), above(s["alone"][1])] for s in self.shares]

    def plot(self) -> Any:
        """What every part does alone, drawn with matplotlib."""
        axes = _axes()
        names, rows = self._columns()
        labels = [" ".join(f"{n} {v}" for n, v in zip(names, row[:-2]) if v is not None) for row in rows]
        axes.barh(labels[::-1], [row[-1] for row in rows][::-1])
        axes.set_xlabel("at most, moving alone")
        return axes


@dataclass(frozen=True)
class Region(Answer):
    """The part of a plane of inputs in which no parameters change the class."""

    @property
    def safe_share(self) -> tuple[float, float]:
        """Both sides of the share of the area that is safe."""
        low, high = self.data["safe_share"]
        return below(low), above(high)

    @property
    def pieces(self) -> Sequence[Mapping[str, Any]]:
        """Rectangles, each safe, unsafe or open."""
        result: Sequence[Mapping[str, Any]] = self.data.get("pieces") or ()
        return result

    def _columns(self) -> tuple[list[str], list[list[Any]]]:
        a, b = self.data["axes"]
        names = ["kind", "class", f"{a} from", f"{a} to", f"{b} from", f"{b} to"]
        return names, [[p["kind"], p.get("class"), *(float(end) for side in p["sides"] for end in side)] for p in self.pieces]

    def _summary(self) -> list[tuple[str, str]]:
        return [("answer", self.answer), ("safe share", f"[{self.safe_share[0]}, {self.safe_share[1]}]")]

    def plot(self) -> Any:
        """The pieces, drawn with matplotlib."""
        from matplotlib.patches import Rectangle

        axes = _axes()
        colours = {"safe": "tab:green", "unsafe": "tab:red", "open": "lightgrey"}
        for piece in self.pieces:
            (x0, x1), (y0, y1) = ((float(end) for end in side) for side in piece["sides"])
            axes.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, color=colours.get(piece["kind"], "grey"), linewidth=0))
        axes.autoscale()
        axes.set_xlabel(self.data["axes"][0])
        axes.set_ylabel(self.data["axes"][1])
        return axes


@dataclass(frozen=True)
class Verdict(Answer):
    """Whether a property holds."""

    witness: Witness | None

    @property
    def competition(self) -> str:
        """The answer in the words of VNN-COMP: ``sat``, ``unsat``, …"""
        return str(self.data["competition"])

    def _summary(self) -> list[tuple[str, str]]:
        return [("answer", self.answer), ("VNN-COMP", self.competition)]
