"""dReal's questions: ``Config``, ``Context``, ``CheckSatisfiability`` and ``Minimize``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from .. import _core
from .._answers import Answer, Options, ask
from .._expression import Expression, Formula, Number, Variable, expression, formula
from .._intervals import Box, Interval


class Undecided(RuntimeError):
    """Neither proved unsatisfiable nor satisfied up to δ; ``answer`` says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"unknown: {answer.reason}")
        self.answer = answer


@dataclass
class Config:
    """How a question is asked. ``precision`` and ``number_of_jobs`` matter, and ``use_polytope``; the others are kept, and
    change nothing: local search and linear relaxations are always used.

    >>> config = Config()
    >>> config.precision
    0.001
    """

    precision: float = 0.001
    number_of_jobs: int = 1
    use_polytope: bool = False
    use_polytope_in_forall: bool = False
    use_worklist_fixpoint: bool = False
    use_local_optimization: bool = False
    nlopt_ftol_rel: float = 1e-6
    nlopt_ftol_abs: float = 1e-6
    nlopt_maxeval: int = 100
    nlopt_maxtime: float = 0.01
    brancher: Any = None

    def _options(self) -> Options:
        return Options(precision=self.precision, jobs=self.number_of_jobs)


class Logic(Enum):
    """The logics that dReal names; every one is decided alike."""

    ALL = 0
    QF_LIA = 1
    QF_LIRA = 2
    QF_LRA = 3
    QF_NIA = 4
    QF_NIAT = 5
    QF_NIRA = 6
    QF_NIRAT = 7
    QF_NRA = 8
    QF_NRAT = 9
    QF_RDL = 10


class LogLevel(Enum):
    """How much dReal logs. There is no log here."""

    TRACE = 0
    DEBUG = 1
    INFO = 2
    WARNING = 3
    ERROR = 4
    CRITICAL = 5
    OFF = 6


def set_log_level(level: LogLevel) -> None:
    """Accepted, and without effect."""
    LogLevel(level)


def _options(setting: float | Config) -> Options:
    return setting._options() if isinstance(setting, Config) else Options(precision=setting)


def _box(answer: Answer) -> Box | None:
    if answer.verdict == "unknown":
        raise Undecided(answer)
    return answer.box() if answer else None


def _told(found: Box | None, box: Box | None) -> Any:
    if box is None:
        return found
    if found is not None:
        box.set(found)
    return found is not None


def CheckSatisfiability(f: Formula | Variable, setting: float | Config, box: Box | None = None) -> Any:
    """A box around a model, or ``None`` when there is none; with a ``box``, whether there is one, put into the box.

    >>> x = Variable("x")
    >>> CheckSatisfiability(x * x == 4, 0.001) is None
    False
    """
    return _told(_box(ask([formula(f)], _options(setting))), box)


def Minimize(
    objective: Expression | Variable, constraint: Formula | Variable, setting: float | Config, box: Box | None = None
) -> Any:
    """A box around a point that minimises the objective under a constraint up to δ, or ``None``; with a ``box`` as above."""
    goal = ("minimize", expression(objective))
    return _told(_box(ask([formula(constraint)], _options(setting), goal=goal)), box)


class Context:
    """Assertions in scopes.

    >>> x = Variable("x")
    >>> context = Context()
    >>> context.DeclareVariable(x, -10, 10)
    >>> context.Assert(x * x == 9)
    >>> context.Push(1)
    >>> context.Assert(x > 5)
    >>> print(context.CheckSat())
    None
    >>> context.Pop(1)
    >>> context.CheckSat() is None
    False
    """

    version: str = _core.__version__

    def __init__(self) -> None:
        self.config = Config()
        self._scopes: list[tuple[int, int, int]] = []
        self._variables: list[Variable] = []
        self._assertions: list[Formula] = []
        self._goals: list[tuple[str, Expression]] = []
        self._ranges: dict[Variable, tuple[Expression, Expression]] = {}
        self._info: dict[str, Any] = {}
        self._box: Box | None = None

    def DeclareVariable(self, variable: Variable, lower: Any = None, upper: Any = None) -> None:
        """Declares a variable, with its range."""
        if not any(known is variable for known in self._variables):
            self._variables.append(variable)
        if lower is not None:
            self.SetInterval(variable, lower, upper)

    def SetInterval(self, variable: Variable, lower: Any, upper: Any) -> None:
        """Sets the range of a variable."""
        self._ranges[variable] = (expression(lower), expression(upper))

    def Assert(self, f: Formula | Variable) -> None:
        """Adds an assertion."""
        self._assertions.append(formula(f))

    def Minimize(self, objective: Expression | Variable) -> None:
        """Has the next check minimise an expression."""
        self._goals.append(("minimize", expression(objective)))

    def Maximize(self, objective: Expression | Variable) -> None:
        """Has the next check maximise an expression."""
        self._goals.append(("maximize", expression(objective)))

    def Push(self, count: int = 1) -> None:
        """Opens scopes."""
        self._scopes += [(len(self._variables), len(self._assertions), len(self._goals))] * count

    def Pop(self, count: int = 1) -> None:
        """Closes scopes, and forgets what was said in them."""
        if not 0 <= count <= len(self._scopes):
            raise RuntimeError(f"Pop({count}) with {len(self._scopes)} open scopes")
        for _ in range(count):
            variables, assertions, goals = self._scopes.pop()
            for gone in self._variables[variables:]:
                self._ranges.pop(gone, None)
            del self._variables[variables:], self._assertions[assertions:], self._goals[goals:]

    def CheckSat(self) -> Box | None:
        """A box around a model, or ``None`` when there is none."""
        if len(self._goals) > 1:
            raise RuntimeError(f"{len(self._goals)} objectives, expected at most one")
        ranges = [part for v, (low, high) in self._ranges.items() for part in (low <= v, v <= high)]
        goal = self._goals[-1] if self._goals else None
        answer = ask([*ranges, *self._assertions], self.config._options(), self._variables, goal)
        self._box = _box(answer)
        return self._box

    @property
    def box(self) -> Box:
        """The declared ranges, or the model of the last check that found one."""
        if self._box is not None:
            return self._box
        box = Box()
        for v in self._variables:
            box.Add(v)
            if v in self._ranges:
                low, high = self._ranges[v]
                box[v] = Interval(low.Evaluate(), high.Evaluate())
        return box

    def SetLogic(self, logic: Logic) -> None:
        """Accepted: every logic is decided alike."""
        Logic(logic)

    def SetInfo(self, key: str, value: float | str) -> None:
        """Accepted, and without effect."""
        self._info[key] = value

    def SetOption(self, key: str, value: float | str) -> None:
        """Sets ``:precision``; other options are accepted, and without effect."""
        if key == ":precision":
            self.config.precision = float(value)
        self._info[key] = value

    @staticmethod
    def Exit() -> None:
        """Nothing is left to be done."""


__all__ = ["CheckSatisfiability", "Config", "Context", "LogLevel", "Logic", "Minimize", "Number", "Undecided", "set_log_level"]
