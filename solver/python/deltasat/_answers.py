"""Asking the engine, and what it answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape
from typing import Any

from . import _core
from ._expression import Expression, Formula, Number, Variable, exact, formula, junction
from ._intervals import Box, Interval
from ._print import Script, symbol

#: what is called between batches of boxes: lower and upper bound, boxes examined, boxes open
Progress = Callable[[float, float, int, int], object]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C. ``answer`` is what was known by then."""

    def __init__(self, answer: Answer | None) -> None:
        super().__init__("interrupted")
        self.answer = answer


class ScriptError(ValueError):
    """A script that cannot be read: what is wrong, where, and what was expected."""


@dataclass(frozen=True)
class Statistics:
    """What a search did."""

    boxes: int
    splits: int
    refuted: int
    depth: int
    seconds: float


@dataclass(frozen=True)
class Minimum:
    """Two sides of an optimum, never rounded inward."""

    #: both sides exactly; ``None`` is infinite
    fractions: tuple[Fraction | None, Fraction | None]
    maximised: bool
    #: whether the model satisfies the constraints themselves, and not only up to δ
    exact: bool

    @property
    def lower(self) -> float:
        """A double that is not above the lower side."""
        return -math.inf if self.fractions[0] is None else _core.enclose(self.fractions[0])[0]

    @property
    def upper(self) -> float:
        """A double that is not below the upper side."""
        return math.inf if self.fractions[1] is None else _core.enclose(self.fractions[1])[1]


@dataclass(frozen=True)
class Answer:
    """The answer to a question.

    ``verdict`` is ``"unsat"`` (proved: nothing satisfies the formula), ``"delta-sat"`` (the model satisfies it up to δ;
    exactly where ``exact``) or ``"unknown"``, for a ``reason``.
    """

    verdict: str
    #: whether a delta-sat model satisfies the formula itself
    exact: bool
    reason: str | None
    #: δ as it was printed
    precision: str
    #: the values as they were judged, exactly
    model: Mapping[str, Fraction | bool]
    #: for values that only lie near a solution's: the ends between which the solution's lie
    within: Mapping[str, tuple[float, float]]
    minimum: Minimum | None
    statistics: Statistics
    _variables: Mapping[str, Variable] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        """Whether there is a model."""
        return self.verdict == "delta-sat"

    def __getitem__(self, variable: Variable | str) -> Fraction | bool:
        """The exact value of a variable in the model."""
        return self.model[self._name(variable)]

    def _name(self, variable: Variable | str) -> str:
        return symbol(variable) if isinstance(variable, Variable) and self._variables else str(variable)

    def interval(self, variable: Variable | str) -> Interval:
        """The value of a variable between two doubles."""
        name = self._name(variable)
        if name in self.within:
            return Interval(*self.within[name])
        return Interval(Fraction(self.model[name]))

    def box(self) -> Box:
        """The model as a box."""
        box = Box()
        for name, variable in self._variables.items():
            if name in self.model:
                box.Add(variable)
                box[variable] = self.interval(variable)
        return box

    def _named(self) -> Iterator[tuple[str, Fraction | bool, Interval]]:
        for name, value in self.model.items():
            variable = self._variables.get(name)
            yield (str(variable) if variable is not None else name), value, self.interval(variable or name)

    def to_frame(self) -> Any:
        """The model as a data frame of pandas, or of polars."""
        rows = [(name, value, x.lb(), x.ub()) for name, value, x in self._named()]
        return frame(["variable", "value", "lower", "upper"], rows)

    def __str__(self) -> str:
        lines = [f"delta-sat with delta = {self.precision}" if self else self.verdict]
        if self.reason:
            lines[0] += f": {self.reason}"
        lines += [f"{name} : {value if isinstance(value, bool) else x}" for name, value, x in self._named()]
        if self.minimum is not None:
            word = "maximum" if self.minimum.maximised else "minimum"
            lines.append(f"{word} : {Interval(self.minimum.lower, self.minimum.upper)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        first, *others = str(self).splitlines()
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line.split(" : ")) + "</tr>" for line in others
        )
        return f"<p><b>{escape(first)}</b></p><table><tbody>{rows}</tbody></table>"


def frame(columns: list[str], rows: list[tuple[Any, ...]]) -> Any:
    """A data frame of pandas, or of polars where that alone is installed."""
    try:
        import pandas
    except ImportError:
        import polars

        return polars.DataFrame(rows, schema=columns, orient="row")
    return pandas.DataFrame(rows, columns=columns)


@dataclass(frozen=True)
class Options:
    """How a question is asked; the defaults are the engine's."""

    precision: Number | None = None
    jobs: int = 1
    time_limit: float | None = None
    memory_limit: int | None = None
    polytope: bool | None = None
    presolve: bool | None = None
    seed: int | None = None
    progress: Progress | None = None

    def run(self, text: str, dr: bool = False) -> list[tuple[str | None, _core.RawAnswer | None]]:
        """Executes a script."""
        precision = None if self.precision is None else exact(self.precision)
        try:
            replies, raised = _core.run(
                text, dr=dr, precision=precision, jobs=self.jobs, time_limit=self.time_limit,
                memory_limit=self.memory_limit, polytope=self.polytope, presolve=self.presolve, seed=self.seed,
                progress=self.progress,
            )  # fmt: skip
        except ValueError as error:
            raise ScriptError(str(error)) from None
        if raised is not None:
            if isinstance(raised, KeyboardInterrupt):
                answers = [answer for _, answer in replies if answer is not None]
                raise Interrupted(_answer(answers[-1], {}) if answers else None) from None
            raise raised
        return replies


