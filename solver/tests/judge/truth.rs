//! Three-valued truth of a formula and of its negation, as it stands and weakened by δ, and its connectives.

/// What is known of a statement at the precision of the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    Yes,
    No,
    Open,
}

use Truth::{No, Open, Yes};

impl From<Option<bool>> for Truth {
    fn from(known: Option<bool>) -> Self {
        match known {
            Some(true) => Yes,
            Some(false) => No,
            None => Open,
        }
    }
}

impl Truth {
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (No, _) | (_, No) => No,
            (Yes, Yes) => Yes,
            _ => Open,
        }
    }

    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Yes, _) | (_, Yes) => Yes,
            (No, No) => No,
            _ => Open,
        }
    }
}

/// Whether a formula holds and whether its negation does.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    pub holds: Truth,
    pub fails: Truth,
}

impl Pair {
    pub const OPEN: Self = Pair { holds: Open, fails: Open };
    pub const NEITHER: Self = Pair { holds: No, fails: No };

    pub fn of(truth: bool) -> Self {
        Pair { holds: Some(truth).into(), fails: Some(!truth).into() }
    }

    pub fn not(self) -> Self {
        Pair { holds: self.fails, fails: self.holds }
    }

    pub fn and(self, other: Self) -> Self {
        Pair { holds: self.holds.and(other.holds), fails: self.fails.or(other.fails) }
    }

    pub fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    pub fn same(self, other: Self) -> Self {
        self.and(other).or(self.not().and(other.not()))
    }

    pub fn choice(self, yes: Self, no: Self) -> Self {
        Pair {
            holds: self.holds.and(yes.holds).or(self.fails.and(no.holds)),
            fails: self.holds.and(yes.fails).or(self.fails.and(no.fails)),
        }
    }
}

/// A formula as it stands and weakened.
#[derive(Clone, Copy, Debug)]
pub struct Formula {
    pub exact: Pair,
    pub weak: Pair,
}

impl Formula {
    pub fn of(truth: bool) -> Self {
        Formula { exact: Pair::of(truth), weak: Pair::of(truth) }
    }

    pub fn each(self, f: impl Fn(Pair) -> Pair) -> Self {
        Formula { exact: f(self.exact), weak: f(self.weak) }
    }

    pub fn with(self, other: Self, f: impl Fn(Pair, Pair) -> Pair) -> Self {
        Formula { exact: f(self.exact, other.exact), weak: f(self.weak, other.weak) }
    }
}
