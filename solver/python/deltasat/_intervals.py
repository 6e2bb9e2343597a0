"""Intervals of real numbers, rounded outward, and boxes of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, ClassVar

from . import _core
from ._expression import Variable, is_number

_INF = math.inf


def _shown(x: float) -> str:
    return repr(x).removesuffix(".0") if math.isfinite(x) else str(x)


class Interval:
    """The numbers between two doubles. Every operation rounds outward.

    >>> Interval(3, 4) + Interval(4, 5)
    Interval(7, 9)
    >>> 1 / Interval(3) * 3 == Interval(1)
    False
    >>> Interval(2, 5) & Interval(3, 8)
    Interval(3, 5)
    """

    __slots__ = ("_lb", "_ub")
    PI: ClassVar[Interval]
    TWO_PI: ClassVar[Interval]
    HALF_PI: ClassVar[Interval]
    EMPTY_SET: ClassVar[Interval]
    ALL_REALS: ClassVar[Interval]
    ZERO: ClassVar[Interval]
    ONE: ClassVar[Interval]
    POS_REALS: ClassVar[Interval]
    NEG_REALS: ClassVar[Interval]

    def __init__(self, *ends: Any) -> None:
        lower: Any
        upper: Any
        if len(ends) == 0:
            lower, upper = -_INF, _INF
        elif len(ends) == 1 and isinstance(ends[0], Interval):
            lower, upper = ends[0]._lb, ends[0]._ub
        elif len(ends) <= 2:
            lower, upper = ends[0], ends[-1]
        else:
            raise TypeError(f"Interval with {len(ends)} ends, expected at most two")
        self._set((_end(lower)[0], _end(upper)[1]))

    def _set(self, ends: tuple[float, float]) -> None:
        lower, upper = ends
        # adding zero makes a negative zero positive, which prints better
        self._lb, self._ub = (lower + 0.0, upper + 0.0) if lower <= upper else (_INF, -_INF)

    def _ends(self) -> tuple[float, float]:
        return self._lb, self._ub

    def lb(self) -> float:
        """The lower end."""
        return self._lb

    def ub(self) -> float:
        """The upper end."""
        return self._ub

    def mid(self) -> float:
        """A double in the middle; finite, and within the interval."""
        if self.is_empty():
            return math.nan
        if self._lb == -_INF:
            return 0.0 if self._ub == _INF else -_MOST
        if self._ub == _INF:
            return _MOST
        huge = max(abs(self._lb), abs(self._ub)) > 1e300
        middle = self._lb / 2 + self._ub / 2 if huge else (self._lb + self._ub) / 2
        return min(max(middle, self._lb), self._ub)

    def diam(self) -> float:
        """The width, rounded up."""
        if self.is_empty():
            return 0.0
        return _core.binary("sub", (self._ub, self._ub), (self._lb, self._lb))[1] if self.is_bounded() else _INF

    def rad(self) -> float:
        """The larger distance of the ends from the middle, rounded up."""
        if self.is_empty():
            return 0.0
        return (abs(self - self.mid())).ub() if self.is_bounded() else _INF

    def mig(self) -> float:
        """The smallest magnitude."""
        return 0.0 if self._lb <= 0 <= self._ub else min(abs(self._lb), abs(self._ub))

    def mag(self) -> float:
        """The largest magnitude."""
        return max(abs(self._lb), abs(self._ub))

    def is_empty(self) -> bool:
        """Whether no number is in it."""
        return self._lb > self._ub

    def set_empty(self) -> None:
        """Makes it the empty set."""
        self._set((_INF, -_INF))

    def is_bounded(self) -> bool:
        """Whether both ends are finite."""
        return -_INF < self._lb and self._ub < _INF

    def is_unbounded(self) -> bool:
        """Whether an end is infinite."""
        return not self.is_empty() and not self.is_bounded()

    def is_degenerated(self) -> bool:
        """Whether it holds at most one number."""
        return self.is_empty() or self._lb == self._ub

    def is_bisectable(self) -> bool:
        """Whether a double lies strictly inside."""
        return not self.is_empty() and self._lb < self.mid() < self._ub

    def contains(self, x: float) -> bool:
        """Whether a number is in it."""
        return self._lb <= x <= self._ub

    __contains__ = contains

    def interior_contains(self, x: float) -> bool:
        """Whether a number is strictly inside."""
        return self._lb < x < self._ub

    def is_subset(self, other: Interval) -> bool:
        """Whether all of it is in the other one."""
        return self.is_empty() or (other._lb <= self._lb and self._ub <= other._ub)

    def is_strict_subset(self, other: Interval) -> bool:
        """Whether all of it is in the other one, which has more."""
        return self.is_subset(other) and self != other

    def is_interior_subset(self, other: Interval) -> bool:
        """Whether all of it is strictly inside the other one."""
        return self.is_empty() or (
            (other._lb == -_INF or other._lb < self._lb) and (other._ub == _INF or self._ub < other._ub)
        )

    is_relative_interior_subset = is_interior_subset

    def is_strict_interior_subset(self, other: Interval) -> bool:
        """Whether all of it is strictly inside the other one, which has more."""
        return self.is_interior_subset(other) and self != other

    def is_superset(self, other: Interval) -> bool:
        """Whether all of the other one is in it."""
        return other.is_subset(self)

    def is_strict_superset(self, other: Interval) -> bool:
        """Whether all of the other one is in it, and more."""
        return other.is_strict_subset(self)

    def intersects(self, other: Interval) -> bool:
        """Whether they have a number in common."""
        return not (self & other).is_empty()

    def overlaps(self, other: Interval) -> bool:
        """Whether they have more than one number in common."""
        return not (self & other).is_degenerated()

    def is_disjoint(self, other: Interval) -> bool:
        """Whether they have no number in common."""
        return (self & other).is_empty()

    def rel_distance(self, other: Interval) -> float:
        """The distance of the ends, in widths of this interval."""
        width = self.diam()
        far = distance(self, other)
        return far / width if width > 0 and math.isfinite(width) else far

    def inflate(self, factor: float, more: float | None = None) -> Interval:
        """``inflate(r)`` adds ``±r``; ``inflate(a, r)`` makes the radius ``a`` times as large, plus ``r``."""
        if more is None:
            self._set((self + Interval(-factor, factor))._ends())
        elif not self.is_empty():
            radius = Interval(self.rad()) * factor + more
            middle = Interval(self.mid())
            self._set(((middle - radius)._lb, (middle + radius)._ub))
        return self

    def complementary(self, first: Interval, second: Interval, compactness: bool = True) -> bool:
        """Sets two intervals to what is left of the line; true when both have something."""
        if self.is_empty() or (compactness and self.is_degenerated()):
            first._set((-_INF, _INF))
            second.set_empty()
            return False
        below = (-_INF, self._lb) if self._lb > -_INF else (_INF, -_INF)
        above = (self._ub, _INF) if self._ub < _INF else (_INF, -_INF)
        if below[0] > below[1]:
            below, above = above, below
        first._set(below)
        second._set(above)
        return not second.is_empty()

    def diff(self, other: Interval, first: Interval, second: Interval, compactness: bool = True) -> bool:
        """Sets two intervals to what is left of this one outside the other; true when both have something."""
        other.complementary(first, second, compactness)
        parts = [first & self, second & self]
        if compactness and not self.is_degenerated():
            parts = [Interval.EMPTY_SET if part.is_degenerated() else part for part in parts]
        kept = sorted((part for part in parts if not part.is_empty()), key=Interval.lb)
        kept += [Interval.EMPTY_SET] * (2 - len(kept))
        first._set(kept[0]._ends())
        second._set(kept[1]._ends())
        return not second.is_empty()

    def div2_inter(self, numerator: Interval, denominator: Interval, second: Interval | None = None) -> Any:
        """Keeps of this interval what a quotient can be; the part beyond a gap goes to ``second``."""
        here, beyond = Interval(), Interval()
        div2(numerator, denominator, here, beyond)
        parts = sorted((part for part in (self & here, self & beyond) if not part.is_empty()), key=Interval.lb)
        parts += [Interval.EMPTY_SET] * (2 - len(parts))
        self._set(parts[0]._ends() if second is not None else (parts[0] | parts[1])._ends())
        if second is None:
            return self
        second._set(parts[1]._ends())
        return not second.is_empty()

    def bisect(self, ratio: float = 0.5) -> tuple[Interval, Interval]:
        """Two parts, cut at a share of the width."""
        if not self.is_bisectable():
            raise ValueError(f"{self} cannot be bisected: no double lies strictly inside")
        if ratio == 0.5 or not self.is_bounded():
            at = self.mid()
        else:
            at = min(max(self._lb + ratio * (self._ub - self._lb), self._lb), self._ub)
        return Interval(self._lb, at), Interval(at, self._ub)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Interval) and self._ends() == other._ends()

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        if self.is_empty():
            return "[ empty ]"
        if self._ends() == (-_INF, _INF):
            return "[ ENTIRE ]"
        return f"[{_shown(self._lb)}, {_shown(self._ub)}]"

    def __repr__(self) -> str:
        return f"Interval({_shown(self._lb)}, {_shown(self._ub)})"

    def __neg__(self) -> Interval:
        return unary("neg", self)

    def __abs__(self) -> Interval:
        return unary("abs", self)

    def __and__(self, other: Interval) -> Interval:
        return _made((max(self._lb, other._lb), min(self._ub, other._ub)))

    def __or__(self, other: Interval) -> Interval:
        return _made((min(self._lb, other._lb), max(self._ub, other._ub)))

    def __add__(self, other: Any) -> Interval:
        return _operator("add", self, other)

    def __radd__(self, other: Any) -> Interval:
        return _operator("add", other, self)

    def __sub__(self, other: Any) -> Interval:
        return _operator("sub", self, other)

    def __rsub__(self, other: Any) -> Interval:
        return _operator("sub", other, self)

    def __mul__(self, other: Any) -> Interval:
        return _operator("mul", self, other)

    def __rmul__(self, other: Any) -> Interval:
        return _operator("mul", other, self)

    def __truediv__(self, other: Any) -> Interval:
        return _operator("div", self, other)

    def __rtruediv__(self, other: Any) -> Interval:
        return _operator("div", other, self)

    def __pow__(self, other: Any) -> Interval:
        return power(self, other)


_MOST = 1.7976931348623157e308


def _end(value: Any) -> tuple[float, float]:
    """Doubles below and above a number."""
    if isinstance(value, float) or (isinstance(value, int) and abs(value) <= 2**53):
        if math.isnan(value):
            raise ValueError("nan as an end of an Interval, expected a number")
        return float(value), float(value)
    from ._expression import exact

    return _core.enclose(exact(value))


def _made(ends: tuple[float, float]) -> Interval:
    result = Interval.__new__(Interval)
    result._set(ends)
    return result


def interval(value: Any) -> Interval:
    """A number or an interval as an interval."""
    return value if isinstance(value, Interval) else Interval(value)


def _operator(name: str, a: Any, b: Any) -> Interval:
    if not all(isinstance(x, Interval) or is_number(x) for x in (a, b)):
        result: Interval = NotImplemented
        return result
    return binary(name, interval(a), interval(b))


def unary(name: str, x: Interval) -> Interval:
    """A function of an interval by its name."""
    return _made(_core.unary(name, *x._ends()))


def binary(name: str, x: Interval, y: Interval) -> Interval:
    """A function of two intervals by its name."""
    return _made(_core.binary(name, x._ends(), y._ends()))


def power(x: Interval, n: Any) -> Interval:
    """``x`` to the power of an integer, a number or an interval."""
    if not isinstance(n, Interval) and float(n).is_integer() and abs(n) < 2**31:
        return binary("powi", x, Interval(n))
    return binary("pow", x, interval(n))


def sqr(x: Interval) -> Interval:
    """The squares."""
    return unary("sqr", x)


def root(x: Interval, n: int) -> Interval:
    """The ``n``-th roots, of negative numbers too where ``n`` is odd."""
    if n < 0:
        return 1 / root(x, -n)
    if n == 0:
        raise ValueError("the 0-th root, expected another one")
    if n == 1:
        return Interval(x)
    above = binary("pow", x & Interval(0, _INF), 1 / Interval(n))
    if 0.0 in x:
        above = above | Interval(0)
    if n % 2 == 0 or x._lb >= 0:
        return above
    return above | -root(-(x & Interval(-_INF, 0)), n)


def sign(x: Interval) -> Interval:
    """The signs: −1, 0 or 1."""
    if x.is_empty():
        return Interval.EMPTY_SET
    return Interval(*(float((end > 0) - (end < 0)) for end in x._ends()))


def integer(x: Interval) -> Interval:
    """The smallest interval with the same integers."""
    if x.is_empty():
        return Interval.EMPTY_SET
    lower = math.ceil(x._lb) if math.isfinite(x._lb) else x._lb
    upper = math.floor(x._ub) if math.isfinite(x._ub) else x._ub
    return _made((float(lower), float(upper)))


def distance(a: Interval, b: Interval) -> float:
    """The larger distance of the lower ends and the upper ends."""
    gaps = (0.0 if x == y else abs(x - y) for x, y in zip(a._ends(), b._ends()))
    return max(gaps)


def div2(x: Interval, y: Interval, first: Interval, second: Interval) -> bool:
    """Sets two intervals to the quotients; true when there is a gap between them."""
    if 0.0 in y and 0.0 not in x and y._lb < 0 < y._ub:
        parts = [x / _made((y._lb, 0.0)), x / _made((0.0, y._ub))]
        parts.sort(key=Interval.lb)
        first._set(parts[0]._ends())
        second._set(parts[1]._ends())
        return True
    first._set((x / y)._ends())
    second.set_empty()
    return False


class Box:
    """An interval for each of some variables.

    >>> x, y = Variable("x"), Variable("y")
    >>> b = Box([x, y])
    >>> b[x] = Interval(3, 4)
    >>> print(b)
    x : [3, 4]
    y : [ ENTIRE ]
    """

    __slots__ = ("_variables", "_intervals", "_index")

    def __init__(self, variables: Iterable[Variable] | Box = ()) -> None:
        self._variables: list[Variable] = []
        self._intervals: list[Interval] = []
        self._index: dict[Variable, int] = {}
        if isinstance(variables, Box):
            self.set(variables)
            return
        for v in variables:
            self.Add(v)

    def Add(self, variable: Variable, lower: float | None = None, upper: float | None = None) -> None:
        """Adds a variable, with its range."""
        if variable in self._index:
            raise ValueError(f"{variable} is in the box already")
        self._index[variable] = len(self._variables)
        self._variables.append(variable)
        range_ = _range(variable) if lower is None else Interval(lower, lower if upper is None else upper)
        self._intervals.append(range_)

    def _at(self, key: Variable | int) -> int:
        return self._index[key] if isinstance(key, Variable) else key

    def __getitem__(self, key: Variable | int) -> Interval:
        return self._intervals[self._at(key)]

    def __setitem__(self, key: Variable | int, value: Interval) -> None:
        self._intervals[self._at(key)] = Interval(value)

    def __delitem__(self, key: Variable) -> None:
        raise RuntimeError("Box class does not allow deleting an item")

    def clear(self) -> None:
        """Not supported."""
        raise RuntimeError("Box class does not support the 'clear' operation")

    def size(self) -> int:
        """How many variables there are."""
        return len(self._variables)

    __len__ = size

    def empty(self) -> bool:
        """Whether the box contains no point."""
        return any(x.is_empty() for x in self._intervals)

    def set_empty(self) -> None:
        """Makes the box contain no point."""
        self._intervals = [Interval(Interval.EMPTY_SET) for _ in self._intervals]

    def has_key(self, variable: Variable) -> bool:
        """Whether the box has a variable."""
        return variable in self._index

    __contains__ = has_key

    def keys(self) -> list[Variable]:
        """The variables."""
        return list(self._variables)

    def values(self) -> list[Interval]:
        """The intervals."""
        return list(self._intervals)

    def items(self) -> list[tuple[Variable, Interval]]:
        """Variables with their intervals."""
        return list(zip(self._variables, self._intervals))

    def variable(self, index: int) -> Variable:
        """The variable at a place."""
        return self._variables[index]

    def index(self, variable: Variable) -> int:
        """The place of a variable."""
        return self._index[variable]

    def MaxDiam(self) -> tuple[float, int]:
        """The width of the widest interval that can be bisected, and its place; −1 where there is none."""
        widths = [(x.diam(), -place) for place, x in enumerate(self._intervals) if x.is_bisectable()]
        width, place = max(widths, default=(0.0, 1))
        return width, -place

    def bisect(self, key: Variable | int) -> tuple[Box, Box]:
        """Two boxes that differ in one variable."""
        place = self._at(key)
        parts = self._intervals[place].bisect()
        boxes = Box(self), Box(self)
        for box, part in zip(boxes, parts):
            box._intervals[place] = part
        return boxes

    def InplaceUnion(self, other: Box) -> Box:
        """Widens every interval by that of another box over the same variables."""
        self._intervals = [mine | theirs for mine, theirs in zip(self._intervals, other._intervals)]
        return self

    def set(self, other: Box) -> Box:
        """Makes this box a copy of another."""
        self._variables = list(other._variables)
        self._intervals = [Interval(x) for x in other._intervals]
        self._index = dict(other._index)
        return self

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Box)
            and self._index == other._index
            and self._intervals == other._intervals
        )

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return "\n".join(f"{v} : {_value(v, x)}" for v, x in self.items())

    def __repr__(self) -> str:
        return f'<Box "{self}">'

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{v}</td><td>{_value(v, x)}</td></tr>" for v, x in self.items())
        return f"<table><thead><tr><th>variable</th><th>value</th></tr></thead><tbody>{rows}</tbody></table>"


def _value(variable: Variable, x: Interval) -> str:
    if variable.get_type() is Variable.Bool and x.is_degenerated() and not x.is_empty():
        return "True" if x.lb() == 1 else "False"
    return str(x)


def _range(variable: Variable) -> Interval:
    boolean = variable.get_type() in (Variable.Bool, Variable.Binary)
    return Interval(0, 1) if boolean else Interval()


Interval.PI = Interval(3.141592653589793, 3.1415926535897936)
Interval.TWO_PI = Interval(6.283185307179586, 6.283185307179587)
Interval.HALF_PI = Interval(1.5707963267948966, 1.5707963267948968)
Interval.EMPTY_SET = _made((_INF, -_INF))
Interval.ALL_REALS = Interval()
Interval.ZERO = Interval(0)
Interval.ONE = Interval(1)
Interval.POS_REALS = Interval(0, _INF)
Interval.NEG_REALS = Interval(-_INF, 0)
