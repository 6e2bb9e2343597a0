//! Shares of rows, rounded in the direction that keeps them bounds.

use super::value::Value;
use deltasat::exact::Rational;

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
    pub(super) fn json(self, up: bool) -> Value {
        let (rows, of) = (u128::from(self.rows) * 1_000_000, u128::from(self.of.max(1)));
        let millionths = if up { rows.div_ceil(of) } else { rows / of };
        Rational::new(millionths.into(), 1_000_000.into()).into()
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
        let json = |share: Share, up| serde_json::to_string(&share.json(up)).unwrap();
        assert_eq!((json(third, false), json(third, true)), ("0.333333".into(), "0.333334".into()));
        let all = Share { rows: 7, of: 7 };
        assert_eq!((percent(all.hundredths(true)), json(all, false)), ("100.00 %".into(), "1".into()));
    }
}
