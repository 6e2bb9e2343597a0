//! A session: declarations, assertions in scopes, settings, and the last answer.

use super::answer::{Answer, Minimum, ModelEntry, ModelValue, Reason, Verdict};
use super::boolean::Signed;
use super::check::{self, Outcome, Questions};
use super::context::{Context, Mark, Role, SortName, Value};
use super::settings::{Settings, Source};
use super::sexpr::{Tree, Word};
use super::valuation::{Valuation, is_true};
use crate::budget::StopReason;
use crate::exact::Rational;
use crate::expr::ExprId;
use crate::interval::Interval;
use crate::search::Observer;
use std::rc::Rc;

/// An assertion.
#[derive(Clone, Debug)]
pub(super) struct Assertion {
    pub(super) formula: Signed,
    /// its name, where it has one
    pub(super) name: Option<Word>,
    /// where it was written
    pub(super) source: Option<(Rc<Tree>, usize)>,
}

/// What is to be made small.
#[derive(Clone, Debug)]
pub(super) struct Objective {
    pub(super) expr: ExprId,
    /// whether its negative was asked to be made large
    pub(super) maximised: bool,
    pub(super) text: String,
}

/// A scope, made by `push`.
#[derive(Clone, Copy, Debug)]
struct Scope {
    mark: Mark,
    assertions: usize,
    objectives: usize,
    cut: Option<StopReason>,
}

/// The last check.
#[derive(Clone, Debug)]
pub(super) struct Last {
    pub(super) answer: Answer,
    pub(super) point: Vec<Rational>,
    /// where a solution lies that is no such point
    pub(super) within: Option<Vec<Interval>>,
    /// what the solution satisfies
    pub(super) facts: Vec<Signed>,
    /// the assumptions that it made beside the assertions
    pub(super) assumptions: Vec<Assertion>,
    /// of a refutation, the [`Questions::tracked`] that took part
    pub(super) core: Vec<usize>,
    /// whether the named assertions were among them; the option may have been set since
    pub(super) tracks: bool,
}

/// A conversation in SMT-LIB: text in, text out.
///
/// ```
/// use deltasat::smtlib::{Script, Session};
/// let mut session = Session::default();
/// let mut script = Script::new("(declare-const x Real) (assert (= (* x x) 2.0)) (assert (< x 0.0)) (check-sat)");
/// let mut replies = Vec::new();
/// while let Some(reply) = session.step(&mut script, &mut ())? {
///     replies.extend(reply.text);
/// }
/// assert_eq!(replies, ["delta-sat with delta = 0.001"]);
/// # Ok::<(), deltasat::smtlib::ScriptError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// the settings
    pub settings: Settings,
    pub(super) context: Context,
    pub(super) assertions: Vec<Assertion>,
    pub(super) objectives: Vec<Objective>,
    scopes: Vec<Scope>,
    pub(super) last: Option<Last>,
    /// the limit that was reached before all assertions were read: nothing is said of them
    pub(super) cut: Option<StopReason>,
}

impl Session {
    /// A session with settings.
    pub fn new(settings: Settings) -> Self {
        Session { settings, ..Session::default() }
    }

    /// Opens scopes.
    pub(super) fn push(&mut self, count: usize) {
        let scope = Scope {
            mark: self.context.mark(),
            assertions: self.assertions.len(),
            objectives: self.objectives.len(),
            cut: self.cut,
        };
        self.scopes.extend(std::iter::repeat_n(scope, count));
    }

    /// Closes scopes; false when there are not that many.
    pub(super) fn pop(&mut self, count: usize) -> bool {
        let Some(left) = self.scopes.len().checked_sub(count) else { return false };
        if count > 0 {
            let scope = self.scopes[left];
            self.scopes.truncate(left);
            self.return_to(scope);
        }
        true
    }

    fn return_to(&mut self, scope: Scope) {
        self.assertions.truncate(scope.assertions);
        self.objectives.truncate(scope.objectives);
        self.context.truncate(scope.mark);
        self.cut = scope.cut;
        self.last = None;
    }

    /// The number of open scopes.
    pub(super) fn levels(&self) -> usize {
        self.scopes.len()
    }

    /// Forgets declarations and assertions.
    pub(super) fn reset_assertions(&mut self) {
        *self = Session::new(std::mem::take(&mut self.settings));
    }

