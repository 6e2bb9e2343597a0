"""The functions of expressions and of intervals, under the names that dReal gives them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import _intervals as _i
from ._expression import (
    Expression, Formula, Variable, VariableType, call, choose, expression, for_all, formula, iff, implication,
    junction, negation,
)  # fmt: skip
from ._intervals import Interval


def _unary(name: str, summary: str) -> Any:
    def function(x: Any) -> Any:
        return _i.unary(name, x) if isinstance(x, Interval) else call(name, x)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{summary} of a number that depends on variables, or of an interval."
    return function


log = _unary("log", "The natural logarithm")
exp = _unary("exp", "The exponential")
sqrt = _unary("sqrt", "The square root")
sin = _unary("sin", "The sine")
cos = _unary("cos", "The cosine")
tan = _unary("tan", "The tangent")
asin = _unary("asin", "The arc sine")
acos = _unary("acos", "The arc cosine")
atan = _unary("atan", "The arc tangent")
sinh = _unary("sinh", "The hyperbolic sine")
cosh = _unary("cosh", "The hyperbolic cosine")
tanh = _unary("tanh", "The hyperbolic tangent")


def _either(name: str, x: Any, y: Any) -> Any:
    if isinstance(x, Interval) or isinstance(y, Interval):
        return _i.binary(name, _i.interval(x), _i.interval(y))
    return call(name, x, y)


def pow(x: Any, n: Any) -> Any:
    """A power of expressions, or of an interval.

    >>> pow(Variable("x"), 2)
    <Expression "pow(x, 2)">
    >>> pow(Interval(-2, 3), 2)
    Interval(0, 9)
    """
    if isinstance(x, Interval):
        return _i.power(x, n)
    return expression(x) ** n


def atan2(y: Any, x: Any) -> Any:
    """The angle of the point ``(x, y)``."""
    return _either("atan2", y, x)


def Min(x: Any, y: Any) -> Any:
    """The smaller one."""
    return _either("min", x, y)


def Max(x: Any, y: Any) -> Any:
    """The larger one."""
    return _either("max", x, y)


def if_then_else(condition: Formula | Variable, a: Any, b: Any) -> Any:
    """``a`` where the condition holds, else ``b``: expressions, or formulas.

    >>> x = Variable("x")
    >>> if_then_else(x > 0, x, -x)
    <Expression "(if (x > 0) then x else (-1 * x))">
    """
    if isinstance(condition, Variable) and condition.get_type() is not VariableType.Bool:
        raise RuntimeError(
            f"{condition} is not a Boolean variable but used as a conditional in "
            f"if-then-else({condition}, {a}, {b})"
        )
    test = formula(condition)
    if isinstance(a, Formula) or isinstance(b, Formula):
        return junction("and", [implication(test, formula(a)), implication(negation(test), formula(b))])
    return choose(test, expression(a), expression(b))


def And(*formulas: Formula | Variable) -> Formula:
    """All of some formulas.

    >>> x = Variable("x")
    >>> And(x >= 1, x <= 2)
    <Formula "((x >= 1) and (x <= 2))">
    """
    if not formulas:
        raise AssertionError("And() without operands, expected at least one")
    return junction("and", map(formula, formulas))


def Or(*formulas: Formula | Variable) -> Formula:
    """At least one of some formulas."""
    if not formulas:
        raise AssertionError("Or() without operands, expected at least one")
    return junction("or", map(formula, formulas))


def Not(f: Formula | Variable) -> Formula:
    """What holds where the formula does not."""
    return negation(formula(f))


def Implies(a: Formula | Variable, b: Formula | Variable) -> Formula:
    """``b`` where ``a`` holds."""
    return implication(formula(a), formula(b))


def Iff(a: Formula | Variable, b: Formula | Variable) -> Formula:
    """Both or neither."""
    return iff(formula(a), formula(b))


def forall(variables: Iterable[Variable], f: Formula | Variable) -> Formula:
    """The formula for all values of variables.

    >>> x, y = Variable("x"), Variable("y")
    >>> forall([y], Implies(And(0 <= y, y <= 1), x > y))
    <Formula "forall({y}. ((x > y) or !(((y >= 0) and (y <= 1)))))">
    """
    return for_all(variables, formula(f))


def _relaxed(f: Formula, delta: Any, holds: bool) -> Formula:
    """Every inequality moved by δ, away from what it excludes where δ > 0."""
    op = f._op
    if op == "not":
        return negation(_relaxed(f._args[0], delta, not holds))
    if op in ("and", "or"):
        return junction(op, [_relaxed(part, delta, holds) for part in f._args])
    if op == "forall":
        return for_all(f._data, _relaxed(f._args[0], delta, holds))
    signed = delta if holds else -delta
    if op in (">", ">=", "<", "<="):
        a, b = f._args
        moved: Formula = {
            ">": lambda: a > b - signed, ">=": lambda: a >= b - signed,
            "<": lambda: a < b + signed, "<=": lambda: a <= b + signed,
        }[op]()  # fmt: skip
        return moved
    if op in ("==", "!="):
        a, b = f._args
        if signed == 0:
            return f
        band: Formula = junction("and", [a >= b - abs(signed), a <= b + abs(signed)])
        # weakened, an equation is a band and an inequation says nothing; strengthened, the first never holds
        if signed > 0:
            return band if op == "==" else Formula.TRUE()
        return Formula.FALSE() if op == "==" else negation(band)
    return f


def DeltaWeaken(f: Formula, delta: Any) -> Formula:
    """The formula with every inequality relaxed by δ.

    >>> x = Variable("x")
    >>> DeltaWeaken(x > 1, 0.5)
    <Formula "(x > 0.5)">
    """
    return _relaxed(f, expression(delta)._data, True)


def DeltaStrengthen(f: Formula, delta: Any) -> Formula:
    """The formula with every inequality tightened by δ.

    >>> x = Variable("x")
    >>> DeltaStrengthen(x > 1, 0.5)
    <Formula "(x > 1.5)">
    """
    return _relaxed(f, -expression(delta)._data, True)


__all__ = [
    "And", "DeltaStrengthen", "DeltaWeaken", "Expression", "Iff", "Implies", "Max", "Min", "Not", "Or", "acos", "asin",
    "atan", "atan2", "cos", "cosh", "exp", "forall", "if_then_else", "log", "pow", "sin", "sinh", "sqrt",
    "tan", "tanh",
]  # fmt: skip
