//! Settings that remember who set them.
//!
//! A script may set an option that the command line has set already; the more deliberate source wins: code over command
//! line over script over default.

use crate::budget::Budget;
use crate::exact::{Rational, rational};
use crate::strategy::Choice;
use num_traits::{One, Zero};

/// Who set a setting; later ones outrank earlier ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// nobody
    #[default]
    Default,
    /// the script, with `set-option`
    Script,
    /// the command line
    CommandLine,
    /// a program that uses the library
    Code,
}

/// A value and who set it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting<T> {
    value: T,
    source: Source,
}

impl<T> Setting<T> {
    /// The default.
    pub fn new(value: T) -> Self {
        Setting { value, source: Source::Default }
    }

    /// The value.
    pub fn get(&self) -> &T {
        &self.value
    }

    /// Who set it.
    pub fn source(&self) -> Source {
        self.source
    }

    /// Sets the value, unless a source that outranks this one has; tells whether it did.
    pub fn set(&mut self, value: T, source: Source) -> bool {
        let allowed = source >= self.source;
        if allowed {
            *self = Setting { value, source };
        }
        allowed
    }
}

/// The settings of a [`Session`](super::Session).
#[derive(Clone, Debug)]
pub struct Settings {
    /// `:precision`, δ: how much each atom may be violated by a `delta-sat` answer, and how far apart the bounds of a
    /// minimum may be; default 1/1000
    pub precision: Setting<Rational>,
    /// `:produce-models`: print the model behind every `delta-sat`; default false
    pub produce_models: Setting<bool>,
    /// `:produce-unsat-cores`: keep assertions that have a name apart, so that `get-unsat-core` can be asked; default false
    pub produce_unsat_cores: Setting<bool>,
    /// `:polytope`: contract with linear relaxations too; default true
    pub polytope: Setting<bool>,
    /// `:presolve`: substitute definitions and the like before a search; default true
    pub presolve: Setting<bool>,
    /// `:smtlib2-compliant`: print what SMT-LIB prescribes and nothing else; default false
    pub smtlib2_compliant: Setting<bool>,
    /// `:print-success`: reply `success` to commands that have no other reply; default false
    pub print_success: Setting<bool>,
    /// `:random-seed`: where the local searches of a minimisation start; default 0
    pub random_seed: Setting<u64>,
    /// worker threads, at least 1; default 1
    pub jobs: Setting<usize>,
    /// reply `sat` where the model satisfies the assertions themselves, not only weakened: a point, checked exactly, or a
    /// box that certainly contains a solution; default false
    pub exact_sat: Setting<bool>,
    /// whether a solution that holds only up to δ is looked at again; default true
    pub second_look: bool,
    /// contractors and brancher chosen by name; default none
    pub choice: Choice,
    /// when to stop, reading as well as searching: of assertions that were not read in time, every check is `unknown`
    pub budget: Budget,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            precision: Setting::new(Rational::new(1.into(), 1000.into())),
            produce_models: Setting::new(false),
            produce_unsat_cores: Setting::new(false),
            polytope: Setting::new(true),
            presolve: Setting::new(true),
            smtlib2_compliant: Setting::new(false),
            print_success: Setting::new(false),
            random_seed: Setting::new(0),
            jobs: Setting::new(1),
            exact_sat: Setting::new(false),
            second_look: true,
            choice: Choice::default(),
            budget: Budget::unlimited(),
        }
    }
}

impl Settings {
    /// δ as a double that is not above the exact one, nor above what is printed.
    pub(super) fn delta(&self) -> f64 {
        let exact = self.precision.get();
        let printed = rational::parse(&self.precision_text()).unwrap_or_default();
        rational::floor_f64(exact.min(&printed))
    }

    /// δ as dReal prints it; a fraction that is no decimal as a fraction.
    pub(super) fn precision_text(&self) -> String {
        let exact = self.precision.get();
        let decimal = super::print::general(rational::nearest_f64(exact));
        // decimals have denominators 2^a 5^b
        let mut denominator = exact.denom().clone();
        for prime in [2u32, 5] {
            while (&denominator % prime).is_zero() {
                denominator /= prime;
            }
        }
        if denominator.is_one() { decimal } else { exact.to_string() }
    }

    /// Applies `set-option`; `value` is the text of an atom. True when the option is known.
    ///
    /// # Errors
    /// What was expected instead of the value.
    pub fn set_option(&mut self, name: &str, value: &str, source: Source) -> Result<bool, String> {
        match name {
            "precision" => {
                let number = rational::parse(value).map_err(|error| error.to_string())?;
                if !(rational::floor_f64(&number) > 0.0 && rational::nearest_f64(&number).is_finite()) {
                    return Err(format!("precision {value}, expected a number above 0 in the range of a double"));
                }
                self.precision.set(number, source);
            }
            "produce-models" => _ = self.produce_models.set(truth(value)?, source),
            "produce-unsat-cores" | "produce-unsat-assumptions" => {
                self.produce_unsat_cores.set(truth(value)?, source);
            }
            "polytope" => _ = self.polytope.set(truth(value)?, source),
            "presolve" => _ = self.presolve.set(truth(value)?, source),
            "smtlib2-compliant" | "smtlib2_compliant" => _ = self.smtlib2_compliant.set(truth(value)?, source),
            "print-success" => _ = self.print_success.set(truth(value)?, source),
            "random-seed" => {
                let seed =
                    value.parse().map_err(|_| format!("seed {value:?}, expected an integer from 0 to 2^64 - 1"))?;
                self.random_seed.set(seed, source);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The text of an option; `None` when it is not known.
    pub fn option(&self, name: &str) -> Option<String> {
        Some(match name {
            "precision" => self.precision_text(),
            "produce-models" => self.produce_models.get().to_string(),
            "produce-unsat-cores" | "produce-unsat-assumptions" => self.produce_unsat_cores.get().to_string(),
            "polytope" => self.polytope.get().to_string(),
            "presolve" => self.presolve.get().to_string(),
            "smtlib2-compliant" | "smtlib2_compliant" => self.smtlib2_compliant.get().to_string(),
            "print-success" => self.print_success.get().to_string(),
            "random-seed" => self.random_seed.get().to_string(),
            _ => return None,
        })
    }
}

fn truth(value: &str) -> Result<bool, String> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("{value:?}, expected true or false")),
    }
}