def _answer(raw: _core.RawAnswer, variables: Mapping[str, Variable]) -> Answer:
    reason, found = raw["reason"], raw["minimum"]
    return Answer(
        verdict=raw["verdict"],
        exact=raw["exact"],
        reason=None if reason is None else reason[1],
        precision=raw["precision"],
        model={name: value for name, _, value, _ in raw["model"]},
        within={name: ends for name, _, _, ends in raw["model"] if ends is not None and ends[0] < ends[1]},
        minimum=None if found is None else Minimum((found[1], found[2]), found[0], found[3]),
        statistics=Statistics(*raw["statistics"]),
        _variables=variables,
    )


def ask(
    formulas: Iterable[Formula],
    options: Options,
    variables: Iterable[Variable] = (),
    goal: tuple[str, Expression] | None = None,
) -> Answer:
    """Decides formulas, or optimises over them."""
    script = Script()
    conjunction = junction("and", formulas)
    known = set(variables) | conjunction._free()
    if goal is not None:
        known |= goal[1]._free()
    script.declare(known)
    script.add(conjunction)
    if goal is not None:
        script.command(f"({goal[0]} {script.write([goal[1]])[0]})")
    script.command("(check-sat)")
    names = {symbol(v): v for v in sorted(known, key=Variable.get_id)}
    try:
        replies = options.run(script.text())
    except Interrupted as stop:
        if stop.answer is not None:
            raise Interrupted(Answer(**{**stop.answer.__dict__, "_variables": names})) from None
        raise
    raw = replies[-1][1]
    assert raw is not None
    return _answer(raw, names)


def _bounds(
    variables: Mapping[Variable, tuple[Number, Number]] | None,
) -> list[Formula]:
    return [part for v, (low, high) in (variables or {}).items() for part in (low <= v, v <= high)]


def solve(
    *formulas: Formula | Variable,
    domain: Mapping[Variable, tuple[Number, Number]] | None = None,
    precision: Number | None = None,
    jobs: int = 1,
    time_limit: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> Answer:
    """Whether some formulas have a common solution.

    ``precision`` is δ (1/1000 by default): how far each atom may be violated by a ``delta-sat`` answer. ``unsat`` is exact.

    >>> from deltasat import Variable, solve, sin
    >>> x = Variable("x")
    >>> print(solve(sin(x) == 2))
    unsat
    >>> solve(x * x == 2, x > 0).interval(x)
    Interval(1.414213562373095, 1.4142135623730951)
    """
    options = Options(precision=precision, jobs=jobs, time_limit=time_limit, memory_limit=memory_limit, progress=progress)
    return ask([*_bounds(domain), *map(formula, formulas)], options, domain or ())


def minimize(
    objective: Expression | Variable,
    *constraints: Formula | Variable,
    domain: Mapping[Variable, tuple[Number, Number]] | None = None,
    precision: Number | None = None,
    jobs: int = 1,
    time_limit: float | None = None,
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> Answer:
    """The smallest value of an expression under constraints, between two sides at most ``precision`` apart.

    >>> from deltasat import Variable, minimize
    >>> x = Variable("x")
    >>> answer = minimize(x * x - 2 * x, domain={x: (-10, 10)})
    >>> answer.minimum.lower <= -1 <= answer.minimum.upper
    True
    """
    options = Options(precision=precision, jobs=jobs, time_limit=time_limit, memory_limit=memory_limit, progress=progress)
    goal = ("minimize", objective._e())
    return ask([*_bounds(domain), *map(formula, constraints)], options, domain or (), goal)


def maximize(
    objective: Expression | Variable, *constraints: Formula | Variable, **options: Any
) -> Answer:
    """The largest value of an expression; see :func:`minimize`.

    >>> from deltasat import Variable, maximize
    >>> x = Variable("x")
    >>> answer = maximize(x, domain={x: (0, 1)})
    >>> answer.minimum.lower <= 1 <= answer.minimum.upper
    True
    """
    domain = options.pop("domain", None)
    goal = ("maximize", objective._e())
    return ask([*_bounds(domain), *map(formula, constraints)], Options(**options), domain or (), goal)


@dataclass(frozen=True)
class Transcript:
    """What a script printed, and the answers to its checks."""

    output: str
    answers: tuple[Answer, ...]

    def __str__(self) -> str:
        return self.output


def check_smt2(text: str, *, dr: bool = False, **options: Any) -> Transcript:
    """Executes a script in SMT-LIB 2, or in dReal's ``.dr`` format. Options are those of :func:`solve`.

    >>> print(check_smt2("(declare-const x Real) (assert (= (* x x) 2.0)) (check-sat)"))
    delta-sat with delta = 0.001
    """
    replies = Options(**options).run(text, dr)
    output = "\n".join(line for line, _ in replies if line is not None)
    return Transcript(output, tuple(_answer(raw, {}) for _, raw in replies if raw is not None))
