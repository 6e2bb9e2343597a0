//! SMT-LIB files: the witness of the search satisfies the file (read back by an evaluator of this test's own, in
//! rational arithmetic), and z3, where it is installed, gives the answer that the search gives.

mod networks;

use deltasat::budget::Budget;
use deltasat::exact::{Rational, rational};
use networks::{dyadic, exact, network, random, ratio, reference};
use num_traits::{One, Signed, Zero};
use quantproof::encode::question::Question;
use quantproof::encode::smtlib::{Encoding, Script, Status};
use quantproof::network::{Activation, Network, Output, Parameter};
use quantproof::perturbation::{Magnitude, Perturbation};
use quantproof::robustness::global::Global;
use quantproof::robustness::local::{Local, Scratch};
use quantproof::robustness::witness::Witness;
use quantproof::robustness::{ClassChoice, Finding, Settings};
use rand::Rng;
use std::collections::HashMap;
use std::io::Write;
use std::process::{Command, Stdio};

/// A parenthesised expression.
#[derive(Debug)]
enum Tree {
    Atom(String),
    List(Vec<Tree>),
}

fn parse(text: &str) -> Vec<Tree> {
    let mut stack = vec![Vec::new()];
    for line in text.lines() {
        let line = line.split(';').next().unwrap();
        for token in line.replace('(', " ( ").replace(')', " ) ").split_whitespace() {
            match token {
                "(" => stack.push(Vec::new()),
                ")" => {
                    let list = Tree::List(stack.pop().unwrap());
                    stack.last_mut().expect("balanced parentheses").push(list);
                }
                atom => stack.last_mut().unwrap().push(Tree::Atom(atom.to_owned())),
            }
        }
    }
    assert_eq!(stack.len(), 1, "balanced parentheses");
    stack.remove(0)
}

impl Tree {
    fn atom(&self) -> &str {
        match self {
            Tree::Atom(atom) => atom,
            Tree::List(_) => "",
        }
    }

    fn list(&self) -> &[Tree] {
        match self {
            Tree::List(list) => list,
            Tree::Atom(_) => &[],
        }
    }
}

type Values = HashMap<String, Rational>;

fn term(tree: &Tree, values: &Values) -> Rational {
    if let Tree::Atom(atom) = tree {
        if atom.starts_with(|c: char| c.is_ascii_digit()) {
            assert!(atom.contains('.'), "{atom} is no decimal");
            return rational::parse(atom).unwrap();
        }
        return values.get(atom).unwrap_or_else(|| panic!("{atom} is used before it is declared")).clone();
    }
    let list = tree.list();
    let x = || list[1..].iter().map(|t| term(t, values));
    match (list[0].atom(), list.len()) {
        ("+", 3..) => x().fold(Rational::zero(), |a, b| a + b),
        ("*", 3) => x().fold(Rational::one(), |a, b| a * b),
        ("-", 2) => -term(&list[1], values),
        ("-", 3) => term(&list[1], values) - term(&list[2], values),
        // only σ and confidences divide
        ("/", 3) if list[1].atom() == "1.0" && !list[2].list().is_empty() => term(&list[2], values).recip(),
        ("exp", 2) => reference::exponential(&term(&list[1], values)),
        ("ite", 4) if holds(&list[1], values) => term(&list[2], values),
        ("ite", 4) => term(&list[3], values),
        (other, n) => panic!("{other} with {} operands", n - 1),
    }
}

fn holds(tree: &Tree, values: &Values) -> bool {
    if let Tree::Atom(atom) = tree {
        return atom == "true";
    }
    let list = tree.list();
    let (a, b) = (|| term(&list[1], values), || term(&list[2], values));
    match list[0].atom() {
        "and" => list[1..].iter().all(|t| holds(t, values)),
        "or" => list[1..].iter().any(|t| holds(t, values)),
        "<=" => a() <= b(),
        ">=" => a() >= b(),
        "<" => a() < b(),
        ">" => a() > b(),
        other => panic!("no formula: {other}"),
    }
}

