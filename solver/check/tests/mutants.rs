//! Ten thousand single changes to valid proofs. None makes the checker panic or accept a false claim: where a change of the
//! script is accepted, no point of a fine grid satisfies the changed script. A change behind the script leaves a true claim
//! true, so that what is accepted of those is a proof still; how many there are is counted.

#![allow(clippy::print_stdout)] // how many of each kind

use deltacheck::enclose;
use deltacheck::formula::{Formula, Relation};
use deltacheck::graph::Op;
use deltacheck::interval::Interval;
use deltacheck::proof::check;
use deltacheck::script::{Problem, problem};

const BOX: &str =
    "(declare-const x Real)\n(declare-const y Real)\n(assert (and (<= 0 x) (<= x 1) (<= 0 y) (<= y 1)))\n";

/// Assertions that no point of the unit square satisfies, and proofs.
const PROOFS: [(&str, &str); 6] = [
    ("(> (+ x y) 2)", "check 1\nrefute\nh .\n"),
    ("(> (- x (* x x)) 0.254)", "check 1\nterm x\nterm y\nrefute\nh s 0 1p-1\nh .\nh .\n"),
    (
        "(or (> (- x (* x x)) 0.254) (> (- y (* y y)) 0.254))",
        "check 1\nterm x\nterm y\nrefute\nh c 0\nh s 0 1p-1\nh .\nh .\nh s 1 1p-1\nh .\nh .\n",
    ),
    ("(>= (- (+ x y) (max (+ x y) 0.1)) 0.001)", "check 1\nterm (+ x y)\nrefute\nhr .\n"),
    (
        "(> (- (/ 1 (+ 1 (exp (- (+ (* 8 x) (* 0.125 y)))))) (/ 1 (+ 1 (exp (- (* 8 x)))))) 0.0314)",
        "check 1\npair (/ 1 (+ 1 (exp (- (+ (* 8 x) (* 0.125 y)))))) (/ 1 (+ 1 (exp (- (* 8 x)))))\nrefute\nhr .\n",
    ),
    ("(and (= y (* 2 x)) (> (- y (* 2 x)) 0.001))", "check 1\norder x y\nterm x\nrefute\nhr .\n"),
];

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % n.max(1)
    }

    /// One change of a text.
    fn mutant(&mut self, text: &str) -> String {
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        let (i, j) = (self.below(lines.len()), self.below(lines.len()));
        match self.below(8) {
            0 => drop(lines.remove(i)),
            1 => lines.insert(i, lines[i]),
            2 => lines.swap(i, j),
            3 => lines[j] = lines[i],
            _ => {
                let at = self.below(text.len());
                let old = text.as_bytes()[at];
                let new = match old {
                    b'0'..=b'9' => b"0123456789"[(usize::from(old - b'0') + [1, 9][self.below(2)]) % 10],
                    b'<' | b'>' => b"<>="[self.below(3)],
                    b'+' | b'-' | b'*' => b"+-*/"[self.below(4)],
                    b'h' | b'r' | b's' | b'c' | b'.' => b"hrsc."[self.below(5)],
                    b'x' | b'y' => b"xy"[self.below(2)],
                    _ => b" ()-0p."[self.below(7)],
                };
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = new;
                return String::from_utf8(bytes).expect("ASCII");
            }
        }
        lines.concat()
    }
}

fn holds(formula: &Formula, values: &[Interval]) -> bool {
    match formula {
        Formula::Atom(node, relation) => {
            let value = values[*node];
            !value.is_empty()
                && match relation {
                    Relation::Ge => value.lo.signum() >= 0,
                    Relation::Gt => value.lo.signum() > 0,
                    Relation::Eq => value == Interval::ZERO,
                    Relation::Ne => !value.has_zero(),
                }
        }
        Formula::Literal(..) => false,
        Formula::And(parts) => parts.iter().all(|part| holds(part, values)),
        Formula::Or(parts) => parts.iter().any(|part| holds(part, values)),
    }
}

/// Whether a point of the grid certainly satisfies a script.
fn is_satisfied(problem: &Problem) -> bool {
    let graph = &problem.graph;
    let coordinate = |k: i64| Interval::integer(k - 8).scale(-4);
    (0..36).flat_map(|i| (0..36).map(move |j| [i, j])).any(|point| {
        let mut values = vec![Interval::EMPTY; graph.len()];
        for node in 0..graph.len() {
            values[node] = match graph.op(node) {
                Op::Variable(v) => point.get(*v).map_or(Interval::ZERO, |k| coordinate(*k)),
                _ => enclose::value(graph, node, &values),
            };
        }
        problem.assertions.iter().all(|assertion| holds(assertion, &values))
    })
}

#[test]
fn mutants_prove_nothing_false() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let (mut refused, mut same_claim, mut other_claim) = (0, 0, 0);
    for round in 0..10_000 {
        let (assertion, rest) = PROOFS[round % PROOFS.len()];
        let script = format!("{BOX}(assert {assertion})\n(check-sat)\n");
        let proof = |script: &str, rest: &str| format!("deltacheck 1\nscript {}\n{script}\n{rest}", script.len());
        let whole = proof(&script, rest);
        // anything in the file, or the script alone with its length put right
        assert!(round >= PROOFS.len() || check(&whole).is_ok(), "{assertion}: {:?}", check(&whole));
        let mutant = match random.below(2) {
            0 => random.mutant(&whole),
            _ => proof(&random.mutant(&script), rest),
        };
        if mutant == whole {
            continue;
        }
        match check(&mutant) {
            Err(_) => refused += 1,
            Ok(proved) if proved.iter().all(|(_, about)| *about == script) => same_claim += 1,
            Ok(proved) => {
                for (report, about) in proved {
                    let changed = problem(&about, report.check).expect("it was read");
                    assert!(!is_satisfied(&changed), "accepted, and false: {about}\n{mutant}");
                }
                other_claim += 1;
            }
        }
    }
    println!("{refused} refused, {same_claim} proofs of the same claim, {other_claim} of another true one");
    assert!(refused > 5_000, "{refused} of 10,000 refused");
}