    /// Forgets everything, also what the script has set.
    pub(super) fn reset(&mut self) {
        let default = Settings::default();
        let settings = &mut self.settings;
        fn restore<T: Clone>(setting: &mut super::Setting<T>, default: super::Setting<T>) {
            if setting.source() <= Source::Script {
                *setting = default;
            }
        }
        restore(&mut settings.precision, default.precision);
        restore(&mut settings.produce_models, default.produce_models);
        restore(&mut settings.produce_unsat_cores, default.produce_unsat_cores);
        restore(&mut settings.polytope, default.polytope);
        restore(&mut settings.presolve, default.presolve);
        restore(&mut settings.smtlib2_compliant, default.smtlib2_compliant);
        restore(&mut settings.print_success, default.print_success);
        restore(&mut settings.random_seed, default.random_seed);
        self.reset_assertions();
    }

    /// Checks the assertions together with assumptions.
    pub(super) fn check(
        &mut self,
        assumptions: Vec<Assertion>,
        observer: &mut dyn Observer,
    ) -> Result<&Answer, String> {
        let objective = match self.objectives.as_slice() {
            [] => None,
            [objective] => Some(objective.clone()),
            more => return Err(format!("{} objectives, expected at most one", more.len())),
        };
        let formulas = self.questions(&assumptions);
        let expr = objective.as_ref().map(|objective| objective.expr);
        let Outcome { verdict, point, within, minimum, core, statistics, .. } = match self.cut {
            Some(reason) => check::stopped(reason, expr.is_some()),
            None => check::check(&self.context, &formulas, expr, &self.settings, observer),
        };
        let minimum = match (minimum, objective) {
            (Some((lower, upper, exact)), Some(objective)) => {
                let turned = |end: Option<Rational>| end.map(|end| -end);
                let (lower, upper) = if objective.maximised { (turned(upper), turned(lower)) } else { (lower, upper) };
                Some(Minimum { term: objective.text, maximised: objective.maximised, lower, upper, exact })
            }
            _ => None,
        };
        let model = if matches!(verdict, Verdict::DeltaSat { .. }) {
            self.model(&point, within.as_deref())
        } else {
            Vec::new()
        };
        let precision = self.settings.precision_text();
        let tracks = *self.settings.produce_unsat_cores.get();
        let answer = Answer { verdict, precision, model, minimum, statistics };
        let facts = formulas.fixed.into_iter().chain(formulas.tracked).collect();
        Ok(&self.last.insert(Last { answer, point, within, facts, assumptions, core, tracks }).answer)
    }

    /// What is asked: the assertions that no core can name, then the others, then the assumptions.
    fn questions(&self, assumptions: &[Assertion]) -> Questions {
        let tracks = *self.settings.produce_unsat_cores.get();
        let (tracked, fixed): (Vec<&Assertion>, Vec<&Assertion>) =
            self.assertions.iter().partition(|assertion| tracks && assertion.name.is_some());
        Questions {
            fixed: fixed.iter().map(|assertion| assertion.formula).collect(),
            tracked: tracked.into_iter().chain(assumptions).map(|assertion| assertion.formula).collect(),
        }
    }

    /// The values of the declared constants at a point.
    fn model(&self, point: &[Rational], within: Option<&[Interval]>) -> Vec<ModelEntry> {
        let numbered = self.context.variables.iter().zip(point).enumerate();
        let free = numbered.filter(|(_, (declared, _))| declared.role == Role::Free);
        free.map(|(index, (declared, x))| ModelEntry {
            name: self.context.words.text(declared.name).to_owned(),
            sort: declared.sort.name(),
            value: match declared.sort {
                SortName::Bool => ModelValue::Bool(is_true(x)),
                SortName::Int | SortName::Binary => ModelValue::Integer(x.clone()),
                SortName::Real => ModelValue::Number(x.clone()),
            },
            within: within
                .filter(|_| declared.sort != SortName::Bool)
                .and_then(|bounds| bounds.get(index))
                .map(|bound| (bound.inf(), bound.sup())),
        })
        .collect()
    }

    /// Why the last check was not decided.
    pub(super) fn reason(&self) -> Reason {
        match self.last.as_ref().map(|last| last.answer.verdict) {
            Some(Verdict::Unknown(reason)) => reason,
            _ => Reason::NotAsked,
        }
    }

    /// The text of a term's value in the last model.
    pub(super) fn evaluate(&mut self, value: Value) -> Result<String, String> {
        let Some(last) = &self.last else { return Err("no model, expected a delta-sat answer before".into()) };
        let graph = &mut self.context.graph;
        match value {
            Value::Real(sum) => {
                let id = sum.node(graph);
                let value = Valuation::new(last).numbers(&self.context, &[id]).remove(&id).flatten();
                value.map(|value| super::print::ball(&value)).ok_or_else(|| "the term has no value in the model".into())
            }
            Value::Bool(formula) => match Valuation::new(last).truth(&self.context, formula) {
                Some(value) => Ok(value.to_string()),
                None => Err("the formula has no value in the model".into()),
            },
        }
    }
}
