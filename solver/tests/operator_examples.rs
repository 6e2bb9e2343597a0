//! What the operators know, in examples: how far inverses narrow, how tight increments are, how operators are written.

use deltasat::interval::{Interval, bounds, point};
use deltasat::op::{Incremented, Op, Side, power::Pow};
use std::f64::consts::PI;

const INF: f64 = f64::INFINITY;
/// `ln(e − 1)`
const LN_E_LESS_1: f64 = 0.541_324_854_612_918_1;

fn increment(f: Incremented) -> Op {
    Op::Increment(f)
}

/// Asserts that the operands narrow to the expected intervals, up to 10⁻¹².
fn narrows(op: Op, image: (f64, f64), operands: &[(f64, f64)], expected: &[(f64, f64)]) {
    let mut x: Vec<Interval> = operands.iter().map(|x| bounds(x.0, x.1)).collect();
    op.operator().unwrap().invert(bounds(image.0, image.1), &mut x);
    for (x, (lo, hi)) in x.iter().zip(expected) {
        let near = |a: f64, b: f64| a == b || (a - b).abs() <= 1e-12 * (1.0 + b.abs());
        assert!(near(x.inf(), *lo) && near(x.sup(), *hi), "{op:?}: {x:?}, expected {expected:?}");
    }
}

/// Asserts that there is no solution.
fn refutes(op: Op, image: (f64, f64), operands: &[(f64, f64)]) {
    let mut x: Vec<Interval> = operands.iter().map(|x| bounds(x.0, x.1)).collect();
    op.operator().unwrap().invert(bounds(image.0, image.1), &mut x);
    assert!(x.iter().any(|x| x.is_empty()), "{op:?}: {x:?}");
}

#[test]
fn division_by_zero_leaves_two_pieces() {
    narrows(Op::Mul, (1.0, 2.0), &[(-1.0, 1.0), (0.5, 10.0)], &[(0.1, 1.0), (1.0, 10.0)]);
    // 1/[−2, 4] misses (−½, ¼).
    narrows(Op::Mul, (1.0, 1.0), &[(-0.25, 10.0), (-2.0, 4.0)], &[(0.25, 10.0), (0.1, 4.0)]);
    refutes(Op::Mul, (1.0, 1.0), &[(-0.25, 0.125), (-2.0, 4.0)]);
    narrows(Op::Div, (2.0, 4.0), &[(1.0, 8.0), (-10.0, 3.0)], &[(1.0, 8.0), (0.25, 3.0)]);
    refutes(Op::Div, (-INF, INF), &[(1.0, 2.0), (0.0, 0.0)]);
}

#[test]
fn even_functions_have_two_branches() {
    let square = || Op::Pow(Pow { exponent: 2 });
    narrows(square(), (4.0, 9.0), &[(-10.0, 10.0)], &[(-3.0, 3.0)]);
    narrows(square(), (4.0, 9.0), &[(-1.0, 10.0)], &[(2.0, 3.0)]);
    refutes(square(), (4.0, 9.0), &[(-1.0, 1.0)]);
    refutes(square(), (-2.0, -1.0), &[(-INF, INF)]);
    narrows(Op::Pow(Pow { exponent: 3 }), (-8.0, 27.0), &[(-10.0, 10.0)], &[(-2.0, 3.0)]);
    narrows(Op::Pow(Pow { exponent: -2 }), (0.25, 4.0), &[(-1.0, 10.0)], &[(-1.0, 2.0)]);
    narrows(Op::Pow(Pow { exponent: -1 }), (-1.0, 2.0), &[(0.0, 10.0)], &[(0.5, 10.0)]);
    narrows(Op::Abs, (1.0, 2.0), &[(-0.5, 5.0)], &[(1.0, 2.0)]);
    narrows(Op::Cosh, (1.0, 2f64.cosh()), &[(-5.0, 1.0)], &[(-2.0, 1.0)]);
}

