//! The forward pass in exact arithmetic: what a network says at a rational point, in real-number semantics.
//!
//! Networks whose activations consist of straight pieces are evaluated without any rounding: the input is scaled by its
//! common denominator to integers, everything after that is dyadic (such a layer commutes with a positive scale as long as
//! the biases and the kinks are scaled too), and the scale is divided out of the logits. Other layers are evaluated in
//! certified high precision. This code knows nothing of the solver's search, so it can judge what the search found.

use super::ties::Forms;
use super::{Layer, Network, Output};
use deltasat::exact::{Ball, Dyadic, Rational};
use num_bigint::BigInt;
use num_traits::One;
use std::cmp::Ordering;

/// What a network says at a point: numbers enclosed so tightly that they may count as exact, or exact.
#[derive(Clone, Debug)]
pub struct ExactEvaluation {
    /// the logits
    pub logits: Vec<Ball>,
    /// the class with the greatest logit, the lowest index among equals; `None` where that cannot be told
    pub class: Option<usize>,
    /// the classes that may be it, in ascending order: that one alone, where it can be told
    pub classes: Vec<usize>,
}

/// The bits with which curves are evaluated, until the logits are told to the double.
const PRECISIONS: [u32; 3] = [192, 768, 3072];

/// What becomes of a number of a tensor.
type Round<'a> = &'a dyn Fn(usize, &Ball) -> Option<Ball>;

impl Network {
    /// Evaluates the network at a rational point of [`Input::count`](super::Input::count) coordinates; `None` when a
    /// magnitude leaves the range of [`Ball`] (about `2^±65536`).
    pub fn evaluate_exactly(&self, point: &[Rational]) -> Option<ExactEvaluation> {
        let piecewise = |layer: &Layer| layer.activation().is_piecewise_linear();
        if self.layers.iter().all(piecewise) {
            return Some(ExactEvaluation::new(self.output(), self.dyadic_logits(point)?, None));
        }
        let evaluation = ExactEvaluation::new(self.output(), self.sharp_logits(point)?, None);
        if evaluation.class.is_some() {
            return Some(evaluation);
        }
        Some(ExactEvaluation::new(self.output(), evaluation.logits, Forms::new(self, point).as_ref()))
    }

    /// The same for a network whose inputs and hidden outputs are replaced by what `round` makes of them: it is given the
    /// number of the tensor, 0 being the inputs and `k` the outputs of layer `k − 1`, and each of its numbers; what it cannot
    /// tell is `None`, and so is the evaluation.
    pub fn evaluate_exactly_with(
        &self,
        point: &[Rational],
        round: impl Fn(usize, &Ball) -> Option<Ball>,
    ) -> Option<ExactEvaluation> {
        Some(ExactEvaluation::new(self.output(), self.ball_logits(point, PRECISIONS[0], Some(&round))?, None))
    }

    fn dyadic_logits(&self, point: &[Rational]) -> Option<Vec<Ball>> {
        let mut scale = BigInt::one();
        for x in point {
            scale = num_integer::lcm(scale, x.denom().clone());
        }
        let mut h: Vec<Dyadic> = point.iter().map(|x| Dyadic::new(x.numer() * (&scale / x.denom()), 0)).collect();
        let factor = Dyadic::new(scale.clone(), 0);
        let unscaled = scale.is_one();
        for (index, layer) in self.layers.iter().enumerate() {
            let neurons = self.wired(index).map(&h, &Dyadic::ZERO, |row, bias, operands| {
                let bias = Dyadic::from_f64(bias)?;
                let mut sum = if unscaled { bias } else { &bias * &factor };
                for (&w, h) in row.iter().zip(operands) {
                    if w != 0.0 && !h.is_zero() {
                        sum.add_product(&Dyadic::from_f64(w)?, h);
                    }
                }
                layer.activation().scaled(sum, &factor)
            });
            h.extend(neurons.into_iter().collect::<Option<Vec<_>>>()?);
        }
        h.drain(..h.len() - self.logit_count());
        let scale = Rational::from_integer(scale);
        h.into_iter()
            .map(
                |logit| {
                    if unscaled { Ball::from_dyadic(logit) } else { Ball::from_rational(logit.to_rational() / &scale) }
                },
            )
            .collect()
    }

    /// The logits to the double, where one of the precisions gets there: terms that cancel take digits with them.
    fn sharp_logits(&self, point: &[Rational]) -> Option<Vec<Ball>> {
        let mut sharpest = None;
        for bits in PRECISIONS {
            let logits = self.ball_logits(point, bits, None)?;
            let is_sharp = |logit: &Ball| logit.floor_f64().next_up() >= logit.ceil_f64();
            let done = logits.iter().all(is_sharp);
            sharpest = Some(logits);
            if done {
                break;
            }
        }
        sharpest
    }