/// The first assertion that fails when the declared constants take the values that `value` gives.
fn violated(text: &str, value: impl Fn(&str) -> Rational) -> Option<String> {
    let mut values = Values::new();
    for command in parse(text) {
        let list = command.list();
        match list[0].atom() {
            "set-logic" | "set-info" | "check-sat" | "exit" => {}
            "declare-const" => {
                let name = list[1].atom();
                assert!(values.insert(name.to_owned(), value(name)).is_none(), "{name} is declared twice");
            }
            "define-fun" => {
                let (name, meaning) = (list[1].atom(), term(&list[4], &values));
                assert!(values.insert(name.to_owned(), meaning).is_none(), "{name} is defined twice");
            }
            "assert" if holds(&list[1], &values) => {}
            "assert" => return Some(format!("{:?}", list[1])),
            other => panic!("command {other}"),
        }
    }
    None
}

/// Whether a witness satisfies a file: inputs, parameters and perturbed pre-activations are its declared constants.
fn violated_by(witness: &Witness, merged: bool, text: &str) -> Option<String> {
    // pre-activations of the perturbed network, layer by layer
    let mut h = witness.input.clone();
    let mut z: Vec<Vec<Rational>> = Vec::new();
    for layer in witness.network.layers() {
        let row =
            |i: usize| layer.row(i).iter().zip(&h).fold(exact(layer.biases()[i]), |sum, (w, h)| sum + exact(*w) * h);
        let values: Vec<Rational> = (0..layer.outputs()).map(row).collect();
        h = values
            .iter()
            .map(|z| match layer.activation() {
                Activation::Relu if z.is_negative() => Rational::zero(),
                Activation::Sigmoid => (Rational::one() + reference::exponential(&-z)).recip(),
                _ => z.clone(),
            })
            .collect();
        z.push(values);
    }
    if merged && let Some([zero, one]) = z.last().map(Vec::as_slice) {
        let difference = one - zero;
        *z.last_mut().unwrap() = vec![difference];
    }
    violated(text, |name| {
        let parts: Vec<&str> = name.split('_').collect();
        let index = |k: usize| parts[k].parse::<usize>().unwrap();
        match parts[0] {
            "x" => witness.input[index(1)].clone(),
            "zp" => z[index(1)][index(2)].clone(),
            "w" => {
                exact(witness.network.layers()[index(1)].parameter(Parameter::Weight { row: index(2), col: index(3) }))
            }
            "b" => exact(witness.network.layers()[index(1)].parameter(Parameter::Bias { row: index(2) })),
            other => panic!("{other}"),
        }
    })
}

