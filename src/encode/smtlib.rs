//! Questions with a threshold as SMT-LIB 2 text, for other solvers: the file is satisfiable exactly when some parameters
//! in the box (and some input of the domain) exceed the threshold, or change the class, up to the rounding named below.
//!
//! Two things decide who can read it:
//! * *At a fixed input* the trained network is a constant, so `|c' − c| > τ` says that the perturbed logit lies above
//!   `logit(c + τ)` or below `logit(c − τ)`, and no exponential is needed for two classes. With ReLU and linear layers the
//!   eliminated encoding is then in `QF_LRA`, and the literal one in `QF_NRA` with products only: z3, cvc5, dReal and
//!   `deltasat` read both. The same holds for changes of class, guarded or not, over a domain too.
//! * A deviation *over a domain*, a softmax of more than two classes, and layers with tanh or σ need `exp` (or `tanh`):
//!   dReal and `deltasat` read that. They take transcendental functions in `QF_NRA`, dReal knows no other name for it;
//!   cvc5 wants `QF_NRAT` there, and z3 has no `exp`.
//!
//! Numbers are exact wherever a decimal terminates. All else (logits of confidences, an ε of 1/3) is rounded towards the
//! harder question: the formula is satisfiable at least whenever the question's answer is yes, so `unsat` proves.

mod copies;
mod text;

use super::question::Question;
use crate::network::{Activation, Network, Output};
use crate::perturbation::Perturbation;
use copies::{Copies, Outputs, confidence, inputs, odds};
use deltasat::exact::{Ball, Rational, rational};
use num_traits::{One, Signed};
use text::{Text, Towards, nary, numeral};

/// How the parameters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// one variable per neuron, see [`eliminated`](super::eliminated)
    #[default]
    Eliminated,
    /// one variable per parameter, see [`literal`](super::literal)
    Literal,
}

/// The answer that a file expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// a counterexample exists
    Sat,
    /// robust
    Unsat,
}

/// A file to be written.
#[derive(Clone, Debug)]
pub struct Script<'a> {
    /// the trained network
    pub network: &'a Network,
    /// what moves
    pub perturbation: &'a Perturbation,
    /// `[lower, upper]` of each input; two equal ends fix it
    pub domain: &'a [(Rational, Rational)],
    /// satisfiable when one of them is answered with yes: a deviation above the threshold, or a change of class
    pub questions: &'a [Question],
    /// τ of the deviations
    pub threshold: &'a Rational,
    /// how the parameters are written
    pub encoding: Encoding,
    /// the answer, where it is known
    pub status: Option<Status>,
}

impl Script<'_> {
    /// The text of the file.
    pub fn write(&self) -> String {
        let mut text = Text::default();
        let copies = self.copies(&mut text);
        let nominal = self.questions.iter().any(|q| self.needs_nominal(q, &copies)).then(|| copies.nominal(&mut text));
        let perturbed = copies.perturbed(&mut text);
        text.comment("question");
        let mut writer = Writer { script: self, nominal, perturbed, text, fixed: copies.fixed };
        let cases: Vec<String> = self.questions.iter().flat_map(|question| writer.cases(question)).collect();
        let text = &mut writer.text;
        text.assert(&if cases.is_empty() { "false".to_owned() } else { nary("or", cases) });
        let logic = if text.nonlinear { "QF_NRA" } else { "QF_LRA" };
        let status = match self.status {
            None => "",
            Some(Status::Sat) => "(set-info :status sat)\n",
            Some(Status::Unsat) => "(set-info :status unsat)\n",
        };
        format!("(set-logic {logic})\n{status}{}(check-sat)\n(exit)\n", text.commands)
    }

    fn copies(&self, text: &mut Text) -> Copies<'_> {
        let layers = self.network.layers();
        let merged = self.network.logit_count() == 2
            && layers[layers.len() - 1].activation() == Activation::Linear
            && (self.network.output() == Output::Softmax
                || self.questions.iter().all(|question| matches!(question, Question::Flip { .. })));
        text.comment(&format!("network {}, {} parameters", self.network.name(), self.network.parameter_count()));
        let fixed = self.domain.iter().all(|(lower, upper)| lower == upper);
        Copies {
            network: self.network,
            perturbation: self.perturbation,
            encoding: self.encoding,
            inputs: inputs(text, self.network, self.domain),
            nonnegative: self.domain.iter().map(|(lower, _)| !lower.is_negative()).collect(),
            fixed: fixed.then(|| self.domain.iter().map(|(x, _)| x.clone()).collect()),
            merged,
        }
    }

    /// Whether a question is about more of the trained network than its confidence at a fixed input.
    fn needs_nominal(&self, question: &Question, copies: &Copies<'_>) -> bool {
        match question {
            Question::Deviation { where_assigned, class } => {
                *where_assigned && self.network.logit_count() > 2
                    || copies.fixed.as_ref().is_none_or(|x| self.known(x, *class).is_none())
            }
            Question::Flip { guard, .. } => guard.is_some(),
        }
    }

    /// The confidence of a class at an input, where a threshold beside it can be stated: `None` also where it is so close to
    /// 0 or 1 that its enclosure reaches them.
    fn known(&self, input: &[Rational], class: usize) -> Option<Ball> {
        let output = self.network.output();
        let confidence = output.exact_confidence(&self.network.evaluate_exactly(input)?.logits, class)?;
        let stated =
            output == Output::None || (confidence.lower().is_positive() && confidence.upper() < Rational::one());
        stated.then_some(confidence)
    }
}

struct Writer<'a> {
    script: &'a Script<'a>,
    nominal: Option<Outputs>,
    perturbed: Outputs,
    text: Text,
    fixed: Option<Vec<Rational>>,
}

