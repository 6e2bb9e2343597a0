//! Equally spaced numbers `scale·(q − zero)` of the integer words `q` from a least to a greatest one.
//!
//! A scale has at most 24 significant bits (a float32, or a power of two), so for words of up to 29 bits the product is
//! exact in doubles; of wider words the double nearest to it is taken as *the* number that the word stands for, which
//! differs by less than one part in 2⁵³.

/// Words and what they stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    scale: f64,
    zero: i64,
    least: i64,
    greatest: i64,
}

impl Affine {
    /// The words `least..=greatest` with a positive finite scale and the word that stands for 0.
    pub(in crate::perturbation) fn new(scale: f64, zero: i64, (least, greatest): (i64, i64)) -> Self {
        debug_assert!(scale > 0.0 && scale.is_finite() && least <= greatest);
        Affine { scale, zero, least, greatest }
    }

    /// The distance of two neighbours.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// The word that stands for 0.
    pub fn zero(&self) -> i64 {
        self.zero
    }

    /// The least and the greatest word.
    pub fn words(&self) -> (i64, i64) {
        (self.least, self.greatest)
    }

    /// What a word stands for.
    pub fn value(&self, word: i64) -> f64 {
        self.scale * (word - self.zero) as f64
    }

    /// The greatest word that stands for at most `x`; the least one where there is none.
    pub fn down(&self, x: f64) -> i64 {
        // a guess that is at most a word off, then comparisons, which are exact
        let guess = (x / self.scale).floor() + self.zero as f64;
        let mut word = guess.clamp(self.least as f64, self.greatest as f64) as i64;
        while word > self.least && self.value(word) > x {
            word -= 1;
        }
        while word < self.greatest && self.value(word + 1) <= x {
            word += 1;
        }
        word
    }

    /// The least word that stands for at least `x`; the greatest one where there is none.
    pub fn up(&self, x: f64) -> i64 {
        let word = self.down(x);
        if self.value(word) < x && word < self.greatest { word + 1 } else { word }
    }

    /// The bits of a word, in two's complement.
    pub fn bits(&self) -> u32 {
        let magnitude = self.greatest.max(-1 - self.least);
        i64::BITS - magnitude.leading_zeros() + 1
    }

    /// What a word stands for when a bit of it, 0 being the last, is inverted. It may be the one word of its bits that is
    /// left out of a symmetric range.
    pub fn flipped(&self, word: i64, bit: u32) -> f64 {
        let unused = i64::BITS - self.bits();
        // what is above the first bit follows it
        self.value((word ^ (1 << bit)) << unused >> unused)
    }
}
