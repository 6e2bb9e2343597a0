"""dReal's interface: what scripts written for it expect."""

import pytest

from deltasat.dreal import *  # noqa: F403

x, y = Variable("x"), Variable("y")
n = Variable("n", Variable.Int)
b = Variable("b", Variable.Bool)


def test_check_satisfiability_both_ways():
    f = And(0 <= x, x <= 10, sin(x) == 0.5)
    found = CheckSatisfiability(f, 0.001)
    assert type(found) is Box and found[x].diam() < 0.1
    box = Box([x])
    assert CheckSatisfiability(f, 0.001, box) is True and box == found
    assert CheckSatisfiability(And(f, x > 11), 0.001, box) is False and box == found
    config = Config()
    config.precision, config.number_of_jobs = 1e-6, 2
    assert CheckSatisfiability(f, config)[x].diam() < 1e-3


def test_sorts():
    found = CheckSatisfiability(And(n > 2, n < 4, Implies(b, x > 7), b, x < 8), 0.001)
    assert found[n] == Interval(3) and found[b] == Interval(1) and 7 <= found[x].mid() <= 8
    assert "b : True" in str(found)


def test_minimise_both_ways():
    found = Minimize(x * x + 6 * x + 5, And(-10 <= x, x <= 10), 1e-6)
    assert found[x].mid() == pytest.approx(-3, abs=0.01)
    box = Box([x])
    assert Minimize(x, And(1 <= x, x <= 2), 1e-6, box) and box[x].contains(1)
    assert Minimize(x, And(1 <= x, x <= 0), 1e-6) is None


def test_contexts():
    context = Context()
    context.SetLogic(Logic.QF_NRA)
    context.DeclareVariable(b)
    context.DeclareVariable(b)
    context.DeclareVariable(x, 0, 10)
    assert context.box[x] == Interval(0, 10)
    context.Push(2)
    context.DeclareVariable(y, -1, 1)
    context.Maximize(x + y)
    found = context.CheckSat()
    assert found[x].mid() == pytest.approx(10, abs=0.01) and found[y].mid() == pytest.approx(1, abs=0.01)
    context.Pop(2)
    with pytest.raises(RuntimeError, match="0 open scopes"):
        context.Pop(1)
    context.Minimize(x)
    assert context.CheckSat()[x].mid() == pytest.approx(0, abs=0.01)
    context.SetOption(":precision", 0.25)
    assert context.config.precision == 0.25


def test_moved_inequalities():
    f = And(x > 1, Not(y <= 2), x == y)
    weak, strong = DeltaWeaken(f, 0.5), DeltaStrengthen(f, 0.5)
    assert weak.Evaluate({x: 1.75, y: 1.75}) and not f.Evaluate({x: 1.75, y: 1.75})
    assert weak.Evaluate({x: 2.25, y: 2.5})
    assert strong == Formula.FALSE()
    assert not DeltaStrengthen(x > 1, 0.5).Evaluate({x: 1.25})


def test_bits():
    bits = DynamicBitset(3)
    bits.set(0)
    assert str(bits) == "001" and bits.any() and not bits.all() and (bits & DynamicBitset(3)).none()


def test_undecided_is_said():
    a, c = Variable("a"), Variable("c")
    f = And(forall([y], Implies(And(-1 <= y, y <= 1), a * y * y + sin(c * y) > 0)), -1 <= a, a <= 1, c == 1)
    with pytest.raises(Undecided, match="unknown: "):
        CheckSatisfiability(And(f, forall([x], forall([y], x * y > a) == b)), 0.001)