/// What z3 says in two seconds; `None` where it is not installed, or does not finish.
fn z3(text: &str) -> Option<String> {
    let mut command = Command::new("z3");
    command.args(["-in", "-T:2"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    child.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert!(!said.contains("error"), "z3 does not accept the file: {said}\n{text}");
    (said == "sat" || said == "unsat").then_some(said)
}

struct Case {
    network: Network,
    perturbation: Perturbation,
    domain: Vec<(Rational, Rational)>,
}

impl Case {
    /// Checks the file of questions, one of which is answered with yes exactly when `expected` is `Sat`. Returns whether
    /// z3 decided it.
    fn check(
        &self,
        questions: &[Question],
        threshold: &Rational,
        status: Status,
        witness: Option<&Witness>,
        what: &str,
    ) -> u32 {
        let merged = self.network.output() == Output::Softmax
            || questions.iter().all(|question| matches!(question, Question::Flip { .. }));
        let mut decided = 0;
        for encoding in [Encoding::Eliminated, Encoding::Literal] {
            let (network, perturbation, domain) = (&self.network, &self.perturbation, &self.domain[..]);
            let script = Script { network, perturbation, domain, questions, threshold, encoding, status: Some(status) };
            let text = script.write();
            let what = format!("{what} {encoding:?} {status:?}");
            match (status, witness) {
                (Status::Sat, Some(witness)) => {
                    let violated = violated_by(witness, merged, &text);
                    assert!(violated.is_none(), "{what}: the witness violates {violated:?} in\n{text}");
                }
                (Status::Unsat, Some(witness)) => {
                    let violated = violated_by(witness, merged, &text);
                    assert!(violated.is_some(), "{what}: satisfied by a point of smaller deviation\n{text}");
                }
                (_, None) => {}
            }
            assert_eq!(text.contains("(set-info :status sat)"), status == Status::Sat, "{what}");
            if text.contains("exp") || text.contains("tanh") {
                assert!(text.starts_with("(set-logic QF_NRA)\n"), "{what}");
                continue;
            }
            if encoding == Encoding::Eliminated {
                assert!(text.starts_with("(set-logic QF_LRA)\n"), "{what}\n{text}");
            }
            if let Some(said) = z3(&text) {
                let expected = if status == Status::Sat { "sat" } else { "unsat" };
                assert_eq!(said, expected, "{what}: z3 says {said} of\n{text}");
                decided += 1;
            }
        }
        decided
    }

    /// Checks the thresholds a little below and above the bounds of a deviation.
    fn check_deviation(&self, class: usize, finding: &Finding, what: &str) -> u32 {
        let question = [Question::Deviation { class, where_assigned: false }];
        let below = exact(finding.lower) * ratio(9, 10);
        let above = exact(finding.upper) * ratio(11, 10);
        let witness = finding.witness.as_ref().filter(|_| finding.lower > 0.0);
        let mut decided = 0;
        if let Some(witness) = witness {
            decided += self.check(&question, &below, Status::Sat, Some(witness), what);
        }
        decided + self.check(&question, &above, Status::Unsat, witness, what)
    }
}

fn case(test: &str, seed: u64, activations: &[Activation]) -> (Case, rand::rngs::SmallRng) {
    let mut r = random(test, seed);
    let activation = activations[r.random_range(0..activations.len())];
    let (output, logits) =
        [(Output::Softmax, 2), (Output::Softmax, 2), (Output::Softmax, 3), (Output::Sigmoid, 1), (Output::None, 2)]
            [r.random_range(0..5)];
    let mut widths = vec![r.random_range(1..=2)];
    widths.extend((0..r.random_range(1..=2)).map(|_| r.random_range(1..=3)).collect::<Vec<usize>>());
    widths.push(logits);
    let network = network(&mut r, &widths, activation, output, 12);
    let epsilon = [ratio(1, 100), ratio(1, 10), ratio(1, 3)][r.random_range(0..3)].clone();
    let magnitude = if r.random_bool(0.6) { Magnitude::Absolute(epsilon) } else { Magnitude::Relative(epsilon) };
    let perturbation = Perturbation::uniform(magnitude).unwrap();
    let domain = network.input().domain().unwrap().iter().map(|d| (d.lower().clone(), d.upper().clone())).collect();
    (Case { network, perturbation, domain }, r)
}

#[test]
fn local_files_mean_what_the_search_answers() {
    let (mut decided, mut files) = (0, 0);
    for seed in 0..16 {
        let (mut case, mut r) =
            case("local smtlib", seed, &[Activation::Relu, Activation::Linear, Activation::Sigmoid]);
        let mut input: Vec<Rational> = case.domain.iter().map(|_| exact(dyadic(&mut r, 4) / 2.0)).collect();
        if r.random_bool(0.2) {
            // a coordinate without a finite decimal
            input[0] = ratio(1, 3);
        }
        case.domain = input.iter().map(|x| (x.clone(), x.clone())).collect();
        let what = format!("seed {seed}: {:?} {:?} at {input:?}", case.network.layers(), case.perturbation);
        let settings = Settings { delta: 1e-5, ..Settings::default() };
        let local = Local::new(&case.network, &case.perturbation, settings);
        let mut scratch = Scratch::default();
        let finding = local.deviation(&input, ClassChoice::Assigned, None, &mut scratch, &mut ());
        let class = finding.assigned[0];
        decided += case.check_deviation(class, &finding, &what);
        files += 4;
        let change = local.class_change(&input, &mut scratch, &mut ());
        if change.upper.abs() < 1e-6 {
            continue;
        }
        let classes = case.network.classes().len();
        let flips: Vec<Question> = (0..classes)
            .filter(|&against| against != class)
            .map(|against| Question::Flip { class, against, guard: None })
            .collect();
        let status = if change.witness.is_some() { Status::Sat } else { Status::Unsat };
        decided += case.check(&flips, &Rational::zero(), status, change.witness.as_ref(), &what);
        files += 2;
    }

    // without z3 nothing is decided; with it, nearly all without exponentials
    assert!(decided == 0 || decided * 3 >= files, "z3 decided {decided} of {files}");
}

#[test]
fn global_files_mean_what_the_search_answers() {
    for seed in 0..16 {
        let (case, _) = case("global smtlib", seed, &[Activation::Relu, Activation::Linear, Activation::Sigmoid]);
        let what = format!("seed {seed}: {:?} {:?}", case.network.layers(), case.perturbation);
        let settings = Settings { budget: Budget::unlimited().with_boxes(3000), ..Settings::default() };
        let global = Global {
            network: &case.network,
            perturbation: &case.perturbation,
            domain: &case.domain,
            settings: settings.clone(),
        };
        let finding = global.deviation(ClassChoice::Index(1.min(case.network.classes().len() - 1)), None, &mut ());
        let class = finding.witness.as_ref().map_or(0, |witness| witness.class);
        case.check_deviation(class, &finding, &what);
        let guard = ratio(4, 5);
        let change = global.class_change(&guard, &mut ());
        if change.upper.abs() < 1e-6 || case.network.output() == Output::None {
            continue;
        }
        let classes = case.network.classes().len();
        let pairs = (0..classes).flat_map(|class| (0..classes).map(move |against| (class, against)));
        let flips: Vec<Question> = pairs
            .filter(|(class, against)| class != against)
            .map(|(class, against)| Question::Flip { class, against, guard: Some(guard.clone()) })
            .collect();
        match (&change.witness, change.upper < 0.0) {
            (Some(witness), _) => drop(case.check(&flips, &Rational::zero(), Status::Sat, Some(witness), &what)),
            (None, true) => drop(case.check(&flips, &Rational::zero(), Status::Unsat, None, &what)),
            _ => {}
        }
    }
}

#[test]
fn an_impossible_question_is_false_and_a_thin_one_is_rounded_towards_yes() {
    let (mut case, _) = case("edges", 1, &[Activation::Relu]);
    case.domain = case.domain.iter().map(|_| (ratio(1, 3), ratio(1, 3))).collect();
    let script = |threshold: &Rational, perturbation: &Perturbation| {
        let questions = [Question::Deviation { class: 0, where_assigned: false }];
        let (network, domain) = (&case.network, &case.domain[..]);
        let encoding = Encoding::Literal;
        Script { network, perturbation, domain, questions: &questions, threshold, encoding, status: None }.write()
    };
    let impossible = script(&Rational::one(), &case.perturbation);
    assert_eq!(impossible.contains("(assert false)"), case.network.output() != Output::None, "{impossible}");
    let third = Perturbation::uniform(Magnitude::Absolute(ratio(1, 3))).unwrap();
    let text = script(&ratio(1, 7), &third);
    for command in parse(&text).iter().filter(|command| command.list()[0].atom() == "assert") {
        // every bound of an input or parameter is on the outer side of the exact one
        let formula = command.list()[1].list();
        if formula[0].atom() != "<=" || !formula.iter().any(|t| t.atom().starts_with("x_")) {
            continue;
        }
        let none = Values::new();
        if formula[1].atom().starts_with("x_") {
            assert!(term(&formula[2], &none) > ratio(1, 3));
        } else {
            assert!(term(&formula[1], &none) < ratio(1, 3));
        }
    }
}
