//! The radius: the largest ε whose box is safe. Robustness is monotone in ε (a larger box holds the smaller one), so
//! doubling and bisection close in on it: below the lower end safety is proved, at the upper end a witness refutes it.

use super::witness::Witness;
use super::{Answer, Finding};
use deltasat::exact::Rational;
use deltasat::search::{Statistics, StopReason};
use num_traits::{One, Zero};

/// The largest and smallest power of two that is tried.
const EXPONENTS: std::ops::RangeInclusive<i32> = -40..=20;

/// Two sides of the largest safe ε.
#[derive(Clone, Debug)]
pub struct Radius {
    /// proved safe; zero where no positive ε was
    pub proved: Rational,
    /// refuted by the witness; `None` where nothing was
    pub refuted: Option<Rational>,
    /// the witness at `refuted`
    pub witness: Option<Witness>,
    /// the classes that the trained network may assign, for a question about one input
    pub assigned: Vec<usize>,
    /// whether the two ends are as close as asked for
    pub closed: bool,
    /// why the search ended: [`StopReason::Complete`] also at the least and the greatest ε that are tried
    pub stop: StopReason,
    /// all searches together
    pub statistics: Statistics,
}

/// Closes in on the largest ε for which `ask` answers [`Answer::Robust`], until `refuted − proved ≤ tolerance·refuted`.
/// `interrupted` is asked between the questions; `told` hears of every step.
pub fn radius(
    tolerance: &Rational,
    mut ask: impl FnMut(&Rational) -> Finding,
    mut interrupted: impl FnMut() -> Option<StopReason>,
    mut told: impl FnMut(&Radius),
) -> Radius {
    let mut radius = Radius {
        proved: Rational::zero(),
        refuted: None,
        witness: None,
        assigned: Vec::new(),
        closed: false,
        stop: StopReason::Complete,
        statistics: Statistics::default(),
    };
    let two = Rational::from_integer(2.into());
    let mut epsilon = Rational::one() / Rational::from_integer(64.into());
    let least = power_of_two(*EXPONENTS.start());
    let greatest = power_of_two(*EXPONENTS.end());
    loop {
        if let Some(reason) = interrupted() {
            radius.stop = reason;
            return radius;
        }
        let finding = ask(&epsilon);
        super::add(&mut radius.statistics, &finding.statistics);
        radius.assigned = finding.assigned;
        match finding.answer {
            Answer::Robust => radius.proved = epsilon.clone(),
            Answer::Violated => {
                radius.refuted = Some(epsilon.clone());
                radius.witness = finding.witness;
            }
            Answer::Bounds | Answer::Unknown | Answer::Timeout => {
                radius.stop =
                    if finding.stop == StopReason::Complete { StopReason::Unsplittable } else { finding.stop };
                return radius;
            }
        }
        told(&radius);
        epsilon = match &radius.refuted {
            None if epsilon >= greatest => return radius,
            None => &epsilon * &two,
            Some(_) if radius.proved.is_zero() && epsilon <= least => return radius,
            Some(refuted) if radius.proved.is_zero() => refuted / &two,
            Some(refuted) if refuted - &radius.proved <= tolerance * refuted => {
                radius.closed = true;
                return radius;
            }
            Some(refuted) => (refuted + &radius.proved) / &two,
        };
    }
}

fn power_of_two(exponent: i32) -> Rational {
    let magnitude = Rational::from_integer(num_bigint::BigInt::one() << exponent.unsigned_abs());
    if exponent < 0 { magnitude.recip() } else { magnitude }
}
