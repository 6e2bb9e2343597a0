//! The numbers of a row: exact, and shared with other rows where they are the doubles of one array.
//!
//! A layer's weights are one array of doubles; the rows of every copy of the layer are views of it, so that neither the
//! graph nor the tape holds them again. What moves them is often one number for a whole row. Only what is neither
//! is a list of exact constants.

use crate::exact::Constant;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

/// An array of doubles that rows share.
pub type Doubles = Arc<Vec<f64>>;

/// A row of exact numbers, with zeros on both sides of those that it holds.
#[derive(Clone)]
pub struct Coefficients {
    before: usize,
    numbers: Numbers,
    after: usize,
}

/// The numbers between the zeros.
#[derive(Clone)]
pub(crate) enum Numbers {
    /// neighbours in an array; all finite
    Doubles {
        /// the array
        of: Doubles,
        /// their positions in it
        at: Range<usize>,
    },
    /// one number, so many times
    Same(Constant, usize),
    /// any
    Exact(Arc<[Constant]>),
}

impl Coefficients {
    /// Neighbours in an array of finite doubles.
    ///
    /// # Panics
    /// When the range leaves the array.
    pub fn doubles(of: &Doubles, at: Range<usize>) -> Self {
        assert!(at.end <= of.len(), "a row up to {}, expected at most {} numbers", at.end, of.len());
        debug_assert!(of[at.clone()].iter().all(|x| x.is_finite()), "a coefficient is not finite");
        Numbers::Doubles { of: of.clone(), at }.into()
    }

    /// One number, so many times.
    pub fn same(number: Constant, count: usize) -> Self {
        Numbers::Same(number, count).into()
    }

    /// The same row between zeros.
    #[must_use]
    pub fn padded(mut self, before: usize, after: usize) -> Self {
        self.before += before;
        self.after += after;
        self
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.before + self.numbers.len() + self.after
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The one at a position.
    ///
    /// # Panics
    /// When there is none, as indexing does.
    pub fn get(&self, position: usize) -> Constant {
        let range = self.range();
        if range.contains(&position) {
            return self.numbers.get(position - range.start);
        }
        assert!(position < self.len(), "coefficient {position} of {}", self.len());
        Constant::ZERO
    }

    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Constant> + ExactSizeIterator + Clone + '_ {
        (0..self.len()).map(|position| self.get(position))
    }

    /// `self + factor·other`, number by number.
    ///
    /// # Panics
    /// When there are not as many of both.
    #[must_use]
    pub fn plus(&self, factor: &Constant, other: &Coefficients) -> Coefficients {
        assert_eq!(self.len(), other.len(), "rows of different lengths");
        if let (Numbers::Same(a, count), Numbers::Same(b, _)) = (&self.numbers, &other.numbers)
            && self.range() == other.range()
        {
            return Coefficients { numbers: Numbers::Same(a + &(factor * b), *count), ..*self };
        }
        let sum = |(a, b): (Constant, Constant)| if b.is_zero() { a } else { &a + &(factor * &b) };
        self.iter().zip(other.iter()).map(sum).collect()
    }

    /// Those of this row, then those of another.
    #[must_use]
    pub fn then(&self, other: &Coefficients) -> Coefficients {
        self.iter().chain(other.iter()).collect()
    }

    /// Whether most of them are zero.
    pub(crate) fn are_sparse(&self) -> bool {
        let zeros = match &self.numbers {
            Numbers::Doubles { of, at } => of[at.clone()].iter().filter(|&&x| x == 0.0).count(),
            Numbers::Same(number, count) => {
                if number.is_zero() {
                    *count
                } else {
                    0
                }
            }
            Numbers::Exact(numbers) => numbers.iter().filter(|number| number.is_zero()).count(),
        };
        2 * (zeros + self.before + self.after) > self.len()
    }

    /// Whether all are zero.
    pub fn are_zero(&self) -> bool {
        match &self.numbers {
            Numbers::Doubles { of, at } => of[at.clone()].iter().all(|&x| x == 0.0),
            Numbers::Same(number, count) => *count == 0 || number.is_zero(),
            Numbers::Exact(numbers) => numbers.iter().all(Constant::is_zero),
        }
    }

    /// Whether each is a double, or has a double near it, relatively.
    pub(crate) fn are_fine(&self) -> bool {
        match &self.numbers {
            Numbers::Doubles { .. } => true,
            Numbers::Same(number, _) => !number.is_coarse(),
            Numbers::Exact(numbers) => !numbers.iter().any(Constant::is_coarse),
        }
    }

    /// The positions of the numbers between the zeros.
    pub(crate) fn range(&self) -> Range<usize> {
        self.before..self.before + self.numbers.len()
    }

    /// The numbers between the zeros.
    pub(crate) fn numbers(&self) -> &Numbers {
        &self.numbers
    }
}

