//! Shares of rows, rounded in the direction that keeps them bounds.

use super::number::json_exact;
use deltasat::exact::Rational;
use serde_json::value::RawValue;

/// A part of some rows.
#[derive(Clone, Copy)]
pub(super) struct Share {
    pub(super) rows: u64,
    /// at least 1
    pub(super) of: u64,
}

impl Share {
    /// `95.55 % (430 of 450)`, rounded down.
    pub(super) fn exact(self) -> String {
        format!("{} ({} of {})", percent(self.hundredths(false)), self.rows, self.of)
    }

    /// Hundredths of per cent, rounded down or up.
    pub(super) fn hundredths(self, up: bool) -> u64 {
        let (rows, of) = (u128::from(self.rows) * 10_000, u128::from(self.of.max(1)));
        (if up { rows.div_ceil(of) } else { rows / of }) as u64
    }

    /// A number from 0 to 1 in JSON, rounded down or up.
    pub(super) fn json(self, up: bool) -> Box<RawValue> {
        let (rows, of) = (u128::from(self.rows) * 1_000_000, u128::from(self.of.max(1)));
        let millionths = if up { rows.div_ceil(of) } else { rows / of };
        json_exact(&Rational::new(millionths.into(), 1_000_000.into()))
    }
}

/// `95.55 %`
pub(super) fn percent(hundredths: u64) -> String {
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_outward() {
        let third = Share { rows: 1, of: 3 };
        assert_eq!(
            (percent(third.hundredths(false)), percent(third.hundredths(true))),
            ("33.33 %".into(), "33.34 %".into())
        );
        assert_eq!((third.json(false).get(), third.json(true).get()), ("0.333333", "0.333334"));
        let all = Share { rows: 7, of: 7 };
        assert_eq!((percent(all.hundredths(true)), all.json(false).get()), ("100.00 %".into(), "1"));
    }
}
