//! One meaning of terms without a value, in every path: a formula of atoms of which some have none is asserted, negated, and
//! made the condition of a conditional number, in random orders, against a three-valued evaluation.

mod common;

use common::each_seed;
use rand::Rng;
use rand::rngs::SmallRng;
use std::io::Write;
use std::process::{Command, Stdio};

/// A formula over an x of −5, and its truth there; `None` where it is neither true nor false.
fn formula(rng: &mut SmallRng, depth: u32) -> (String, Option<bool>) {
    const ATOMS: [(&str, Option<bool>); 14] = [
        ("(< x 0)", Some(true)),
        ("(> x 0)", Some(false)),
        ("(= x (- 5))", Some(true)),
        ("(> (log x) 0)", None),
        ("(<= (sqrt (+ x 4)) 1)", None),
        ("(= (/ 1 (+ x 5)) 2)", None),
        ("(< (/ 1 x) 1)", Some(true)),
        ("(> (+ x (asin x)) 7)", None),
        ("(>= (pow (+ x 5) (- 2)) 0)", None),
        ("(>= (^ x 0.5) 0)", None),
        ("(< (^ x (- y 3)) 0)", Some(true)),
        ("(< (^ x (- y 3.5)) 0)", None),
        ("(> (ite (< x (- 4)) x (log x)) (- 6))", Some(true)),
        ("(> (ite (< x (- 6)) x (log x)) (- 6))", None),
    ];
    if depth == 0 || rng.random_bool(0.2) {
        let (text, truth) = ATOMS[rng.random_range(0..ATOMS.len())];
        return (text.to_owned(), truth);
    }
    let (a, p) = formula(rng, depth - 1);
    let (b, q) = formula(rng, depth - 1);
    let both = |p: Option<bool>, q: Option<bool>| match (p, q) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    };
    let not = |p: Option<bool>| p.map(|p| !p);
    let same = p.zip(q).map(|(p, q)| p == q);
    match rng.random_range(0..6) {
        0 => (format!("(and {a} {b})"), both(p, q)),
        1 => (format!("(or {a} {b})"), not(both(not(p), not(q)))),
        2 => (format!("(not {a})"), not(p)),
        3 => (format!("(=> {a} {b})"), not(both(p, not(q)))),
        4 => (format!("(= {a} {b})"), same),
        _ => (format!("(xor {a} {b})"), not(same)),
    }
}

fn answers(script: &str) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deltasat"));
    let command = command.args(["--in", "--precision", "1e-9"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    child.stdin.take().expect("a pipe").write_all(script.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn terms_without_a_value_mean_the_same_everywhere() {
    each_seed("undefined", 60, |seed, rng| {
        let mut script = "(declare-fun x () Real)(declare-fun y () Real)(declare-fun z () Real)
            (assert (= x (- 5)))(assert (= y 4))\n"
            .to_owned();
        let mut expected = Vec::new();
        for _ in 0..8 {
            let (text, truth) = formula(rng, 3);
            let value = format!("(ite {text} 1 2)");
            let nested = format!("(ite {text} (ite {text} 1 3) (ite {text} 3 2))");
            for (assertion, holds) in [
                (text.clone(), truth == Some(true)),
                (format!("(not {text})"), truth == Some(false)),
                (format!("(= z {value})"), truth.is_some()),
                (format!("(= 1 {value})"), truth == Some(true)),
                (format!("(= 2 {value})"), truth == Some(false)),
                (format!("(= 1 {nested})"), truth == Some(true)),
                (format!("(= 2 {nested})"), truth == Some(false)),
                (format!("(= 7 (ite {text} 7 7))"), truth.is_some()),
            ] {
                script += &format!("(push)(assert {assertion})(check-sat)(pop)\n");
                expected.push((assertion, holds));
            }
        }
        let answers = answers(&script);
        assert_eq!(answers.len(), expected.len(), "seed {seed}: {answers:?}\n{script}");
        for (answer, (assertion, holds)) in answers.iter().zip(&expected) {
            assert_eq!(answer != "unsat", *holds, "seed {seed}: {answer} for {assertion}");
        }
    });
}