#[test]
fn powers_and_roots_restrict_their_domains() {
    narrows(Op::Sqrt, (-5.0, 3.0), &[(-1.0, 100.0)], &[(0.0, 9.0)]);
    narrows(Op::Ln, (-INF, 1.0), &[(-1.0, 100.0)], &[(0.0, 1f64.exp())]);
    narrows(Op::Asin, (0.0, 0.5), &[(-3.0, 3.0)], &[(0.0, 0.5f64.sin())]);
    narrows(Op::Acos, (-1.0, 0.5), &[(-3.0, 3.0)], &[(0.5f64.cos(), 1.0)]);
    narrows(Op::RealPow, (2.0, 4.0), &[(-3.0, 100.0), (0.5, 0.5)], &[(4.0, 16.0), (0.5, 0.5)]);
    narrows(Op::RealPow, (8.0, 8.0), &[(2.0, 2.0), (-10.0, 10.0)], &[(2.0, 2.0), (3.0, 3.0)]);
    narrows(Op::RealPow, (4.0, 9.0), &[(-10.0, 1.0), (2.0, 2.0)], &[(-3.0, -2.0), (2.0, 2.0)]);
}

#[test]
fn periodic_functions_narrow_to_the_branches_met() {
    narrows(Op::Sin, (0.5, 1.0), &[(-1.0, 4.0)], &[(PI / 6.0, 5.0 * PI / 6.0)]);
    narrows(Op::Sin, (0.5, 1.0), &[(3.0, INF)], &[(2.0 * PI + PI / 6.0, INF)]);
    narrows(Op::Sin, (1.0, 1.0), &[(0.0, 1000.0 * PI)], &[(PI / 2.0, 998.5 * PI)]);
    narrows(Op::Cos, (-1.0, 0.0), &[(0.0, 6.0)], &[(PI / 2.0, 1.5 * PI)]);
    narrows(Op::Cos, (1.0, 2.0), &[(1.0, 7.0)], &[(2.0 * PI, 2.0 * PI)]);
    narrows(Op::Tan, (0.0, 1.0), &[(1.0, 4.0)], &[(PI, 1.25 * PI)]);
    refutes(Op::Sin, (0.5, 1.0), &[(3.5, 6.0)]);
    refutes(Op::Cos, (1.5, 2.0), &[(-INF, INF)]);
}

#[test]
fn angles_tell_signs_and_ratios() {
    narrows(Op::Atan2, (0.0, PI / 4.0), &[(-5.0, 5.0), (-2.0, 2.0)], &[(0.0, 2.0), (0.0, 2.0)]);
    narrows(Op::Atan2, (PI / 2.0 + 0.1, 3.2), &[(-5.0, 5.0), (-2.0, 2.0)], &[(0.0, 5.0), (-2.0, 0.0)]);
    refutes(Op::Atan2, (-INF, INF), &[(0.0, 0.0), (0.0, 0.0)]);
    narrows(Op::Atan, (-10.0, PI / 4.0), &[(-5.0, 5.0)], &[(-5.0, 1.0)]);
}

#[test]
fn extrema_and_conditions_pass_the_image_on() {
    narrows(Op::Max, (3.0, 4.0), &[(0.0, 2.0), (-5.0, 9.0)], &[(0.0, 2.0), (3.0, 4.0)]);
    narrows(Op::Max, (3.0, 4.0), &[(0.0, 7.0), (-5.0, 9.0)], &[(0.0, 4.0), (-5.0, 4.0)]);
    narrows(Op::Min, (3.0, 4.0), &[(5.0, 6.0), (-5.0, 9.0)], &[(5.0, 6.0), (3.0, 4.0)]);
    refutes(Op::Min, (3.0, 4.0), &[(5.0, 6.0), (5.0, 9.0)]);
    narrows(Op::Relu, (1.0, 2.0), &[(-5.0, 5.0)], &[(1.0, 2.0)]);
    narrows(Op::Relu, (-1.0, 2.0), &[(-5.0, 5.0)], &[(-5.0, 2.0)]);
    refutes(Op::Relu, (-2.0, -1.0), &[(-5.0, 5.0)]);
    let operands = [(-1.0, 1.0), (0.0, 1.0), (0.0, 9.0)];
    narrows(Op::Ite, (5.0, 6.0), &operands, &[(-1.0, 0.0), (0.0, 1.0), (5.0, 6.0)]);
    narrows(Op::Ite, (5.0, 6.0), &[(-1.0, 1.0), (0.0, 9.0), (0.0, 1.0)], &[(0.0, 1.0), (5.0, 6.0), (0.0, 1.0)]);
    refutes(Op::Ite, (10.0, 11.0), &operands);
    narrows(Op::Meet, (0.0, 5.0), &[(-1.0, 3.0), (2.0, 9.0)], &[(2.0, 3.0), (2.0, 3.0)]);
    refutes(Op::Meet, (-INF, INF), &[(0.0, 1.0), (2.0, 3.0)]);
}

