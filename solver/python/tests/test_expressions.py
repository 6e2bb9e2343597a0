"""Expressions: normal form, exactness, calculus, and that texts mean what the objects mean."""

import math
import random
from fractions import Fraction

import pytest

from deltasat import (
    And, Expression, Formula, Iff, Implies, Max, Min, Not, Or, Variable, Variables, atan2, cos, exp, forall,
    if_then_else, log, sin, solve, sqrt, tanh,
)  # fmt: skip

x, y, z = Variable("x"), Variable("y"), Variable("z")
b = Variable("b", Variable.Bool)


def test_printing():
    assert str(x + 1) == "(1 + x)"
    assert str(1 - x) == "(1 - x)"
    assert str(x - y) == "(x - y)"
    assert str(-(x + 1)) == "(-1 - x)"
    assert str(2 * (x + y)) == "(2 * (x + y))"
    assert str(x * y * x) == "(pow(x, 2) * y)"
    assert str(x / 3) == "(1/3 * x)"
    assert str(Not(And(x > 1, b))) == "!((b and (x > 1)))"


def test_equal_expressions_are_one_object():
    assert (x + y) - y is x._e()
    assert x * y + 1 is 1 + y * x
    assert {x + y: 1}[y + x] == 1
    assert sin(x + y) is sin(y + x)


def test_constants_stay_exact():
    tenth = Expression(0.1)
    assert (x * 0.1 + x * 0.2).Substitute(x, 1) is Expression(Fraction(0.1) + Fraction(0.2))
    assert tenth is Expression(Fraction(3602879701896397, 36028797018963968))
    assert Expression(Fraction(1, 3)) * 3 is Expression(1)
    for bad in (math.inf, math.nan):
        with pytest.raises(ValueError, match="expected a finite number"):
            x + bad


def test_truth_values():
    assert bool(x == x) and not (x == y) and x in [y, x]
    assert not (x + 1 == x)
    with pytest.raises(TypeError, match="depends on x"):
        bool(x > 1)
    with pytest.raises(TypeError, match="And"):
        0 <= x <= 10  # noqa: B015
    assert exp(Expression(1)) == math.exp(1)


def test_a_sort_that_does_not_fit():
    with pytest.raises(TypeError, match="Boolean"):
        b + 1
    with pytest.raises(TypeError, match="not Boolean"):
        And(x, x > 1)
    with pytest.raises(RuntimeError, match="not a Boolean variable"):
        if_then_else(x, 1, 2)
    with pytest.raises(ZeroDivisionError):
        x / 0


def random_expression(rng, depth):
    if depth == 0:
        return rng.choice([x, y, Expression(rng.randint(-3, 3)), Expression(rng.choice([0.5, 0.1, 1.5]))])
    a, c = random_expression(rng, depth - 1), random_expression(rng, depth - 1)
    return rng.choice(
        [
            lambda: a + c, lambda: a - c, lambda: a * c, lambda: -a, lambda: sin(a), lambda: cos(c), lambda: tanh(a),
            lambda: Max(a, c), lambda: Min(a, c), lambda: exp(sin(a)), lambda: (a + 0) ** 2, lambda: abs(a + 0),
            lambda: a / (2 + cos(c)), lambda: if_then_else(Expression(1) * a <= c, a, c),
        ]
    )()  # fmt: skip


def test_random_expressions_mean_the_same_to_python_and_to_the_engine():
    rng = random.Random(20190501)
    for _ in range(60):
        e = Expression(1) * random_expression(rng, 3)
        at = {x: Fraction(rng.randint(-8, 8), 4), y: Fraction(rng.randint(-8, 8), 4)}
        value = e.Evaluate(at)
        fixed = [x == at[x], y == at[y]]
        assert solve(*fixed, abs(e - value) <= 1e-9 * (1 + abs(value)), precision=1e-12)
        assert solve(*fixed, abs(e - value) >= 1e-6 * (1 + abs(value)), precision=1e-9).verdict == "unsat", e


def test_random_derivatives_expansions_and_substitutions():
    rng = random.Random(7)
    for _ in range(80):
        e = Expression(1) * random_expression(rng, 3)
        at = {x: rng.uniform(-1.5, 1.5), y: rng.uniform(-1.5, 1.5)}
        value = e.Evaluate(at)
        assert e.Expand().Evaluate(at) == pytest.approx(value, rel=1e-9, abs=1e-9)
        assert e.Substitute({x: x + 1}).Evaluate({x: at[x] - 1, y: at[y]}) == pytest.approx(value, rel=1e-6, abs=1e-6)
        assert Expression(e.EvaluatePartial(at)).Evaluate() == pytest.approx(value)
        h = 1e-6
        around = [e.Evaluate({x: at[x] + step, y: at[y]}) for step in (-2 * h, -h, h, 2 * h)]
        slopes = [(around[3] - around[1]) / (3 * h), (around[2] - around[0]) / (3 * h)]
        # a kink between the points has no derivative to compare
        if abs(slopes[0] - slopes[1]) < 1e-3 * (1 + abs(slopes[0])):
            difference = (around[2] - around[1]) / (2 * h)
            assert e.Differentiate(x).Evaluate(at) == pytest.approx(difference, rel=1e-3, abs=1e-3), e


def test_derivative_rules():
    at = {x: 0.75, y: 1.25}
    for e, expected in [
        (log(x), 1 / 0.75), (sqrt(x), 0.5 / math.sqrt(0.75)), (x**y, 1.25 * 0.75**0.25),
        (atan2(x, y), 1.25 / (0.75**2 + 1.25**2)), (abs(x - 1), -1.0), (x**3 / y, 3 * 0.75**2 / 1.25),
    ]:  # fmt: skip
        assert e.Differentiate(x).Evaluate(at) == pytest.approx(expected), e


def test_quantified_variables_are_not_free():
    f = forall([y], x > y)
    assert f.GetFreeVariables() == Variables([x])
    assert f.Substitute({y: 3}) is f
    assert str(f.Substitute({x: 2 * z})) == "forall({y}. ((2 * z) > y))"
    with pytest.raises(ValueError, match="quantifies"):
        f.Substitute({x: y + 1})


def test_logic():
    assert Iff(b, b) == Formula.TRUE() or str(Iff(b, b)) == "(b or !(b))"
    assert Implies(b, x > 1).Evaluate({b: False, x: 0})
    assert Or(b, Not(b)).Evaluate({b: True})
    assert ~(~Formula(b)) is Formula(b)
    assert (x > 1) & b == And(b, x > 1) and (x > 1) | b == Or(x > 1, b)


def test_deep_and_shared_expressions_are_written_in_linear_time():
    e = x + 0
    for _ in range(120):
        e = sin(e) + e
    assert solve(e == 0, domain={x: (0, 0)}).verdict == "delta-sat"
    for _ in range(3000):
        e = cos(e)
    assert solve(e > 2, domain={x: (0, 1)}).verdict == "unsat"
