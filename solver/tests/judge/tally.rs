//! What was judged, and what was objected to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

#[derive(Clone, Debug, Default)]
pub struct Tally {
    counts: BTreeMap<&'static str, u64>,
    /// where, and what is wrong
    pub objections: Vec<(String, String)>,
    /// what could not be judged, by the reason
    pub left: BTreeMap<String, u64>,
    /// where there was an answer in time
    answered: BTreeSet<String>,
}

impl Tally {
    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub fn counted(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    pub fn object(&mut self, place: &str, what: impl Into<String>) {
        self.objections.push((place.to_owned(), what.into()));
    }

    pub fn leave(&mut self, reason: impl Into<String>) {
        *self.left.entry(reason.into()).or_default() += 1;
    }

    pub fn answered(&mut self, place: &str) {
        self.answered.insert(place.to_owned());
    }

    /// Fails unless the places with objections are just those that are known to have some. The list can only shrink: a
    /// place on it that was answered in time and is in order fails too.
    pub fn settle(&self, known: &[&str]) {
        #[allow(clippy::print_stderr)] // how much was judged is what the test has to say
        {
            eprintln!("{self}");
        }
        let objected = |place: &str| self.objections.iter().any(|(other, _)| other == place);
        let mended: Vec<&&str> =
            known.iter().filter(|place| self.answered.contains(**place) && !objected(place)).collect();
        let new: Vec<String> = self
            .objections
            .iter()
            .filter(|(place, _)| !known.contains(&place.as_str()))
            .map(|(place, what)| format!("{place}: {what}"))
            .collect();
        assert!(new.is_empty(), "{} violations:\n{}", new.len(), new.join("\n"));
        assert!(mended.is_empty(), "no longer violations, take them off the list: {mended:?}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<String> = self.counts.iter().map(|(what, n)| format!("{n} {what}")).collect();
        write!(f, "judged: {}; {} objections", counts.join(", "), self.objections.len())?;
        for (reason, n) in &self.left {
            write!(f, "\n  not judged, {n}: {reason}")?;
        }
        Ok(())
    }
}
