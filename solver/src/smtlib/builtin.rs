//! The operators of the language: their names, what they take and what they mean.

use super::boolean::{Booleans, Signed};
use super::context::{Context, Value};
use super::error::{ScriptError, Span};
use super::real::{self, Sum};
use crate::exact::Constant;
use crate::formula::Relation;
use crate::op::Op;

/// An operator of the language.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Builtin {
    And,
    Or,
    Not,
    Implies,
    Xor,
    Equal,
    Distinct,
    Compare(Relation),
    Ite,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    /// `atan2`, operands `y, x`
    Atan2,
    Min,
    Max,
    Abs,
    /// a function of one number
    Unary(Op),
    /// `to_real`, which changes nothing
    Identity,
}

impl Builtin {
    /// The operator with a name.
    pub(super) fn named(name: &str) -> Option<Builtin> {
        Some(match name {
            "and" => Builtin::And,
            "or" => Builtin::Or,
            "not" => Builtin::Not,
            "=>" | "implies" => Builtin::Implies,
            "xor" => Builtin::Xor,
            "=" => Builtin::Equal,
            "distinct" => Builtin::Distinct,
            "<" => Builtin::Compare(Relation::Lt),
            "<=" => Builtin::Compare(Relation::Le),
            ">" => Builtin::Compare(Relation::Gt),
            ">=" => Builtin::Compare(Relation::Ge),
            "ite" => Builtin::Ite,
            "+" => Builtin::Add,
            "-" => Builtin::Subtract,
            "*" => Builtin::Multiply,
            "/" => Builtin::Divide,
            "^" | "pow" => Builtin::Power,
            "atan2" | "arctan2" => Builtin::Atan2,
            "min" => Builtin::Min,
            "max" => Builtin::Max,
            "abs" => Builtin::Abs,
            "sqrt" => Builtin::Unary(Op::Sqrt),
            "exp" => Builtin::Unary(Op::Exp),
            "log" | "ln" => Builtin::Unary(Op::Ln),
            "sin" => Builtin::Unary(Op::Sin),
            "cos" => Builtin::Unary(Op::Cos),
            "tan" => Builtin::Unary(Op::Tan),
            "asin" | "arcsin" => Builtin::Unary(Op::Asin),
            "acos" | "arccos" => Builtin::Unary(Op::Acos),
            "atan" | "arctan" => Builtin::Unary(Op::Atan),
            "sinh" => Builtin::Unary(Op::Sinh),
            "cosh" => Builtin::Unary(Op::Cosh),
            "tanh" => Builtin::Unary(Op::Tanh),
            "to_int" => Builtin::Unary(Op::Floor),
            "to_real" => Builtin::Identity,
            _ => return None,
        })
    }

    /// The fewest and the most operands.
    fn arity(&self) -> (usize, usize) {
        match self {
            Builtin::And | Builtin::Or => (0, usize::MAX),
            Builtin::Not | Builtin::Abs | Builtin::Unary(_) | Builtin::Identity => (1, 1),
            Builtin::Ite => (3, 3),
            Builtin::Power | Builtin::Atan2 => (2, 2),
            Builtin::Add | Builtin::Subtract | Builtin::Multiply | Builtin::Min | Builtin::Max => (1, usize::MAX),
            Builtin::Implies
            | Builtin::Xor
            | Builtin::Equal
            | Builtin::Distinct
            | Builtin::Compare(_)
            | Builtin::Divide => (2, usize::MAX),
        }
    }