impl Numbers {
    pub(crate) fn len(&self) -> usize {
        match self {
            Numbers::Doubles { at, .. } => at.len(),
            Numbers::Same(_, count) => *count,
            Numbers::Exact(numbers) => numbers.len(),
        }
    }

    fn get(&self, position: usize) -> Constant {
        match self {
            Numbers::Doubles { of, at } => {
                Constant::from_f64(of[at.clone()][position]).expect("coefficients are finite")
            }
            Numbers::Same(number, _) => number.clone(),
            Numbers::Exact(numbers) => numbers[position].clone(),
        }
    }
}

impl From<Numbers> for Coefficients {
    fn from(numbers: Numbers) -> Self {
        Coefficients { before: 0, numbers, after: 0 }
    }
}

impl FromIterator<Constant> for Coefficients {
    fn from_iter<I: IntoIterator<Item = Constant>>(numbers: I) -> Self {
        let numbers: Vec<Constant> = numbers.into_iter().collect();
        let doubles: Option<Vec<f64>> = numbers.iter().map(Constant::as_f64_exact).collect();
        match doubles {
            Some(doubles) => Numbers::Doubles { at: 0..doubles.len(), of: Arc::new(doubles) }.into(),
            None => Numbers::Exact(numbers.into()).into(),
        }
    }
}

impl PartialEq for Coefficients {
    /// Whether they are the same numbers, however they are held.
    fn eq(&self, other: &Self) -> bool {
        if self.len() != other.len() {
            return false;
        }
        if self.range() == other.range() {
            match (&self.numbers, &other.numbers) {
                (Numbers::Doubles { of: a, at }, Numbers::Doubles { of: b, at: bt }) => {
                    return Arc::ptr_eq(a, b) && at == bt || a[at.clone()] == b[bt.clone()];
                }
                (Numbers::Same(a, count), Numbers::Same(b, _)) => return *count == 0 || a == b,
                _ => {}
            }
        }
        self.iter().eq(other.iter())
    }
}

impl Eq for Coefficients {}

impl Hash for Coefficients {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // long rows are hashed often enough to matter: a multiplication a number; zeros count for nothing, so that it does
        // not matter how they are held
        let mut sum = 0u64;
        let mut add = |position: usize, nearest: f64| {
            if nearest != 0.0 {
                let mixed = nearest.to_bits() ^ (position as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                sum = sum.wrapping_add(mixed.wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_left(29) ^ mixed);
            }
        };
        let positions = self.range();
        match &self.numbers {
            Numbers::Doubles { of, at } => positions.zip(&of[at.clone()]).for_each(|(j, &x)| add(j, x)),
            Numbers::Same(number, _) => {
                let nearest = number.nearest();
                positions.for_each(|j| add(j, nearest));
            }
            Numbers::Exact(numbers) => positions.zip(numbers.iter()).for_each(|(j, x)| add(j, x.nearest())),
        }
        (self.len(), sum).hash(state);
    }
}

impl fmt::Debug for Coefficients {
    /// All numbers, whether shared or not.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Rational;
    use std::hash::{BuildHasher, RandomState};

    /// The same numbers are equal and have one hash, whatever holds them; other numbers, lengths and places are not equal.
    #[test]
    fn equality_is_that_of_the_numbers() {
        let array: Doubles = Arc::new(vec![7.0, 0.0, 0.5, 0.5, 0.0, 0.0]);
        let half = Constant::from_f64(0.5).unwrap();
        let rows = [
            Coefficients::doubles(&array, 1..6),
            Coefficients::doubles(&array, 2..4).padded(1, 2),
            Coefficients::same(half.clone(), 2).padded(1, 2),
            [0.0, 0.5, 0.5, 0.0, 0.0].map(|x| Constant::from_f64(x).unwrap()).into_iter().collect(),
        ];
        let state = RandomState::new();
        for row in &rows {
            assert_eq!(row, &rows[0]);
            assert_eq!(state.hash_one(row), state.hash_one(&rows[0]));
            assert_eq!((row.len(), row.get(0), row.get(2)), (5, Constant::ZERO, half.clone()));
        }
        let third = Constant::from_rational(Rational::new(1.into(), 3.into()));
        let others = [
            Coefficients::same(half.clone(), 2).padded(2, 1),
            Coefficients::same(half.clone(), 2).padded(1, 1),
            Coefficients::same(half, 3).padded(1, 1),
            Coefficients::same(third.clone(), 2).padded(1, 2),
        ];
        assert!(others.iter().all(|other| *other != rows[0]));
        assert_eq!(
            others[3],
            [Constant::ZERO, third.clone(), third, Constant::ZERO, Constant::ZERO].into_iter().collect()
        );
    }
}
