"""Intervals enclose, always."""

import math
import random
from fractions import Fraction

import pytest

from deltasat import Box, Interval, Variable, atan2, cos, exp, log, pow, sin, sinh, sqrt, tanh
from deltasat.dreal import div2, integer, root, sign


def test_the_ends_of_an_exact_number_lie_outside():
    third = Interval(Fraction(1, 3))
    assert Fraction(third.lb()) < Fraction(1, 3) < Fraction(third.ub())
    assert Interval(0.5).is_degenerated()
    assert Interval(2**53 + 1).lb() == 2.0**53
    with pytest.raises(ValueError, match="nan"):
        Interval(math.nan)


def test_arithmetic_encloses_exact_results():
    rng = random.Random(3)
    for _ in range(2000):
        p, q = (Fraction(rng.randint(-999, 999), rng.randint(1, 99)) for _ in range(2))
        a, b = Interval(p), Interval(q)
        results = [(a + b, p + q), (a - b, p - q), (a * b, p * q), (pow(a, 3), p**3), (abs(a), abs(p))]
        results += [(a / b, p / q)] if q else []
        for enclosure, value in results:
            assert Fraction(enclosure.lb()) <= value <= Fraction(enclosure.ub())


def test_functions_enclose_points():
    rng = random.Random(4)
    for _ in range(500):
        low = rng.uniform(0.01, 3)
        a = Interval(low, low + rng.uniform(0, 2))
        point = rng.uniform(a.lb(), a.ub())
        for f, g in [(sin, math.sin), (cos, math.cos), (exp, math.exp), (log, math.log), (sqrt, math.sqrt),
                     (tanh, math.tanh), (sinh, math.sinh)]:  # fmt: skip
            near = math.ulp(g(point)) * 4
            assert f(a).lb() <= g(point) + near and g(point) - near <= f(a).ub()
        assert root(a, 3).lb() <= point ** (1 / 3) * (1 + 1e-12)
    assert atan2(Interval(1), Interval(-1)).contains(3 * math.pi / 4)


def test_sets():
    i = Interval(2, 5)
    assert i & Interval(6, 7) == Interval.EMPTY_SET and i.is_disjoint(Interval(6, 7))
    assert not i.overlaps(Interval(5, 6)) and i.intersects(Interval(5, 6))
    assert Interval.EMPTY_SET.is_subset(i) and not Interval.EMPTY_SET.is_bisectable()
    assert str(Interval()) == "[ ENTIRE ]" and str(Interval.EMPTY_SET) == "[ empty ]"
    left, right = Interval(), Interval()
    assert div2(Interval(2, 3), Interval(-1, 2), left, right)
    assert left == Interval(-math.inf, -2) and right == Interval(1, math.inf)
    assert integer(Interval(0.5, 2.5)) == Interval(1, 2) and sign(Interval(-2, 3)) == Interval(-1, 1)
    assert root(Interval(-8, 27), 3).contains(-2) and root(Interval(-8, 27), 3).contains(3)


def test_inner_measures():
    i = Interval(0.1, 0.7)
    assert Fraction(i.diam()) >= Fraction(0.7) - Fraction(0.1)
    assert Fraction(i.rad()) >= max(Fraction(i.mid()) - Fraction(0.1), Fraction(0.7) - Fraction(i.mid()))
    assert Interval(-math.inf, 3).mid() < 0 and math.isfinite(Interval(1e308, 1.7e308).mid())


def test_boxes():
    x, y = Variable("x"), Variable("b", Variable.Bool)
    box = Box([x, y])
    assert box[y] == Interval(0, 1) and box.MaxDiam() == (math.inf, 0)
    first, second = box.bisect(y)
    assert first[y] == Interval(0, 0.5) and second[y] == Interval(0.5, 1) and box[y] == Interval(0, 1)
    with pytest.raises(ValueError, match="already"):
        box.Add(x)
    with pytest.raises(RuntimeError, match="deleting"):
        del box[x]
    assert "<table>" in box._repr_html_()