    /// The value of the operator at its operands; `name` and `span` are for the error.
    pub(super) fn apply(
        &self,
        operands: Vec<Value>,
        context: &mut Context,
        name: &str,
        span: Span,
    ) -> Result<Value, ScriptError> {
        let (fewest, most) = self.arity();
        if !(fewest..=most).contains(&operands.len()) {
            let expected = match (fewest, most) {
                (1, 1) => "1 operand".to_owned(),
                (a, b) if a == b => format!("{a} operands"),
                (a, _) => format!("at least {a}"),
            };
            return Err(ScriptError::new(
                format!("`{name}` with {} operands, expected {expected}", operands.len()),
                span,
            ));
        }
        let wrong = |message: String| ScriptError::new(message, span);
        let graph = &mut context.graph;
        Ok(match self {
            Builtin::And => Value::Bool(context.booleans.and(formulas(operands).map_err(|at| mixed(name, at, span))?)),
            Builtin::Or => Value::Bool(context.booleans.or(formulas(operands).map_err(|at| mixed(name, at, span))?)),
            Builtin::Not => {
                let parts = formulas(operands).map_err(|at| mixed(name, at, span))?;
                Value::Bool(parts[0].negate())
            }
            Builtin::Implies => {
                // right associative: all but the last are conditions
                let mut parts = formulas(operands).map_err(|at| mixed(name, at, span))?;
                let last = parts.len() - 1;
                parts[..last].iter_mut().for_each(|part| *part = part.negate());
                Value::Bool(context.booleans.or(parts))
            }
            Builtin::Xor => {
                let parts = formulas(operands).map_err(|at| mixed(name, at, span))?;
                let booleans = &mut context.booleans;
                Value::Bool(parts.into_iter().reduce(|a, b| booleans.iff(a, b).negate()).unwrap_or(Booleans::FALSE))
            }
            Builtin::Equal => Value::Bool(equal(operands, context, name, span)?),
            Builtin::Distinct => Value::Bool(distinct(operands, context, name, span)?),
            Builtin::Compare(relation) => {
                let numbers = numbers(operands, name, span)?;
                let links: Vec<Signed> =
                    links(numbers, context).map(|(a, b, context)| context.compare(*relation, a, b)).collect();
                Value::Bool(context.booleans.and(links))
            }
            Builtin::Ite => {
                let mut operands = operands.into_iter();
                match (operands.next(), operands.next(), operands.next()) {
                    (Some(Value::Bool(condition)), Some(Value::Bool(a)), Some(Value::Bool(b))) => {
                        Value::Bool(context.booleans.ite(condition, a, b))
                    }
                    (Some(Value::Bool(condition)), Some(Value::Real(a)), Some(Value::Real(b))) => {
                        Value::Real(context.select(condition, a, b).map_err(wrong)?)
                    }
                    (Some(Value::Real(_)), ..) => {
                        return Err(wrong("`ite` on a number, expected a formula first".into()));
                    }
                    _ => return Err(wrong("`ite` between a number and a formula, expected two of a kind".into())),
                }
            }
            Builtin::Add => {
                let numbers = numbers(operands, name, span)?;
                Value::Real(numbers.into_iter().reduce(Sum::plus).unwrap_or_default())
            }
            Builtin::Subtract => {
                let mut numbers = numbers(operands, name, span)?.into_iter();
                let first = numbers.next().unwrap_or_default();
                Value::Real(match numbers.next() {
                    None => first.times(&-&Constant::ONE, graph),
                    Some(second) => {
                        let rest = numbers.fold(second, Sum::plus);
                        first.minus(rest, graph)
                    }
                })
            }
            Builtin::Multiply => Value::Real(real::product(numbers(operands, name, span)?, graph)),
            Builtin::Divide => {
                let numbers = numbers(operands, name, span)?.into_iter();
                Value::Real(numbers.reduce(|a, b| real::quotient(a, b, graph)).unwrap_or_default())
            }
            Builtin::Power => {
                let (base, exponent) = two(operands, name, span)?;
                Value::Real(real::power(base, exponent, graph))
            }
            Builtin::Atan2 => {
                let (y, x) = two(operands, name, span)?;
                Value::Real(real::binary(Op::Atan2, y, x, graph))
            }
            Builtin::Min => {
                let numbers = numbers(operands, name, span)?.into_iter();
                Value::Real(numbers.reduce(|a, b| real::minimum(a, b, graph)).unwrap_or_default())
            }
            Builtin::Max => {
                let numbers = numbers(operands, name, span)?.into_iter();
                Value::Real(numbers.reduce(|a, b| real::maximum(a, b, graph)).unwrap_or_default())
            }
            Builtin::Abs => Value::Real(real::absolute(one(operands, name, span)?, graph)),
            Builtin::Unary(op) => Value::Real(real::unary(op.clone(), one(operands, name, span)?, graph)),
            Builtin::Identity => Value::Real(one(operands, name, span)?),
        })
    }
}

