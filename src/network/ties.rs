//! Ties that no precision can tell from near ties: where two logits are the same sum of the same values of tanh or σ, they
//! are equal, although no enclosure of those values ever says so.
//!
//! At a point every number of a network is a linear form over values of activations (*atoms*), with exact coefficients. Two
//! atoms are one when they apply the same activation to the same form; tanh is odd and `σ(−z) = 1 − σ(z)`, so the sign of
//! a form makes no difference. Forms whose atoms cancel compare exactly, and so do those in which all that is left has one
//! sign (a value of σ is positive, however far below all numbers of any precision it lies); nothing is said of others.

use super::{Activation, Network};
use deltasat::exact::{Ball, Constant, Rational};
use num_traits::Signed;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

/// `constant + Σ coefficient·atom` without zero coefficients; equal forms have equal representations.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Form {
    constant: Constant,
    terms: BTreeMap<usize, Constant>,
}

/// The logits of a network at a point as forms.
pub(super) struct Forms {
    logits: Vec<Form>,
    atoms: Atoms,
}

/// The atoms met so far.
#[derive(Default)]
struct Atoms {
    /// their numbers by what they are
    known: HashMap<(Activation, Form), usize>,
    /// whether each is surely positive
    positive: Vec<bool>,
}

impl Form {
    fn constant(constant: Constant) -> Form {
        Form { constant, terms: BTreeMap::new() }
    }

    fn add_scaled(&mut self, factor: &Constant, other: &Form) {
        self.constant = &self.constant + &(factor * &other.constant);
        for (&atom, coefficient) in &other.terms {
            let sum = self.terms.entry(atom).or_insert(Constant::ZERO);
            *sum = &*sum + &(factor * coefficient);
            if *sum == Constant::ZERO {
                self.terms.remove(&atom);
            }
        }
    }

    fn minus(&self, other: &Form) -> Form {
        let mut difference = self.clone();
        difference.add_scaled(&-&Constant::ONE, other);
        difference
    }

    /// The sign of the first coefficient, else of the constant.
    fn leads_negative(&self) -> bool {
        self.terms.values().next().unwrap_or(&self.constant).to_rational().is_negative()
    }

    /// The sign, where it shows.
    fn sign(&self, atoms: &Atoms) -> Option<Ordering> {
        let constant = self.constant.cmp(&Constant::ZERO);
        let mut terms = self.terms.iter();
        if constant == Ordering::Equal && self.terms.is_empty() {
            return Some(Ordering::Equal);
        }
        let sign =
            if constant == Ordering::Equal { self.terms.values().next()?.cmp(&Constant::ZERO) } else { constant };
        terms.all(|(&atom, c)| atoms.positive[atom] && c.cmp(&Constant::ZERO) == sign).then_some(sign)
    }
}

impl Forms {
    /// `None` when a magnitude leaves the range of [`Ball`].
    pub(super) fn new(network: &Network, point: &[Rational]) -> Option<Forms> {
        let mut atoms = Atoms::default();
        let mut values: Vec<(Form, Ball)> = point
            .iter()
            .map(|x| Some((Form::constant(Constant::from_rational(x.clone())), Ball::from_rational(x.clone())?)))
            .collect::<Option<_>>()?;
        let zero = (Form::constant(Constant::ZERO), Ball::from_integer(0));
        for (index, layer) in network.layers().iter().enumerate() {
            let neurons = network.wired(index).map(&values, &zero, |row, bias, below| {
                let (mut form, mut ball) = (Form::constant(Constant::from_f64(bias)?), Ball::from_f64(bias)?);
                for (&w, (h, enclosed)) in row.iter().zip(below).filter(|(w, _)| **w != 0.0) {
                    form.add_scaled(&Constant::from_f64(w)?, h);
                    ball = ball.add(&Ball::from_f64(w)?.mul(enclosed)?)?;
                }
                activate(layer.activation(), form, ball, &mut atoms)
            });
            values.extend(neurons.into_iter().collect::<Option<Vec<_>>>()?);
        }
        values.drain(..values.len() - network.logit_count());
        Some(Forms { logits: values.into_iter().map(|(form, _)| form).collect(), atoms })
    }