#[test]
fn transcendental_inverses_are_accurate() {
    narrows(Op::Sinh, (-1e-9, 1e300), &[(-5.0, INF)], &[(-1e-9, 691.4686750787736)]);
    narrows(Op::Tanh, (-0.5, 0.999), &[(-5.0, 5.0)], &[(-0.5493061443340549, 3.8002011672502)]);
    narrows(Op::Sigmoid, (1e-20, 0.75), &[(-INF, INF)], &[(-46.051701859880914, 3f64.ln())]);
    narrows(Op::Exp, (-3.0, 5.0), &[(-INF, INF)], &[(-INF, 5f64.ln())]);
    narrows(Op::LogSumExp, (1.0, 1.0), &[(-9.0, 9.0), (0.0, 0.0)], &[(LN_E_LESS_1, LN_E_LESS_1), (0.0, 0.0)]);
}

#[test]
fn increments_narrow_the_change() {
    // Whatever z is, σ moves at most a quarter of d.
    narrows(increment(Incremented::Sigmoid), (0.1, 1.0), &[(-INF, INF), (-5.0, 5.0)], &[(-INF, INF), (0.4, 5.0)]);
    narrows(increment(Incremented::Relu), (0.5, 1.0), &[(-2.0, 2.0), (-3.0, 3.0)], &[(-2.0, 2.0), (0.5, 3.0)]);
    narrows(increment(Incremented::Abs), (0.5, 1.0), &[(0.0, 2.0), (-1.0, 1.0)], &[(0.0, 2.0), (-1.0, 1.0)]);
    narrows(increment(Incremented::Exp), (1.0, 2.0), &[(0.0, 0.0), (-5.0, 5.0)], &[(0.0, 0.0), (2f64.ln(), 3f64.ln())]);
}

#[test]
fn increments_do_not_lose_the_dependence() {
    let whole = bounds(-10.0, 10.0);
    let change = bounds(-0.01, 0.02);
    let close = |op: Op, lo: f64, hi: f64| {
        let range = op.operator().unwrap().enclose(&[whole, change]);
        assert!((range.inf() - lo).abs() < 1e-14 && (range.sup() - hi).abs() < 1e-14, "{op:?}: {range:?}");
    };
    close(increment(Incremented::Relu), -0.01, 0.02);
    close(increment(Incremented::Abs), -0.02, 0.02);
    close(increment(Incremented::Sigmoid), -0.0025f64.tanh(), 0.005f64.tanh());
    close(increment(Incremented::Tanh), -2.0 * 0.005f64.tanh(), 2.0 * 0.01f64.tanh());
    // Far out, the increments of saturated functions are small, and are known to be.
    let tail = increment(Incremented::Sigmoid);
    let range = tail.operator().unwrap().enclose(&[bounds(40.0, 41.0), bounds(0.0, 1.0)]);
    assert!(range.inf() == 0.0 && range.sup() < 4.3e-18, "{range:?}");
    let softmax = increment(Incremented::LogSumExp);
    let d = bounds(-0.01, 0.01);
    let range = softmax.operator().unwrap().enclose(&[whole, whole, whole, d, d, d]);
    assert!(range.subset(bounds(-0.01, 0.01)), "{range:?}");
}