/// Neighbouring pairs of a chain, each with the context to work in.
fn links(numbers: Vec<Sum>, context: &mut Context) -> Links<'_> {
    let shared: Vec<Sum> = match numbers.len() {
        2 => numbers,
        _ => numbers.into_iter().map(|sum| sum.shared(&mut context.graph)).collect(),
    };
    Links { numbers: shared, at: 0, context }
}

struct Links<'a> {
    numbers: Vec<Sum>,
    at: usize,
    context: &'a mut Context,
}

impl Links<'_> {
    /// Maps every neighbouring pair.
    fn map<T>(self, mut link: impl FnMut((Sum, Sum, &mut Context)) -> T) -> std::vec::IntoIter<T> {
        let Links { numbers, mut at, context } = self;
        let mut results = Vec::new();
        while at + 1 < numbers.len() {
            results.push(link((numbers[at].clone(), numbers[at + 1].clone(), context)));
            at += 1;
        }
        results.into_iter()
    }
}

/// `=`, a chain of numbers or of formulas.
fn equal(operands: Vec<Value>, context: &mut Context, name: &str, span: Span) -> Result<Signed, ScriptError> {
    let links: Vec<Signed> = match operands.first() {
        Some(Value::Bool(_)) => {
            let parts = formulas(operands).map_err(|at| mixed(name, at, span))?;
            parts.windows(2).map(|pair| context.booleans.iff(pair[0], pair[1])).collect()
        }
        _ => {
            let numbers = numbers(operands, name, span)?;
            links(numbers, context).map(|(a, b, context)| context.compare(Relation::Eq, a, b)).collect()
        }
    };
    Ok(context.booleans.and(links))
}

/// `distinct`: every pair differs.
fn distinct(operands: Vec<Value>, context: &mut Context, name: &str, span: Span) -> Result<Signed, ScriptError> {
    const MOST: usize = 2_000;
    if operands.len() > MOST {
        let message = format!("`distinct` with {} operands, expected at most {MOST}", operands.len());
        return Err(ScriptError::new(message, span));
    }
    if let Some(Value::Bool(_)) = operands.first() {
        let parts = formulas(operands).map_err(|at| mixed(name, at, span))?;
        return Ok(context.booleans.distinct(&parts));
    }
    let numbers: Vec<Sum> =
        numbers(operands, name, span)?.into_iter().map(|sum| sum.shared(&mut context.graph)).collect();
    let mut parts = Vec::new();
    for (i, a) in numbers.iter().enumerate() {
        for b in &numbers[i + 1..] {
            parts.push(context.compare(Relation::Ne, a.clone(), b.clone()));
        }
    }
    Ok(context.booleans.and(parts))
}

/// The operands as formulas, or the position of the first that is none.
fn formulas(operands: Vec<Value>) -> Result<Vec<Signed>, usize> {
    let formula = |(at, value)| match value {
        Value::Bool(formula) => Ok(formula),
        Value::Real(_) => Err(at),
    };
    operands.into_iter().enumerate().map(formula).collect()
}

fn mixed(name: &str, at: usize, span: Span) -> ScriptError {
    ScriptError::new(format!("operand {} of `{name}` is a number, expected a formula", at + 1), span)
}

fn numbers(operands: Vec<Value>, name: &str, span: Span) -> Result<Vec<Sum>, ScriptError> {
    let number = |(at, value)| match value {
        Value::Real(sum) => Ok(sum),
        Value::Bool(_) => {
            Err(ScriptError::new(format!("operand {} of `{name}` is a formula, expected a number", at + 1), span))
        }
    };
    operands.into_iter().enumerate().map(number).collect()
}

fn one(operands: Vec<Value>, name: &str, span: Span) -> Result<Sum, ScriptError> {
    Ok(numbers(operands, name, span)?.pop().unwrap_or_default())
}

fn two(operands: Vec<Value>, name: &str, span: Span) -> Result<(Sum, Sum), ScriptError> {
    let mut numbers = numbers(operands, name, span)?;
    let second = numbers.pop().unwrap_or_default();
    Ok((numbers.pop().unwrap_or_default(), second))
}