impl Writer<'_> {
    /// The ways to answer a question with yes.
    fn cases(&mut self, question: &Question) -> Vec<String> {
        match question {
            Question::Deviation { class, where_assigned } => {
                let cases = self.deviation(*class);
                let assigned = if *where_assigned { self.assigned(*class) } else { Vec::new() };
                if assigned.len() < 2 || cases.is_empty() {
                    return cases;
                }
                vec![nary("and", [assigned, vec![nary("or", cases)]].concat())]
            }
            Question::Flip { class, against, guard } => self.flip(*class, *against, guard.as_ref()),
        }
    }

    fn deviation(&mut self, class: usize) -> Vec<String> {
        let output = self.script.network.output();
        let nominal = self.fixed.as_ref().and_then(|x| self.script.known(x, class));
        match (nominal, &self.nominal) {
            (Some(nominal), _) => self.local_deviation(class, &nominal),
            (None, Some(trained)) if output == Output::None => {
                let (p, n) = (self.perturbed.logit(class), trained.logit(class));
                self.apart(p, n)
            }
            (None, Some(trained)) => {
                let (n, p) = (confidence(&trained.margins(class)), confidence(&self.perturbed.margins(class)));
                self.text.nonlinear = true;
                let n = self.text.define(format!("c_{class}"), &n);
                let p = self.text.define(format!("cp_{class}"), &p);
                self.apart(&p, &n)
            }
            // the copy is written whenever the confidence is not known
            (None, None) => Vec::new(),
        }
    }

    /// `|p − n| > τ`
    fn apart(&self, p: &str, n: &str) -> Vec<String> {
        let threshold = numeral(self.script.threshold, Towards::Below);
        vec![format!("(> (- {p} {n}) {threshold})"), format!("(> (- {n} {p}) {threshold})")]
    }

    /// `c' > c + τ` and `c' < c − τ` for a known `c`, which need not be a rational: each is written with the end of its
    /// enclosure that admits more.
    fn local_deviation(&mut self, class: usize, nominal: &Ball) -> Vec<String> {
        let above = nominal.lower() + self.script.threshold;
        let below = nominal.upper() - self.script.threshold;
        if self.script.network.output() == Output::None {
            let logit = self.perturbed.logit(class);
            return vec![
                format!("(> {logit} {})", numeral(&above, Towards::Below)),
                format!("(< {logit} {})", numeral(&below, Towards::Above)),
            ];
        }
        let margins = self.perturbed.margins(class);
        let mut cases = Vec::new();
        // a confidence lies strictly between 0 and 1
        if above < Rational::one() {
            cases.push(greater(&margins, true, &above));
        }
        if below.is_positive() {
            cases.push(less(&margins, &below));
        }
        self.text.nonlinear |= margins.len() > 1;
        cases
    }

    /// The change of class, where the trained network assigns it surely enough. Ties go to the lower index.
    fn flip(&mut self, class: usize, against: usize, guard: Option<&Rational>) -> Vec<String> {
        let margins = self.perturbed.margins(class);
        let position = if margins.len() == 1 { 0 } else { against - usize::from(against > class) };
        let relation = if class < against { "<" } else { "<=" };
        let changed = format!("({relation} {} 0.0)", margins[position]);
        let Some(guard) = guard else { return vec![changed] };
        let mut all = self.assigned(class);
        if self.script.network.output() != Output::None && guard.is_positive() {
            if *guard >= Rational::one() {
                return Vec::new();
            }
            let margins = self.nominal.as_ref().map_or_else(Vec::new, |trained| trained.margins(class));
            all.push(greater(&margins, false, guard));
            self.text.nonlinear |= margins.len() > 1;
        }
        all.push(changed);
        vec![nary("and", all)]
    }

    /// Where the trained network assigns the class: of equals the first is assigned.
    fn assigned(&self, class: usize) -> Vec<String> {
        let margins = self.nominal.as_ref().map_or_else(Vec::new, |trained| trained.margins(class));
        let relation = |other: usize| if other < class { ">" } else { ">=" };
        margins.iter().enumerate().map(|(other, margin)| format!("({} {margin} 0.0)", relation(other))).collect()
    }
}

/// That the confidence of margins is greater than `0 < p < 1` (or equal, when not `strictly`), rounded so as to hold more often.
fn greater(margins: &[String], strictly: bool, p: &Rational) -> String {
    let (above, below) = if strictly { (">", "<") } else { (">=", "<=") };
    if let [margin] = margins {
        let logit = rational::from_f64(logit(p).map_or(-f64::MAX, |logit| logit.floor_f64())).unwrap_or_default();
        return format!("({above} {margin} {})", numeral(&logit, Towards::Below));
    }
    format!("({below} {} {})", odds(margins), numeral(&odds_of(p), Towards::Above))
}

/// That the confidence of margins is less than `0 < p < 1`, rounded so as to hold more often.
fn less(margins: &[String], p: &Rational) -> String {
    if let [margin] = margins {
        let logit = rational::from_f64(logit(p).map_or(f64::MAX, |logit| logit.ceil_f64())).unwrap_or_default();
        return format!("(< {margin} {})", numeral(&logit, Towards::Above));
    }
    format!("(> {} {})", odds(margins), numeral(&odds_of(p), Towards::Below))
}

/// `ln(p/(1 − p))`; `None` unless `0 < p < 1`, or out of the range of exact arithmetic.
fn logit(p: &Rational) -> Option<Ball> {
    if !p.is_positive() || *p >= Rational::one() {
        return None;
    }
    Ball::from_rational(odds_of(p))?.ln().map(|odds| odds.neg())
}

/// `(1 − p)/p` of `p ≠ 0`
fn odds_of(p: &Rational) -> Rational {
    (Rational::one() - p) / p
}
