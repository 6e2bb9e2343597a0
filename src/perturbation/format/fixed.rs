//! Fixed point: two's complement words with a binary point.
//!
//! `fixed:M.N` has `M` bits before the point, the sign among them, and `N` after it: the multiples of `2⁻ᴺ` from `−2ᴹ⁻¹` to
//! `2ᴹ⁻¹ − 2⁻ᴺ`. `fixed:B` has `B` bits in all, of which each layer takes as few before the point as hold its parameters.

use super::FormatError;
use super::affine::Affine;

/// The most bits of a word.
pub const MOST_BITS: u32 = 32;

/// Where the binary point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// behind so many bits, the sign among them, and before so many
    At(u32, u32),
    /// as far left in a word of so many bits as the numbers of a layer allow
    Fitted(u32),
}

impl Point {
    /// Reads `M.N` or `B`.
    pub(super) fn parse(text: &str) -> Result<Self, FormatError> {
        let problem = || {
            FormatError::syntax(
                format!("fixed:{text}"),
                format!("fixed:M.N or fixed:BITS, 2 to {MOST_BITS} bits in all"),
            )
        };
        let number = |text: &str| text.parse::<u32>().ok().filter(|&n| n <= MOST_BITS).ok_or_else(problem);
        let point = match text.split_once('.') {
            Some((before, after)) => Point::At(number(before)?, number(after)?),
            None => Point::Fitted(number(text)?),
        };
        let whole = !matches!(point, Point::At(0, _));
        if whole && (2..=MOST_BITS).contains(&point.bits()) { Ok(point) } else { Err(problem()) }
    }

    /// The bits of a word.
    pub fn bits(self) -> u32 {
        match self {
            Point::At(before, after) => before + after,
            Point::Fitted(bits) => bits,
        }
    }

    /// The words for numbers of which the least and the greatest are given.
    pub(in crate::perturbation) fn grid(self, (least, greatest): (f64, f64)) -> Affine {
        let bits = self.bits();
        let at = |after: i32| Affine::new(2f64.powi(-after), 0, (-(1 << (bits - 1)), (1 << (bits - 1)) - 1));
        match self {
            Point::At(_, after) => at(after as i32),
            Point::Fitted(bits) => {
                let holds = |grid: &Affine| {
                    let (first, last) = grid.words();
                    grid.value(first) <= least && greatest <= grid.value(last)
                };
                // at least one bit before the point, more where the numbers are large
                let bits = bits as i32;
                (0..=1022).map(|more| at(bits - 1 - more)).find(holds).unwrap_or_else(|| at(bits - 1))
            }
        }
    }
}
