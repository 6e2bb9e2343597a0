//! No step removes a solution: random scripts are made around a point that satisfies them, and the point stays in the
//! region through contraction, linear bounds and splits. Where no point satisfies a script on a grid, steps may refute it.

use deltacheck::enclose;
use deltacheck::formula::{Formula, Relation};
use deltacheck::graph::{Graph, Node, Op};
use deltacheck::interval::Interval;
use deltacheck::linear::Pair;
use deltacheck::number::{Num, Round};
use deltacheck::proof::Prepared;
use deltacheck::rational::Rational;
use deltacheck::region::Region;
use deltacheck::script::{Problem, problem};

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % n
    }

    /// A multiple of 1/16 between −2 and 2.
    fn sixteenth(&mut self) -> i64 {
        self.below(65) as i64 - 32
    }

    fn term(&mut self, variables: u64, depth: u32) -> String {
        if depth == 0 || self.below(5) == 0 {
            return match self.below(4) {
                0 => format!("(/ {} 16)", self.sixteenth()),
                _ => format!("x{}", self.below(variables)),
            };
        }
        let one = self.term(variables, depth - 1);
        let functions =
            ["abs", "sqrt", "exp", "log", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh"];
        match self.below(12) {
            0..=2 => format!("({} {one})", functions[self.below(13) as usize]),
            3 => format!("(max {one} 0)"),
            4 => format!("(/ 1 (+ 1 (exp (- {one}))))"),
            5 => format!("(^ {one} {})", [2, 3, -1, -2][self.below(4) as usize]),
            6 => format!("(^ {one} {})", ["0.5", "1.5", "-0.3"][self.below(3) as usize]),
            7 => format!("(* (/ {} 16) {one})", self.sixteenth()),
            n => {
                let other = self.term(variables, depth - 1);
                match (n, self.below(5)) {
                    (8, 0) => format!("(arctan2 {one} {other})"),
                    (8, 1) => format!("(max {one} {other})"),
                    (8, 2) => format!("(min {one} {other})"),
                    (8, _) => format!("(ite (> {one} {other}) {one} (* 2 {other}))"),
                    (9, _) => format!("(* {one} {other})"),
                    (10, 0) => format!("(/ {one} {other})"),
                    (10, _) => format!("(- {one} {other})"),
                    _ => format!("(+ {one} {other} (/ {} 16))", self.sixteenth()),
                }
            }
        }
    }
}

/// The values of all nodes at a point.
fn values(graph: &Graph, point: &[Interval]) -> Vec<Interval> {
    let mut x = vec![Interval::EMPTY; graph.len()];
    for node in 0..graph.len() {
        x[node] = match graph.op(node) {
            Op::Variable(v) => point[*v],
            _ => enclose::value(graph, node, &x),
        };
    }
    x
}

fn holds(relation: Relation, value: Interval) -> bool {
    match relation {
        Relation::Ge => value.lo.signum() >= 0 && !value.is_empty(),
        Relation::Gt => value.lo.signum() > 0 && !value.is_empty(),
        _ => false,
    }
}

/// A script of variables around a point, and atoms that hold there.
fn script(random: &mut Random, variables: u64) -> (String, Vec<Interval>) {
    let mut text = String::new();
    let mut point = Vec::new();
    for v in 0..variables {
        let at = random.sixteenth();
        let (below, above) = (random.below(40) as i64, random.below(40) as i64);
        text += &format!("(declare-const x{v} Real)(assert (<= (/ {} 16) x{v} (/ {} 16)))\n", at - below, at + above);
        point.push(Interval::integer(at).scale(-4));
    }
    for _ in 0..1 + random.below(3) {
        text += &format!("(assert (>= {} 0))\n", random.term(variables, 4));
    }
    (text + "(check-sat)\n", point)
}

/// The script's atoms moved so that they hold at the point, by a little or by nothing at all.
fn planted(random: &mut Random, problem: &mut Problem, point: &[Interval]) -> bool {
    let x = values(&problem.graph, point);
    let mut all = true;
    for formula in problem.assertions.clone() {
        let Formula::Atom(node, relation) = formula else { continue };
        if holds(relation, x[node]) {
            continue;
        }
        if !x[node].is_bounded() {
            all = false;
            continue;
        }
        // e − (a number just below its value)
        let slack = Num::power(-8 * random.below(7) as i32);
        let level = x[node].lo.sub(slack.mul(x[node].magnitude().max(Num::power(-40)), Round::Up), Round::Down);
        let level = Rational::of(level).expect("finite").neg();
        let moved = problem.graph.linear(&[(Rational::integer(1), node)], level);
        for assertion in &mut problem.assertions {
            if *assertion == Formula::Atom(node, relation) {
                *assertion = Formula::Atom(moved, Relation::Ge);
            }
        }
    }
    all
}

/// Every node that has a value at the point has it within the bounds.
fn contains(region: &Region, x: &[Interval], live: &[Node]) -> bool {
    live.iter().all(|&node| !x[node].is_bounded() || !x[node].meet(region.bounds[node]).is_empty())
}

#[test]
fn no_step_removes_a_solution() {
    let (mut examined, mut narrowed) = (0, 0);
    for seed in 1..6_000u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let variables = 1 + random.below(3);
        let (text, point) = script(&mut random, variables);
        let mut problem = problem(&text, 1).unwrap_or_else(|error| panic!("{error}: {text}"));
        if !planted(&mut random, &mut problem, &point) {
            continue;
        }
        let graph = problem.graph.clone();
        let order: Vec<Node> = (0..graph.len()).filter(|n| matches!(graph.op(*n), Op::Variable(_))).collect();
        let functions: Vec<Node> = (0..graph.len()).filter(|n| matches!(graph.op(*n), Op::Apply(..))).collect();
        let mut pairs = Vec::new();
        for (i, &first) in functions.iter().enumerate() {
            pairs.extend(functions[..i].iter().find_map(|&second| Pair::new(&mut problem.graph, first, second)));
        }
        let prepared = Prepared::new(&problem, &order, &pairs, &[]);
        let x = values(&problem.graph, &point);
        let mut region = prepared.root.clone().expect("the point satisfies it");
        examined += 1;
        for round in 0..6 {
            let before = region.bounds.clone();
            let step = ['h', 'r'][round % 2];
            let result = prepared.step(&problem.graph, step, &mut region);
            assert!(result.is_ok(), "seed {seed}: step {step} refutes a region with a solution\n{text}");
            assert!(
                contains(&region, &x, &prepared.space.live),
                "seed {seed}: step {step} cuts a solution off\n{text}"
            );
            let variables = &prepared.space.variables;
            narrowed += usize::from(variables.iter().any(|v| region.bounds[*v] != before[*v]));
            let v = variables[random.below(variables.len() as u64) as usize];
            let at = region.bounds[v].middle();
            let [below, above] = region.split(v, at);
            region = if at.at_least(x[v].hi) { below } else { above };
        }
    }
    assert!(examined > 2_000 && narrowed > 1_000, "{examined} examined, {narrowed} narrowed");
}
