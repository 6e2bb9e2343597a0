//! The numbers that a format can hold, as an ordered grid of doubles.
//!
//! A parameter that is quantised lands on one of its two neighbours in the grid, whatever the rounding rule is; beyond the
//! ends of the grid it lands on the end. All grid values here are doubles (an integer word times a scale of 24 bits, or a
//! float of fewer bits), so neighbours are found by comparing doubles, without any rounding that could move them.

use super::affine::Affine;
use super::minifloat::Minifloat;
use deltasat::exact::Constant;

/// The numbers of one format, for one tensor or one of its channels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grid {
    /// equally spaced words
    Affine(Affine),
    /// floating point
    Minifloat(Minifloat),
}

impl Grid {
    /// The least number.
    pub fn least(&self) -> f64 {
        match self {
            Grid::Affine(grid) => grid.value(grid.words().0),
            Grid::Minifloat(grid) => -grid.greatest(),
        }
    }

    /// The greatest number.
    pub fn greatest(&self) -> f64 {
        match self {
            Grid::Affine(grid) => grid.value(grid.words().1),
            Grid::Minifloat(grid) => grid.greatest(),
        }
    }

    /// The greatest number that is at most `x`; the least one where there is none.
    pub fn down(&self, x: f64) -> f64 {
        match self {
            Grid::Affine(grid) => grid.value(grid.down(x)),
            Grid::Minifloat(grid) => grid.down(x),
        }
    }

    /// The least number that is at least `x`; the greatest one where there is none.
    pub fn up(&self, x: f64) -> f64 {
        match self {
            Grid::Affine(grid) => grid.value(grid.up(x)),
            Grid::Minifloat(grid) => -grid.down(-x),
        }
    }

    /// The number nearest to `x`, ties to the even multiple of the step.
    pub fn nearest(&self, x: f64) -> f64 {
        let (down, up) = (self.down(x), self.up(x));
        if x <= down || down == up {
            return down;
        }
        if x >= up {
            return up;
        }
        // the middle may have one digit more than a double holds
        let exact = |y: f64| Constant::from_f64(y).unwrap_or(Constant::ZERO);
        let excess = &(&exact(x) + &exact(x)) - &(&exact(down) + &exact(up));
        match excess.signum() {
            1 => up,
            -1 => down,
            _ if self.is_even(down) => down,
            _ => up,
        }
    }

    /// What cutting off digits makes of `x`: the number below for two's complement words, the one towards zero for floats.
    pub fn truncated(&self, x: f64) -> f64 {
        match self {
            Grid::Affine(_) => self.down(x),
            Grid::Minifloat(_) if x < 0.0 => self.up(x),
            Grid::Minifloat(_) => self.down(x),
        }
    }

    /// The distance of the neighbours around `x`: of the wider pair where `x` is on the grid.
    pub fn step(&self, x: f64) -> f64 {
        match self {
            Grid::Affine(grid) => grid.scale(),
            Grid::Minifloat(grid) => grid.step(x),
        }
    }

    /// The bits of a word.
    pub fn bits(&self) -> u32 {
        match self {
            Grid::Affine(grid) => grid.bits(),
            Grid::Minifloat(grid) => grid.bits(),
        }
    }

    /// What becomes of the number `from` of the grid, to which `x` was rounded, when a bit of its word, 0 being the last, is
    /// inverted; `None` for infinities and NaN. A zero keeps the sign of `x` where it has one.
    pub fn flipped(&self, x: f64, from: f64, bit: u32) -> Option<f64> {
        match self {
            Grid::Affine(grid) => Some(grid.flipped(grid.down(from), bit)),
            Grid::Minifloat(grid) => grid.decoded(grid.word(from, x.is_sign_negative()) ^ (1 << bit)),
        }
    }

    /// Whether the last bit of a number of the grid is 0: of integers, that of the multiple of the scale, since quantisers
    /// round before they add the zero point.
    fn is_even(&self, value: f64) -> bool {
        match self {
            Grid::Affine(grid) => (grid.down(value) - grid.zero()).rem_euclid(2) == 0,
            Grid::Minifloat(grid) => (value / grid.step(value)) % 2.0 == 0.0,
        }
    }
}
