//! The forward pass in interval arithmetic: certified like the exact one and some ten times as fast.
//!
//! Every interval holds the real number it stands for, so a class that the intervals tell apart is the class, and the
//! lower end of an enclosed deviation is attained. Where they cannot tell, the caller asks the exact evaluation.

use super::{Network, Output};
use deltasat::interval::{self, Interval, kernel, point};

impl Network {
    /// Encloses the logits at every point of a box of [`Input::count`](super::Input::count) intervals.
    pub(crate) fn enclose_logits(&self, at: &[Interval]) -> Vec<Interval> {
        self.enclose_through(at, |_, _| {})
    }

    /// Bounds of the inputs and of the outputs of every layer but the last over a box of inputs, one interval each: what
    /// activations range over at most.
    pub fn activation_bounds(&self, at: &[Interval]) -> Vec<(f64, f64)> {
        let mut ranges = Vec::new();
        self.enclose_through(at, |_, h| {
            let hull = h.iter().fold(Interval::EMPTY, |hull, &h| hull.convex_hull(h));
            ranges.push((hull.inf(), hull.sup()));
        });
        ranges
    }

    /// Encloses the logits; `told` hears of the inputs and of what each layer but the last gives.
    fn enclose_through(&self, at: &[Interval], mut told: impl FnMut(usize, &[Interval])) -> Vec<Interval> {
        let mut values = at.to_vec();
        for index in 0..self.layers().len() {
            told(index, &values[self.tensor(index)]);
            let h = self.enclose_layer(index, &values).1;
            values.extend(h);
        }
        values.split_off(values.len() - self.logit_count())
    }

    /// Encloses the pre-activations and the values of a layer from those of all values before it.
    pub(crate) fn enclose_layer(&self, index: usize, values: &[Interval]) -> (Vec<Interval>, Vec<Interval>) {
        let (lo, hi): (Vec<f64>, Vec<f64>) = values.iter().map(|h| (h.inf(), h.sup())).unzip();
        let (layer, wired) = (&self.layers()[index], self.wired(index));
        let (lo, hi) = (wired.patches(&lo, &0.0), wired.patches(&hi, &0.0));
        let sum = |i: usize| {
            let (row, patch) = layer.neuron(i);
            kernel::dot(layer.row(row), &lo[patch], &hi[patch], 0) + point(layer.biases()[row])
        };
        let sums: Vec<Interval> = (0..layer.outputs()).map(sum).collect();
        let values = sums.iter().map(|&z| layer.activation().enclose(z)).collect();
        (sums, values)
    }
}

impl Output {
    /// The class that all logits in the intervals assign; `None` where they differ or nearly so.
    pub(crate) fn enclosed_class(self, logits: &[Interval]) -> Option<usize> {
        if self == Output::Sigmoid {
            let logit = logits.first()?;
            return if logit.inf() > 0.0 { Some(1) } else { (logit.sup() < 0.0).then_some(0) };
        }
        (0..logits.len()).find(|&j| (0..logits.len()).all(|k| k == j || logits[j].inf() > logits[k].sup()))
    }

    /// Encloses `|c' − c|` for the confidence of a class in two networks, from enclosures of their logits.
    pub(crate) fn enclose_deviation(self, nominal: &[Interval], perturbed: &[Interval], class: usize) -> Interval {
        match self {
            Output::None => (perturbed[class] - nominal[class]).abs(),
            Output::Sigmoid => sigmoid_deviation(nominal[0], perturbed[0]),
            Output::Softmax if nominal.len() == 2 => {
                let margin = |logits: &[Interval]| logits[class] - logits[1 - class];
                sigmoid_deviation(margin(nominal), margin(perturbed))
            }
            Output::Softmax => {
                let confidence = |logits: &[Interval]| {
                    let others = logits.iter().enumerate().filter(|&(k, _)| k != class);
                    others.fold(point(1.0), |sum, (_, &l)| sum + interval::exp(l - logits[class])).recip()
                };
                (confidence(perturbed) - confidence(nominal)).abs()
            }
        }
    }
}

/// `|σ(m') − σ(m)|`. It is the same for `−m` and `−m'`; σ is relatively accurate where it is small.
fn sigmoid_deviation(nominal: Interval, perturbed: Interval) -> Interval {
    let sigma = |m: Interval| interval::sigmoid(if nominal.inf() > 0.0 { -m } else { m });
    (sigma(perturbed) - sigma(nominal)).abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use deltasat::exact::{Rational, rational};
    use deltasat::interval::decimal;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    /// The enclosures hold what the exact evaluation says, and are narrow, on trained networks of every kind of layer
    /// and output, at random decimals.
    #[test]
    fn encloses_the_exact_evaluation() {
        let mut rng = SmallRng::seed_from_u64(21);
        for name in ["moons_relu_2-8-2", "circles_linear_2-4-2", "iris_relu_4-8-3"] {
            let network = Network::load(format!("{}/models/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
            let moved = network.with_parameters(|_, _, v| v + rng.random_range(-0.1..0.1)).unwrap();
            for _ in 0..200 {
                let input: Vec<Rational> = (0..network.input().count())
                    .map(|_| rational::parse(&format!("{:.4}", rng.random_range(-1.0..1.0))).unwrap())
                    .collect();
                let at: Vec<Interval> = input.iter().map(decimal::enclose).collect();
                let (nominal, perturbed) = (network.enclose_logits(&at), moved.enclose_logits(&at));
                let (exact, exact_moved) =
                    (network.evaluate_exactly(&input).unwrap(), moved.evaluate_exactly(&input).unwrap());
                for (enclosed, exact) in nominal.iter().zip(&exact.logits) {
                    assert!(enclosed.inf() <= exact.ceil_f64() && exact.floor_f64() <= enclosed.sup());
                    assert!(enclosed.wid() < 1e-12);
                }
                let output = network.output();
                if let Some(class) = output.enclosed_class(&nominal) {
                    assert_eq!(Some(class), exact.class);
                }
                for class in 0..network.classes().len() {
                    let deviation = output.enclose_deviation(&nominal, &perturbed, class);
                    let [before, after] =
                        [&exact, &exact_moved].map(|e| output.exact_confidence(&e.logits, class).unwrap());
                    let exact = after.sub(&before).unwrap().abs();
                    assert!(deviation.inf() <= exact.ceil_f64() && exact.floor_f64() <= deviation.sup(), "{name}");
                    assert!(deviation.wid() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn tells_no_class_apart_at_a_tie() {
        let tie = [point(1.0), point(1.0)];
        assert_eq!(Output::Softmax.enclosed_class(&tie), None);
        assert_eq!(Output::Sigmoid.enclosed_class(&[point(0.0)]), None);
        assert_eq!(Output::Sigmoid.enclosed_class(&[point(-1.0)]), Some(0));
        assert_eq!(Output::Softmax.enclosed_class(&[point(1.0), point(2.0), point(0.0)]), Some(1));
    }
}