    /// How two logits compare, where the forms tell.
    pub(super) fn compare(&self, a: usize, b: usize) -> Option<Ordering> {
        self.logits[a].minus(&self.logits[b]).sign(&self.atoms)
    }

    /// The sign of a logit, where the form tells.
    pub(super) fn sign(&self, logit: usize) -> Option<Ordering> {
        self.logits[logit].sign(&self.atoms)
    }
}

fn activate(activation: Activation, mut form: Form, ball: Ball, atoms: &mut Atoms) -> Option<(Form, Ball)> {
    let zero = || Form::constant(Constant::ZERO);
    let argument = ball.signum();
    let (ball, known) = match activation {
        Activation::Linear => (ball, Some(form.clone())),
        Activation::Relu => {
            let known = match form.sign(atoms).or_else(|| ball.signum().map(|sign| sign.cmp(&0))) {
                Some(Ordering::Greater) => Some(form.clone()),
                Some(_) => Some(zero()),
                None => None,
            };
            (ball.relu(), known)
        }
        Activation::Tanh => (ball.tanh()?, (form == zero()).then(zero)),
        Activation::Sigmoid => (ball.sigmoid()?, None),
        Activation::LeakyRelu(slope) => {
            let known = match form.sign(atoms).or_else(|| ball.signum().map(|sign| sign.cmp(&0))) {
                Some(Ordering::Less) => {
                    let mut scaled = zero();
                    scaled.add_scaled(&Constant::from_f64(slope.get())?, &form);
                    Some(scaled)
                }
                Some(_) => Some(form.clone()),
                None => None,
            };
            (activation.exact(&ball)?, known)
        }
        Activation::Clip(least, greatest) => {
            let clipped = activation.exact(&ball)?;
            let inside = |end: f64, side: Ordering| {
                !end.is_finite() || Ball::from_f64(end).and_then(|end| ball.compare(&end)) == Some(side)
            };
            let known = match clipped.exact() {
                Some(number) => Some(Form::constant(Constant::from_rational(number))),
                None => (inside(least.get(), Ordering::Greater) && inside(greatest.get(), Ordering::Less))
                    .then(|| form.clone()),
            };
            (clipped, known)
        }
        Activation::Grid(_) => {
            let stored = activation.exact(&ball)?;
            let known = stored.exact().map(|number| Form::constant(Constant::from_rational(number)));
            (stored, known)
        }
    };
    if let Some(known) = known {
        return Some((known, ball));
    }
    // tanh(−z) = −tanh(z), σ(−z) = 1 − σ(z)
    let turned = match activation {
        Activation::Tanh => form.leads_negative(),
        // the smaller of σ(z) and 1 − σ(z), so that its sign is not lost in a difference
        Activation::Sigmoid => form != zero() && !form.leads_negative(),
        _ => false,
    };
    if turned {
        form = zero().minus(&form);
    }
    let fresh = atoms.positive.len();
    let atom = *atoms.known.entry((activation, form)).or_insert(fresh);
    if atom == fresh {
        atoms.positive.push(match activation {
            Activation::Sigmoid => true,
            Activation::Tanh => argument.is_some_and(|sign| if turned { sign < 0 } else { sign > 0 }),
            _ => false,
        });
    }
    let atom = Form { constant: Constant::ZERO, terms: BTreeMap::from([(atom, Constant::ONE)]) };
    let value = match (turned, activation) {
        (false, _) => atom,
        (true, Activation::Sigmoid) => Form::constant(Constant::ONE).minus(&atom),
        (true, _) => zero().minus(&atom),
    };
    Some((value, ball))
}
