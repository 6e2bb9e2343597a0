//! A script, executed as far as its answers go: which formulas are asserted at each check, over which variables, and what
//! else is asked for.

use super::number::{Rational, parse};
use super::sexpr::Sexpr;
use std::collections::HashMap;
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Real,
    Int,
    Bool,
    /// an `Int` from 0 to 1
    Binary,
}

/// A variable; the ends of its range are terms.
#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    pub sort: Sort,
    pub range: Option<(Sexpr, Sexpr)>,
}

/// A macro: its parameters and its body.
#[derive(Clone, Debug)]
pub struct Definition {
    pub parameters: Vec<String>,
    pub body: Sexpr,
}

/// What is to be made small or large.
#[derive(Clone, Debug)]
pub struct Objective {
    pub term: Sexpr,
    pub maximised: bool,
}

/// What is in force at some place of a script.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub variables: Vec<Variable>,
    pub definitions: HashMap<String, Rc<Definition>>,
    pub assertions: Vec<Sexpr>,
    pub objectives: Vec<Objective>,
}

/// What a script asks for and is answered.
#[derive(Clone, Debug)]
pub enum Request {
    /// a check: what it is about, with the assumptions among the assertions, and the script's own δ
    Check(State, Option<Rational>),
    Model,
    Values(Vec<Sexpr>),
    /// something else that may print something
    Other(String),
}

pub struct Script {
    pub requests: Vec<Request>,
}

fn sort(term: Option<&Sexpr>) -> Result<Sort, String> {
    match term.and_then(Sexpr::atom) {
        Some("Real") => Ok(Sort::Real),
        Some("Int") => Ok(Sort::Int),
        Some("Bool") => Ok(Sort::Bool),
        Some("Binary") => Ok(Sort::Binary),
        _ => Err("a sort that the judge does not know".to_owned()),
    }
}

fn name(term: Option<&Sexpr>) -> Result<String, String> {
    term.and_then(Sexpr::atom).map(str::to_owned).ok_or_else(|| "a name is missing".to_owned())
}

fn count(operands: &[Sexpr]) -> usize {
    operands.first().and_then(Sexpr::atom).and_then(|n| n.parse().ok()).unwrap_or(1)
}

/// Every `(! term … :named n)` inside a term, as a definition.
fn named(term: &Sexpr, found: &mut Vec<(String, Sexpr)>) {
    let Some(items) = term.list() else { return };
    if let Some(("!", rest)) = term.headed() {
        for pair in rest.windows(2) {
            if pair[0].atom() == Some(":named")
                && let Some(name) = pair[1].atom()
            {
                found.push((name.to_owned(), rest[0].clone()));
            }
        }
    }
    for item in items {
        named(item, found);
    }
}

/// Executes the commands of a script. What the judge does not know is an error.
pub fn read(commands: &[Sexpr]) -> Result<Script, String> {
    let (mut state, mut stack, mut delta) = (State::default(), Vec::new(), None);
    let mut requests = Vec::new();
    for command in commands {
        let (head, operands) = command.headed().ok_or("a command without a name")?;
        match head {
            "set-option" | "set-info" if operands.first().and_then(Sexpr::atom) == Some(":precision") => {
                delta = operands.get(1).and_then(Sexpr::atom).and_then(parse);
            }
            "set-logic" | "set-info" | "set-option" => {}
            "exit" => break,
            "declare-fun" | "declare-const" => {
                let mut rest = operands[1..].iter();
                if head == "declare-fun" && rest.next().and_then(Sexpr::list).is_none_or(|list| !list.is_empty()) {
                    return Err("a function that is declared".to_owned());
                }
                let sort = sort(rest.next())?;
                let range = rest.next().and_then(Sexpr::list).filter(|ends| ends.len() == 2);
                let range = range.map(|ends| (ends[0].clone(), ends[1].clone()));
                state.variables.push(Variable { name: name(operands.first())?, sort, range });
            }
            "define-fun" | "define-const" => {
                let mut parameters = Vec::new();
                if head == "define-fun" {
                    for parameter in operands.get(1).and_then(Sexpr::list).ok_or("parameters are missing")? {
                        parameters.push(name(parameter.list().and_then(|list| list.first()))?);
                    }
                }
                let body = operands.last().ok_or("a body is missing")?.clone();
                state.definitions.insert(name(operands.first())?, Rc::new(Definition { parameters, body }));
            }
            "assert" => {
                let formula = operands.first().ok_or("a formula is missing")?;
                let mut names = Vec::new();
                named(formula, &mut names);
                for (name, body) in names {
                    state.definitions.insert(name, Rc::new(Definition { parameters: Vec::new(), body }));
                }
                state.assertions.push(formula.clone());
            }
            "minimize" | "maximize" => {
                let term = operands.first().ok_or("a term is missing")?.clone();
                state.objectives.push(Objective { term, maximised: head == "maximize" });
            }
            "push" => (0..count(operands)).for_each(|_| stack.push(state.clone())),
            "pop" => {
                for _ in 0..count(operands) {
                    state = stack.pop().ok_or("nothing to pop")?;
                }
            }
            "reset-assertions" => {
                state.assertions.clear();
                state.objectives.clear();
                stack.clear();
            }
            "reset" => {
                (state, delta) = (State::default(), None);
                stack.clear();
            }
            "check-sat" | "check-sat-assuming" => {
                let mut asked = state.clone();
                let assumed = operands.first().and_then(Sexpr::list).unwrap_or_default();
                asked.assertions.extend(assumed.iter().cloned());
                requests.push(Request::Check(asked, delta.clone()));
            }
            "get-model" => requests.push(Request::Model),
            "get-value" => {
                let terms = operands.first().and_then(Sexpr::list).ok_or("terms are missing")?;
                requests.push(Request::Values(terms.to_vec()));
            }
            other if other.starts_with("get-") || other == "echo" => requests.push(Request::Other(other.to_owned())),
            other => return Err(format!("the command `{other}`")),
        }
    }
    Ok(Script { requests })
}
