//! The VNN-LIB reader: what it makes of good files, what it says of bad ones, that depth and size are bearable, and that
//! its normal form says what the text says, at random points of random formulas.

mod networks;

use deltasat::exact::{Ball, Rational, rational};
use networks::{random, ratio};
use quantproof::property::{Constraint, Property, vnnlib};
use rand::Rng;
use rand::rngs::SmallRng;
use std::time::Instant;

const DECLARED: &str =
    "(declare-const X_0 Real)\n(declare-const X_1 Real)\n(declare-const Y_0 Real)\n(declare-const Y_1 Real)\n";
const EMPTY: &str = "(assert (>= X_0 -1))(assert (<= X_0 1))(assert (>= X_1 0.25))(assert (<= X_1 1e-1))";

fn read(text: &str) -> Property {
    vnnlib::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A property over `X_0 ∈ [−1, 1]`, `X_1 ∈ [0, 1]`.
fn over_box(assertions: &str) -> Property {
    let bounds = "(assert (>= X_0 -1))(assert (<= X_0 1))(assert (>= X_1 0))(assert (<= X_1 1))";
    read(&format!("{DECLARED}{bounds}{assertions}"))
}

/// Constraints as `[X_0, X_1, Y_0, Y_1, 1]` coefficients with `>=` or `>`.
fn shown(constraint: &Constraint) -> String {
    let mut coefficients = vec!["0".to_owned(); 5];
    constraint.inputs.iter().for_each(|(i, a)| coefficients[*i] = a.to_string());
    constraint.outputs.iter().for_each(|(j, b)| coefficients[2 + *j] = b.to_string());
    coefficients[4] = constraint.constant.to_string();
    format!("{} {}", coefficients.join(" "), if constraint.strict { ">" } else { ">=" })
}

fn cases(property: &Property) -> Vec<String> {
    let case = |case: &quantproof::property::Case| {
        let domain: Vec<String> = case.domain.iter().map(|(l, u)| format!("[{l},{u}]")).collect();
        let constraints: Vec<String> = case.constraints.iter().map(shown).collect();
        format!("{} {}", domain.join(""), constraints.join("; "))
    };
    property.cases().iter().map(case).collect()
}

#[test]
fn forms_of_files() {
    let table: &[(&str, &[&str])] = &[
        ("(assert (<= Y_0 Y_1))", &["[-1,1][0,1] 0 0 -1 1 0 >="]),
        ("(assert (>= (- Y_0 Y_1) 0.5))", &["[-1,1][0,1] 0 0 1 -1 -1/2 >="]),
        ("(assert (< (* 2 Y_0) (+ Y_1 X_0 1e-3)))", &["[-1,1][0,1] 1 0 -2 1 1/1000 >"]),
        ("(assert (> (- Y_0) (/ Y_1 4)))", &["[-1,1][0,1] 0 0 -1 -1/4 0 >"]),
        ("(assert (= Y_0 1.5))", &["[-1,1][0,1] 0 0 -1 0 3/2 >=; 0 0 1 0 -3/2 >="]),
        ("(assert (<= 0 Y_0 Y_1 1))", &["[-1,1][0,1] 0 0 1 0 0 >=; 0 0 -1 1 0 >=; 0 0 0 -1 1 >="]),
        ("(assert (not (and (<= Y_0 0) (< Y_1 0))))", &["[-1,1][0,1] 0 0 1 0 0 >", "[-1,1][0,1] 0 0 0 1 0 >="]),
        ("(assert (not (= Y_0 0)))", &["[-1,1][0,1] 0 0 -1 0 0 >", "[-1,1][0,1] 0 0 1 0 0 >"]),
        ("(assert (=> (> Y_0 0) (< Y_1 0)))", &["[-1,1][0,1] 0 0 -1 0 0 >=", "[-1,1][0,1] 0 0 0 -1 0 >"]),
        ("(assert (not (=> (> Y_0 0) (< Y_1 0))))", &["[-1,1][0,1] 0 0 1 0 0 >; 0 0 0 1 0 >="]),
        // bounds of an input tighten the box; a strict one stays a constraint too
        ("(assert (<= (* -4 X_0) 1))", &["[-1/4,1][0,1] "]),
        ("(assert (< X_1 .5))", &["[-1,1][0,1/2] 0 -1 0 0 1/2 >"]),
        ("(assert (= X_0 (/ 1 3)))", &["[1/3,1/3][0,1] "]),
        ("(assert (<= (+ X_0 X_1) +1.5))", &["[-1,1][0,1] -1 -1 0 0 3/2 >="]),
        // boxes inside a disjunction, and a product of two of them without its empty parts
        (
            "(assert (or (and (<= X_0 0) (<= Y_0 0)) (and (>= X_0 0.5) (>= Y_0 1))))",
            &["[-1,0][0,1] 0 0 -1 0 0 >=", "[1/2,1][0,1] 0 0 1 0 -1 >="],
        ),
        (
            "(assert (or (<= X_0 0) (>= X_0 0.5)))(assert (or (<= X_0 -0.5) (>= X_0 0.75)))(assert (<= Y_0 0))",
            &["[-1,-1/2][0,1] 0 0 -1 0 0 >=", "[3/4,1][0,1] 0 0 -1 0 0 >="],
        ),
        // nothing satisfies these
        ("(assert (<= X_0 -2))", &[]),
        ("(assert false)", &[]),
        ("(assert (< 1 1))", &[]),
        ("(assert (not (or true (<= Y_0 0))))", &[]),
        ("(assert (<= 1 1))", &["[-1,1][0,1] "]),
        ("(assert (or false (<= Y_0 (- Y_0 1)) (<= (- X_0 X_0) 0)))", &["[-1,1][0,1] "]),
    ];
    for (assertion, expected) in table {
        let found = cases(&over_box(assertion));
        assert_eq!(found, *expected, "{assertion}");
    }
}

/// Version 2 says the same by tensors.
#[test]
fn tensors_are_inputs_and_outputs_in_the_order_of_rows() {
    let old = read(
        "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const X_2 Real)(declare-const X_3 Real)(declare-const Y_0 Real)
         (assert (and (<= 0 X_0 1) (<= 0 X_1 2) (<= 0 X_2 3) (<= 0 X_3 4)))(assert (not (= Y_0 (* 2 X_2))))",
    );
    let bounds = "(assert (<= A[0,0] 1)) (assert (<= A[0, 1] 2)) (assert (<= A[1 ,0] 3)) (assert (<= A[1,1] 4))
        (assert (and (>= A[0,0] 0) (>= A[0,1] 0) (>= A[1,0] 0) (>= A[1,1] 0)))";
    for (shape, output) in [("[]", "B"), ("[1]", "B[0]"), ("[1,1]", "B[0,0]")] {
        let declared = format!("(declare-input A float32 [2,2]) (declare-output B Real {shape})");
        for negation in [format!("(!= {output} (* 2.0 A[1,0]))"), format!("(not (== {output} (* 2 A[1,0])))")] {
            let text = format!(
                "(vnnlib-version <2.0>) ; a comment\n(declare-network f {declared}) {bounds} (assert {negation})"
            );
            assert_eq!(read(&text).cases(), old.cases(), "{text}");
        }
    }
    let wrong = |network: &str, assertion: &str| {
        let text = format!("(vnnlib-version <2.1>)\n(declare-network f {network})\n(assert {assertion})");
        vnnlib::read(text.as_bytes()).expect_err(&text).to_string()
    };
    let declared = "(declare-input X Real [2, 3]) (declare-output Y Real [2])";
    for (network, assertion, expected) in [
        (declared, "(<= X[2,0] 1)", "line 3, column 13: X[2,0], expected an element of X, whose shape is [2,3]"),
        (declared, "(<= X[0] 1)", "line 3, column 13: X[0], expected an element of X"),
        (declared, "(<= Z[0] 1)", "line 3, column 13: `Z[0]`, expected a number or an element of a tensor"),
        (declared, "(<= Y[0 1", "line 3, column 13: `)`, expected `]`"),
        ("(declare-input X Real [2])", "true", "line 2, column 46: no output"),
        ("(declare-output Y Real [2])", "true", "line 2, column 47: no input"),
        ("(declare-input X int8 [2])", "true", "line 2, column 37: `int8`, expected an element type of real numbers"),
        ("(declare-input X Real [0])", "true", "line 2, column 42: `[0]`, expected a shape of 1 to"),
        ("(declare-input X Real 5)", "true", "line 2, column 42: `5`, expected a shape such as"),
        ("(declare-input X Real [2] initialized)", "true", "line 2, column 46: an input with a default value"),
        ("(isomorphic-to g)", "true", "line 2, column 21: another network, expected one alone"),
        ("(declare-hidden H Real [2] \"h\")", "true", "line 2, column 21: a hidden node"),
    ] {
        let found = wrong(network, assertion);
        assert!(found.starts_with(expected), "{found}\nexpected {expected}");
    }
    let two = format!("(declare-network f {declared})(declare-network g {declared})");
    assert!(vnnlib::read(two.as_bytes()).expect_err("two").to_string().contains("a second network, expected one"));
    let old = "(vnnlib-version <3.0>)";
    assert!(vnnlib::read(old.as_bytes()).expect_err("version").to_string().contains("expected version <1.…> or <2.…>"));
}

#[test]
fn layout_comments_and_other_commands() {
    let property = read(
        "; a comment (with a parenthesis\n(set-logic QF_LRA) (set-info :source |quoted ) bar|) (set-info :x \"a ; ) b\")\n\
         (declare-fun X_0 () Real)(declare-const\n Y_0\n\tReal ) ; (\n(assert(<=\r\n-1 X_0 1))(assert(>= Y_0 0))(check-sat)(exit)",
    );
    assert_eq!((property.inputs(), property.outputs(), property.cases().len()), (1, 1, 1));
    assert_eq!(property.cases()[0].domain, [(ratio(-1, 1), ratio(1, 1))]);
}

#[test]
fn errors_say_what_where_and_what_was_expected() {
    let all = "one of and, or, not, =>, <=, >=, <, >, =, ==, !=, +, -, *, /";
    let command = "a command such as (declare-const X_0 Real) or (assert …)";
    let input = "an input X_0, X_1, … or an output Y_0, Y_1, …";
    let number = "a decimal number of at most 10000 digits";
    let table: Vec<(String, String)> = vec![
        ("".into(), "no input declared, expected (declare-const X_0 Real)".into()),
        ("assert".into(), format!("line 1, column 1: `assert`, expected {command}")),
        ("\n ()".into(), "line 2, column 3: `)`, expected a command such as declare-const or assert".into()),
        ("(asert)".into(), "line 1, column 2: `asert`, expected declare-const, declare-fun or assert".into()),
        ("(declare-const Z_0 Real)".into(), format!("line 1, column 16: `Z_0`, expected {input}")),
        ("(declare-const X_01 Real)".into(), format!("line 1, column 16: `X_01`, expected {input}")),
        ("(declare-const X_ Real)".into(), format!("line 1, column 16: `X_`, expected {input}")),
        ("(declare-const X_0 Int)".into(), "line 1, column 20: `Int`, expected the sort Real".into()),
        ("(declare-const X_0)".into(), "line 1, column 19: `)`, expected the sort Real".into()),
        ("(declare-const X_0 Real".into(), "line 1, column 24: the end of the text, expected `)`".into()),
        (
            "(declare-fun X_0 (Real) Real)".into(),
            "line 1, column 19: `Real`, expected `()`: a variable has no arguments".into(),
        ),
        (
            "(declare-const X_0 Real)\n(declare-const X_0 Real)".into(),
            "line 2, column 16: X_0 again, expected a name not declared before (line 1)".into(),
        ),
        (
            "(declare-const X_1 Real)".into(),
            "line 1, column 16: X_1 without X_0, expected numbers without a gap".into(),
        ),
        (
            format!("{DECLARED}(declare-const Y_3 Real)"),
            "line 5, column 16: Y_3 without Y_2, expected numbers without a gap".into(),
        ),
        (
            format!("{DECLARED}(assert (<= X_2 1))"),
            "line 5, column 13: X_2 is not declared, expected (declare-const X_2 Real) before this".into(),
        ),
        (format!("{DECLARED}(assert (<= x_0 1))"), "line 5, column 13: `x_0`, expected a number, X_i or Y_j".into()),
        (format!("{DECLARED}(assert (iff true true))"), format!("line 5, column 10: `iff`, expected {all}")),
        (format!("{DECLARED}(assert ((<= X_0 1)))"), format!("line 5, column 10: `(`, expected {all}")),
        (format!("{DECLARED}(assert ())"), format!("line 5, column 10: `)`, expected {all}")),
        (format!("{DECLARED}(assert)"), "line 5, column 8: `)`, expected a formula".into()),
        (format!("{DECLARED}(assert X_0)"), "line 5, column 9: a term, expected a formula such as (<= X_0 1)".into()),
        (
            format!("{DECLARED}(assert (+ X_0 1))"),
            "line 5, column 9: a term, expected a formula such as (<= X_0 1)".into(),
        ),
        (
            format!("{DECLARED}(assert (<= X_0 1) (<= X_1 1))"),
            "line 5, column 20: `(`, expected `)`: an assertion is one formula".into(),
        ),
        (
            format!("{DECLARED}(assert (and (<= X_0 1) X_1))"),
            "line 5, column 25: a term in `and`, expected a formula".into(),
        ),
        (
            format!("{DECLARED}(assert (<= X_0 (<= X_1 1)))"),
            "line 5, column 17: a formula in `<=`, expected a term".into(),
        ),
        (format!("{DECLARED}(assert (<= X_0))"), "line 5, column 9: `<=` of 1 operands, expected at least two".into()),
        (format!("{DECLARED}(assert (and))"), "line 5, column 9: `and` of 0 operands, expected at least one".into()),
        (format!("{DECLARED}(assert (not true false))"), "line 5, column 9: `not` of 2 operands, expected one".into()),
        (
            format!("{DECLARED}(assert (<= (* X_0\n Y_0) 1))"),
            "line 5, column 13: a product of variables, expected at most one factor that is not a number".into(),
        ),
        (
            format!("{DECLARED}(assert (<= (/ 1 Y_0) 1))"),
            "line 5, column 13: a division by a variable, expected a number".into(),
        ),
        (
            format!("{DECLARED}(assert (<= (/ Y_0 (- 1 1)) 1))"),
            "line 5, column 13: a division by zero, expected another number".into(),
        ),
        (format!("{DECLARED}(assert (<= X_0 1.2.3))"), format!("line 5, column 17: `1.2.3`, expected {number}")),
        (format!("{DECLARED}(assert (<= X_0 0x1p3))"), format!("line 5, column 17: `0x1p3`, expected {number}")),
        (format!("{DECLARED}(assert (<= X_0 1/3))"), format!("line 5, column 17: `1/3`, expected {number}")),
        (
            format!("{DECLARED}(assert (<= X_0 1e999999999))"),
            format!("line 5, column 17: `1e999999999`, expected {number}"),
        ),
        (
            format!("{DECLARED}(assert (and (<= X_0 1)"),
            "line 5, column 24: the end of the text, expected `)` for line 5, column 9".into(),
        ),
        (
            "(set-info :x (a b)".into(),
            "line 1, column 19: the end of the text, expected `)` for line 1, column 2".into(),
        ),
        (format!("{DECLARED}(assert (<= Y_0 1))"), "X_0 has no lower bound, expected one such as (>= X_0 -1)".into()),
        (
            format!("{DECLARED}(assert (<= 0 X_0 1))(assert (>= X_1 0))"),
            "X_1 has no upper bound, expected one such as (<= X_1 1)".into(),
        ),
        (
            format!("{DECLARED}(assert (<= 0 X_0 1))(assert (or (<= 0 X_1 1)\n(>= X_1 2)))"),
            "line 6, column 1: X_1 has no upper bound, expected one such as (<= X_1 1)".into(),
        ),
        (
            format!("{DECLARED}(assert (<= 0 X_0 1e400))(assert (<= 0 X_1 1))"),
            "X_0 has a bound outside the range of a double".into(),
        ),
        (
            format!("{DECLARED}(assert (<= (* 1e9000 1e9000 1e9000 Y_0) 1))"),
            "line 5, column 13: a number of more than 65536 bits, expected a shorter one".into(),
        ),
        ("(assert ü)".into(), "line 1, column 9: `ü`, expected a number, X_i or Y_j".into()),
    ];
    for (text, expected) in table {
        let message = vnnlib::read(text.as_bytes()).map_or_else(|error| error.to_string(), |p| format!("{p:?}"));
        assert_eq!(message, expected, "{text}");
    }
    let message = vnnlib::read(b"(assert\n \xff)").unwrap_err().to_string();
    assert_eq!(message, "line 2, column 2: a byte that is not UTF-8, expected text");
    // an empty box is no error: nothing is in it
    assert!(read(&format!("{DECLARED}{EMPTY}")).cases().is_empty());
}

#[test]
fn too_many_cases_are_refused_with_a_reason() {
    let problem =
        "more than 100000 cases or 10000000 constraints once the disjunctions are multiplied out, expected fewer";
    let or = "(or (<= Y_0 0) (<= Y_1 0) (>= Y_0 Y_1))";
    let many = format!("{DECLARED}(assert (<= 0 X_0 1))(assert (<= 0 X_1 1)){}", format!("(assert {or})").repeat(20));
    assert_eq!(vnnlib::read(many.as_bytes()).unwrap_err().to_string(), problem);
    let nested = format!("{DECLARED}(assert (and {}))", or.repeat(20));
    assert_eq!(vnnlib::read(nested.as_bytes()).unwrap_err().to_string(), format!("line 5, column 9: {problem}"));
    // as many disjunctions whose products are nearly all empty are fine
    let interval = |k: i32| format!("(and (>= X_0 {k}) (<= X_0 {k}.5))");
    let grid = format!("(assert (or {}))", (0..50).map(interval).collect::<String>());
    let fine = format!("{DECLARED}(assert (<= 0 X_1 1)){}", grid.repeat(20));
    assert_eq!(read(&fine).cases().len(), 50);
}

#[test]
fn depth_is_limited_by_memory_alone() {
    let started = Instant::now();
    let depth = 100_000;
    let bounds = "(assert (<= 0 X_0 1))(assert (<= 0 X_1 1))";
    let wrap = |open: &str, inner: &str, close: &str| {
        format!("{DECLARED}{bounds}(assert {}{inner}{})", open.repeat(depth), close.repeat(depth))
    };
    let texts = [
        wrap("(and ", "(<= Y_0 0)", ")"),
        wrap("(not ", "(<= Y_0 0)", ")"),
        wrap("(and (or ", "(<= Y_0 0)", "))"),
        wrap("(and (<= Y_1 0) ", "(<= Y_0 0)", ")"),
        format!("{DECLARED}{bounds}(assert (<= {}Y_0{} 1))", "(+ 1 ".repeat(depth), ")".repeat(depth)),
        format!("{DECLARED}{bounds}(assert (<= {}Y_0{} 1))", "(- ".repeat(depth), ")".repeat(depth)),
    ];
    for text in texts {
        assert_eq!(read(&text).cases().len(), 1);
    }
    let wide = wrap("(or (<= Y_0 0) ", "(<= Y_1 0)", ")");
    assert!(vnnlib::read(wide.as_bytes()).unwrap_err().to_string().contains("cases"));
    for text in ["(".repeat(depth), format!("{DECLARED}(assert {}", "(and ".repeat(depth)), ")".repeat(depth)] {
        assert!(vnnlib::read(text.as_bytes()).is_err());
    }
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

/// A random formula as text and as a function, which share nothing with the reader.
enum Tree {
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Not(Box<Tree>),
    Compare(&'static str, Vec<Term>),
}

enum Term {
    Number(i64, &'static str),
    Variable(usize),
    Sum(Vec<Term>),
    Difference(Vec<Term>),
    Product(i64, Box<Term>),
}

const NAMES: [&str; 4] = ["X_0", "X_1", "Y_0", "Y_1"];

impl Term {
    fn new(r: &mut SmallRng, depth: usize) -> Term {
        match r.random_range(0..if depth == 0 { 5 } else { 8 }) {
            0 => {
                let (halves, text) =
                    [(1, "0.5"), (-3, "-1.5"), (4, "2"), (0, "0.0"), (2, "1e0"), (-2, "-100e-2")][r.random_range(0..6)];
                Term::Number(halves, text)
            }
            1..5 => Term::Variable(r.random_range(0..4)),
            5 => Term::Sum((0..r.random_range(1..4)).map(|_| Term::new(r, depth - 1)).collect()),
            6 => Term::Difference((0..r.random_range(1..4)).map(|_| Term::new(r, depth - 1)).collect()),
            _ => Term::Product(r.random_range(-2..3), Box::new(Term::new(r, depth - 1))),
        }
    }

    fn text(&self) -> String {
        let list = |head: &str, parts: &[Term]| {
            format!("({head} {})", parts.iter().map(Term::text).collect::<Vec<_>>().join(" "))
        };
        match self {
            Term::Number(_, text) => (*text).to_owned(),
            Term::Variable(i) => NAMES[*i].to_owned(),
            Term::Sum(parts) => list("+", parts),
            Term::Difference(parts) => list("-", parts),
            Term::Product(factor, term) => format!("(* {factor} {})", term.text()),
        }
    }

    /// Twice the value at a point of halves.
    fn halves(&self, at: &[i64; 4]) -> i64 {
        match self {
            Term::Number(halves, _) => *halves,
            Term::Variable(i) => at[*i],
            Term::Sum(parts) => parts.iter().map(|p| p.halves(at)).sum(),
            Term::Difference(parts) if parts.len() == 1 => -parts[0].halves(at),
            Term::Difference(parts) => parts[0].halves(at) - parts[1..].iter().map(|p| p.halves(at)).sum::<i64>(),
            Term::Product(factor, term) => factor * term.halves(at),
        }
    }
}

impl Tree {
    fn new(r: &mut SmallRng, depth: usize) -> Tree {
        match r.random_range(0..if depth == 0 { 1 } else { 5 }) {
            1 => Tree::And((0..r.random_range(1..4)).map(|_| Tree::new(r, depth - 1)).collect()),
            2 => Tree::Or((0..r.random_range(1..4)).map(|_| Tree::new(r, depth - 1)).collect()),
            3 => Tree::Not(Box::new(Tree::new(r, depth - 1))),
            _ => {
                let operator = ["<=", ">=", "<", ">", "="][r.random_range(0..5)];
                Tree::Compare(operator, (0..r.random_range(2..4)).map(|_| Term::new(r, 2)).collect())
            }
        }
    }

    fn text(&self) -> String {
        let list = |head: &str, parts: Vec<String>| format!("({head} {})", parts.join(" "));
        match self {
            Tree::And(parts) => list("and", parts.iter().map(Tree::text).collect()),
            Tree::Or(parts) => list("or", parts.iter().map(Tree::text).collect()),
            Tree::Not(inner) => list("not", vec![inner.text()]),
            Tree::Compare(operator, terms) => list(operator, terms.iter().map(Term::text).collect()),
        }
    }

    fn holds(&self, at: &[i64; 4]) -> bool {
        match self {
            Tree::And(parts) => parts.iter().all(|p| p.holds(at)),
            Tree::Or(parts) => parts.iter().any(|p| p.holds(at)),
            Tree::Not(inner) => !inner.holds(at),
            Tree::Compare(operator, terms) => {
                let values: Vec<i64> = terms.iter().map(|t| t.halves(at)).collect();
                values.windows(2).all(|pair| match *operator {
                    "<=" => pair[0] <= pair[1],
                    ">=" => pair[0] >= pair[1],
                    "<" => pair[0] < pair[1],
                    ">" => pair[0] > pair[1],
                    _ => pair[0] == pair[1],
                })
            }
        }
    }
}

#[test]
fn the_normal_form_means_what_the_text_means() {
    let (mut satisfied, mut total) = (0, 0);
    for seed in 0..1500 {
        let mut r = random("normal form", seed);
        let trees: Vec<Tree> = (0..r.random_range(1..4)).map(|_| Tree::new(&mut r, 3)).collect();
        let asserted: String = trees.iter().map(|tree| format!("(assert {})\n", tree.text())).collect();
        let text = format!("{DECLARED}(assert (<= -2 X_0 2))(assert (<= -2 X_1 2)){asserted}");
        let property = match vnnlib::read(text.as_bytes()) {
            Ok(property) => property,
            // a large product
            Err(error) if error.to_string().contains("cases") => continue,
            Err(error) => panic!("{error}: {text}"),
        };
        for _ in 0..60 {
            // halves, so that ties are met
            let at: [i64; 4] = std::array::from_fn(|_| r.random_range(-4..=4));
            let half = |k: i64| ratio(k, 2);
            let input = [half(at[0]), half(at[1])];
            let outputs = [at[2], at[3]].map(|k| Ball::from_rational(half(k)).unwrap());
            let said = property.cases().iter().any(|case| case.holds(&input, &outputs));
            let meant = trees.iter().all(|tree| tree.holds(&at));
            assert_eq!(said, meant, "seed {seed}: {at:?} halves: {text}");
            satisfied += usize::from(said);
            total += 1;
        }
    }
    assert!(satisfied * 10 > total, "only {satisfied} of {total} points satisfy their formulas");
}

#[test]
fn mutilated_texts_are_refused_or_read_and_never_panic() {
    let whole = format!(
        "{DECLARED}{EMPTY}; note\n(assert (or (and (<= X_0 -1.5e-3) (>= (+ Y_0 (* 2 Y_1)) (/ 1 3))) (not (= Y_0 Y_1))))"
    );
    for seed in 0..4000 {
        let mut r = random("mutilated", seed);
        let mut bytes = whole.clone().into_bytes();
        for _ in 0..r.random_range(1..4) {
            let at = r.random_range(0..bytes.len().max(1));
            if bytes.is_empty() {
                break;
            }
            match r.random_range(0..4) {
                0 => drop(bytes.remove(at)),
                1 => bytes.insert(at, b"()|\";-.e_ XY0\n\xc3"[r.random_range(0..15)]),
                2 => bytes.truncate(at.max(1)),
                _ => {
                    let end = (at + r.random_range(0..30)).min(bytes.len());
                    let copy = bytes[at..end].to_vec();
                    bytes.splice(at..at, copy);
                }
            }
        }
        if let Err(error) = vnnlib::read(&bytes) {
            let message = error.to_string();
            assert!(!message.is_empty() && !message.ends_with('.'), "{message}");
            assert!(message.len() < 300, "{message}");
        }
    }
}

#[test]
fn decimals_are_exact() {
    let property = read(
        "(declare-const X_0 Real)(declare-const Y_0 Real)(assert (<= X_0 0.679857769))(assert (>= X_0 -1e-300))\
         (assert (>= Y_0 3.991125645861615))",
    );
    let case = &property.cases()[0];
    let parse = |text: &str| rational::parse(text).unwrap();
    assert_eq!(case.domain, [(parse("-1e-300"), parse("0.679857769"))]);
    assert_eq!(case.constraints[0].constant, -parse("3.991125645861615"));
    let at = |text: &str| case.holds(&[Rational::default()], &[Ball::from_rational(parse(text)).unwrap()]);
    assert!(at("3.991125645861615") && !at("3.9911256458616149999999999999999999"));
}