    fn ball_logits(&self, point: &[Rational], bits: u32, round: Option<Round<'_>>) -> Option<Vec<Ball>> {
        let start = |x: &Rational| Some(Ball::from_rational(x.clone())?.with_precision(bits));
        let mut h: Vec<Ball> = point.iter().map(start).collect::<Option<_>>()?;
        let zero = Ball::from_integer(0).with_precision(bits);
        for (tensor, layer) in self.layers.iter().enumerate() {
            if let Some(round) = round {
                for x in &mut h[self.tensor(tensor)] {
                    *x = round(tensor, x)?;
                }
            }
            let neurons = self.wired(tensor).map(&h, &zero, |row, bias, operands| {
                let mut sum = Ball::from_f64(bias)?;
                for (&w, h) in row.iter().zip(operands).filter(|(w, _)| **w != 0.0) {
                    sum = sum.add(&Ball::from_f64(w)?.mul(h)?)?;
                }
                layer.activation().exact(&sum)
            });
            h.extend(neurons.into_iter().collect::<Option<Vec<_>>>()?);
        }
        h.drain(..h.len() - self.logit_count());
        Some(h)
    }
}

impl ExactEvaluation {
    /// Which classes logits may assign; ties that enclosures cannot decide are left to forms, where there are any.
    fn new(output: Output, logits: Vec<Ball>, forms: Option<&Forms>) -> Self {
        let compare = |a: usize, b: usize| logits[a].compare(&logits[b]).or_else(|| forms?.compare(a, b));
        let classes = if output == Output::Sigmoid {
            let sign = logits[0].signum().map(|sign| sign.cmp(&0)).or_else(|| forms?.sign(0));
            sign.map_or(vec![0, 1], |sign| vec![usize::from(sign.is_gt())])
        } else {
            let beats = |a: usize, b: usize| match compare(a, b) {
                Some(Ordering::Greater) => true,
                Some(Ordering::Equal) => a < b,
                Some(Ordering::Less) | None => false,
            };
            let all = 0..logits.len();
            all.clone().filter(|&b| !all.clone().any(|a| a != b && beats(a, b))).collect()
        };
        let class = if let [class] = classes[..] { Some(class) } else { None };
        ExactEvaluation { logits, class, classes }
    }
}

impl Output {
    /// The largest double surely not above the largest `logit_k − logit_class`, k another class; `−∞` where there is none,
    /// `None` without such a class.
    pub fn exact_gap(self, logits: &[Ball], class: usize) -> Option<f64> {
        match self {
            // the other class has the logit 0
            Output::Sigmoid if class == 1 => Some(logits.first()?.neg().floor_f64()),
            Output::Sigmoid => Some(logits.first()?.floor_f64()),
            Output::None | Output::Softmax => {
                let own = logits.get(class)?;
                let others = logits.iter().enumerate().filter(|&(k, _)| k != class);
                let gaps = others.filter_map(|(_, logit)| Some(logit.sub(own)?.floor_f64()));
                Some(gaps.fold(f64::NEG_INFINITY, f64::max))
            }
        }
    }

    /// The confidence of a class from exact logits; for [`Output::None`] the output itself. `None` out of range.
    pub fn exact_confidence(self, logits: &[Ball], class: usize) -> Option<Ball> {
        match self {
            Output::None => logits.get(class).cloned(),
            Output::Sigmoid if class == 1 => logits.first()?.sigmoid(),
            Output::Sigmoid => logits.first()?.neg().sigmoid(),
            // 1/(1 + Σ e^{l_k − l_class}); with two classes that is a σ
            Output::Softmax if logits.len() == 2 => logits[class].sub(&logits[1 - class])?.sigmoid(),
            // e^{l_class − m} / Σ e^{l_k − m} for some logit m above which no other lies far, so that no exponent does
            Output::Softmax => {
                let greatest =
                    |best: usize, k: usize| if logits[k].floor_f64() > logits[best].floor_f64() { k } else { best };
                let most = &logits[(1..logits.len()).fold(0, greatest)];
                let powers = logits.iter().map(|logit| logit.sub(most)?.exp()).collect::<Option<Vec<_>>>()?;
                let sum = powers.iter().try_fold(Ball::from_integer(0), |sum, power| sum.add(power))?;
                powers[class].div(&sum)
            }
        }
    }
}