/// Below and above the whole box, an increment's planes leave a gap in proportion to `d`, whatever `z` is.
#[test]
fn increment_planes_scale_with_the_change() {
    for f in [Incremented::Relu, Incremented::Abs, Incremented::Sigmoid, Incremented::Tanh] {
        let op = increment(f);
        let operator = op.operator().unwrap();
        for size in [1.0, 0.1, 1e-3] {
            let x = [bounds(-4.0, 5.0), bounds(-size, size)];
            let image = operator.enclose(&x);
            let mut a = [0.0; 2];
            let above = operator.relax(&x, image, Side::Upper, &mut a);
            let upper = above + a[0] * 0.5;
            let below = operator.relax(&x, image, Side::Lower, &mut a);
            let lower = below + a[0] * 0.5;
            assert!(lower <= 0.0 && upper >= 0.0 && upper - lower <= 1.01 * image.wid(), "{f:?} {size}");
        }
    }
}

#[test]
fn planes_of_small_boxes_have_second_order_gaps() {
    for (op, arity) in [
        (increment(Incremented::Sigmoid), 2),
        (increment(Incremented::Tanh), 2),
        (increment(Incremented::Exp), 2),
        (increment(Incremented::LogSumExp), 4),
        (Op::Mul, 2),
        (Op::Div, 2),
        (Op::RealPow, 2),
        (Op::Atan2, 2),
        (Op::LogSumExp, 3),
        (Op::Sigmoid, 1),
        (Op::Tanh, 1),
        (Op::Sin, 1),
        (Op::Cos, 1),
        (Op::Tan, 1),
        (Op::Asin, 1),
        (Op::Acos, 1),
        (Op::Atan, 1),
        (Op::Sinh, 1),
        (Op::Cosh, 1),
        (Op::Exp, 1),
        (Op::Ln, 1),
        (Op::Sqrt, 1),
        (Op::Pow(Pow { exponent: 3 }), 1),
        (Op::Pow(Pow { exponent: -3 }), 1),
    ] {
        let operator = op.operator().unwrap();
        let middle = [0.5, 0.7, 0.3, 0.6];
        let mut gaps = Vec::new();
        for radius in [1e-2, 1e-3] {
            let x: Vec<Interval> = middle[..arity].iter().map(|m| bounds(m - radius, m + radius)).collect();
            let image = operator.enclose(&x);
            let mut at_middle = [Side::Lower, Side::Upper].map(|side| {
                let mut a = vec![0.0; arity];
                let constant = operator.relax(&x, image, side, &mut a);
                constant + a.iter().zip(middle).map(|(a, m)| a * m).sum::<f64>()
            });
            at_middle.sort_by(f64::total_cmp);
            gaps.push(at_middle[1] - at_middle[0]);
        }
        assert!(gaps[0] < 200.0 * 1e-4 && gaps[1] < gaps[0] / 50.0, "{op:?}: {gaps:?}");
    }
}

#[test]
fn staircases_keep_to_their_steps() {
    narrows(Op::Floor, (1.5, 3.5), &[(-5.0, 5.0)], &[(2.0, 4.0)]);
    narrows(Op::Round, (1.5, 3.5), &[(-5.0, 5.0)], &[(1.5, 3.5)]);
    narrows(Op::Round, (2.0, INF), &[(-5.0, 5.0)], &[(1.5, 5.0)]);
    refutes(Op::Floor, (0.25, 0.75), &[(-5.0, 5.0)]);
    refutes(Op::Round, (3.0, 4.0), &[(-5.0, 2.25)]);
    let enclose = |op: Op, x: (f64, f64)| op.operator().unwrap().enclose(&[bounds(x.0, x.1)]);
    // a tie belongs to the even integer alone, and an interval that touches it from the other side has both
    for (tie, even) in [(-1.5, -2.0), (-0.5, 0.0), (0.5, 0.0), (1.5, 2.0), (2.5, 2.0)] {
        assert_eq!(enclose(Op::Round, (tie, tie)), point(even));
        assert_eq!(enclose(Op::Round, (tie - 0.1, tie + 0.1)), bounds(tie - 0.5, tie + 0.5));
    }
    assert_eq!(enclose(Op::Round, (1.5, 1.75)), point(2.0));
    assert_eq!(enclose(Op::Round, (0.5, 1.25)), bounds(0.0, 1.0));
    assert_eq!(enclose(Op::RoundOff, (1.75, 2.0)), bounds(0.0, 0.25));
    assert_eq!(enclose(Op::RoundOff, (1.25, 2.0)), bounds(-0.5, 0.5));
    // a line over all steps, and a constant where the step is known although the box touches the jump
    let relax = |op: Op, x: (f64, f64), image: Interval, side: Side| {
        let mut slope = [f64::NAN];
        let constant = op.operator().unwrap().relax(&[bounds(x.0, x.1)], image, side, &mut slope);
        (slope[0], constant)
    };
    assert_eq!(relax(Op::Floor, (0.0, 8.0), bounds(0.0, 8.0), Side::Upper), (1.0, 0.0));
    assert_eq!(relax(Op::Floor, (0.0, 8.0), bounds(0.0, 8.0), Side::Lower), (1.0, -1.0));
    assert_eq!(relax(Op::Round, (0.5, 1.5), point(1.0), Side::Lower), (0.0, 1.0));
    assert_eq!(relax(Op::Round, (0.5, 1.5), point(1.0), Side::Upper), (0.0, 1.0));
    assert_eq!(relax(Op::Round, (0.9, 1.6), bounds(1.0, 2.0), Side::Lower), (0.0, 1.0));
}

#[test]
fn operators_are_written_in_smt_lib() {
    let written = |op: Op, x: &[&str]| op.operator().unwrap().print(x);
    assert_eq!(written(Op::Mul, &["a", "b"]), "(* a b)");
    assert_eq!(written(Op::Ln, &["a"]), "(log a)");
    assert_eq!(written(Op::Pow(Pow { exponent: -2 }), &["a"]), "(^ a (- 2))");
    assert_eq!(written(Op::Relu, &["a"]), "(ite (>= a 0.0) a 0.0)");
    assert_eq!(written(Op::Abs, &["a"]), "(ite (>= a 0.0) a (- a))");
    assert_eq!(written(Op::Min, &["a", "b"]), "(ite (<= a b) a b)");
    assert_eq!(written(Op::Ite, &["c", "a", "b"]), "(ite (>= c 0.0) a b)");
    assert_eq!(written(Op::Floor, &["a"]), "(to_real (to_int a))");
    assert_eq!(
        written(Op::Round, &["a"]),
        "(ite (= (- a (to_real (to_int a))) 0.5) (* 2.0 (to_real (to_int (/ (+ (to_real (to_int a)) 1.0) 2.0)))) \
         (to_real (to_int (+ a 0.5))))"
    );
    assert_eq!(written(Op::Sigmoid, &["a"]), "(/ 1.0 (+ 1.0 (exp (- a))))");
    assert_eq!(written(Op::LogSumExp, &["a", "b"]), "(log (+ (exp a) (exp b)))");
    assert_eq!(written(Op::Meet, &["a", "b"]), "a");
    assert_eq!(written(increment(Incremented::Tanh), &["z", "d"]), "(- (tanh (+ z d)) (tanh z))");
    assert_eq!(
        written(increment(Incremented::LogSumExp), &["a", "b", "c", "d"]),
        "(- (log (+ (exp (+ a c)) (exp (+ b d)))) (log (+ (exp a) (exp b))))"
    );
}

#[test]
fn nothing_is_asked_of_empty_operands() {
    for op in [Op::Mul, Op::Max, Op::Meet, increment(Incremented::Relu), increment(Incremented::Sigmoid), Op::LogSumExp]
    {
        let x = [Interval::EMPTY, point(1.0)];
        assert!(op.operator().unwrap().enclose(&x).is_empty(), "{op:?}");
    }
}
