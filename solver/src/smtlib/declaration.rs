//! The parts of declarations: numbers, sorts, and dReal's bounds `[lower, upper]` behind a sort, whose ends are constant
//! terms or infinities.

use super::builtin::Builtin;
use super::context::{Context, Global, Range, SortName, Value};
use super::error::{ScriptError, Span};
use super::real::Sum;
use super::sexpr::{Kind, Tree, Word};
use crate::exact::{Constant, Rational, rational};

/// The exact value of a number as it was written.
pub(super) fn number(context: &mut Context, text: Word, span: Span) -> Result<Constant, ScriptError> {
    if let Some(known) = context.numbers.get(&text) {
        return Ok(known.clone());
    }
    let value = rational::parse(context.words.text(text)).map_err(|error| ScriptError::new(error.to_string(), span))?;
    let value = Constant::from_rational(value);
    context.numbers.insert(text, value.clone());
    Ok(value)
}

/// A sort, perhaps followed by `[lower, upper]`.
pub(super) fn sort_and_range(
    context: &mut Context,
    tree: &Tree,
    parts: &[usize],
    span: Span,
) -> Result<(SortName, Range), ScriptError> {
    let (&sort, rest) = parts
        .split_first()
        .ok_or_else(|| ScriptError::new("missing sort, expected Real, Int, Bool or Binary", span))?;
    let named = match tree.kind(sort) {
        Kind::Symbol(word) => sort_named(context.words.text(word)),
        _ => None,
    };
    let Some(sort_name) = named else {
        let message = "unknown sort, expected Real, Int, Bool or Binary";
        return Err(ScriptError::new(message, tree.span(sort)));
    };
    let mut range = Range::default();
    match rest {
        [] => {}
        &[at] if matches!(tree.kind(at), Kind::List { bracket: true, .. }) && sort_name != SortName::Bool => {
            let ends: Vec<usize> = tree.children(at).collect();
            let &[lower, upper] = ends.as_slice() else {
                return Err(ScriptError::new("malformed bounds, expected [lower, upper]", tree.span(at)));
            };
            range.lower =
                bound(context, tree, lower, 0)?.unless(false).map_err(|m| ScriptError::new(m, tree.span(lower)))?;
            range.upper =
                bound(context, tree, upper, 0)?.unless(true).map_err(|m| ScriptError::new(m, tree.span(upper)))?;
        }
        &[at, ..] => {
            return Err(ScriptError::new("unexpected, expected bounds [lower, upper] or the end", tree.span(at)));
        }
    }
    Ok((sort_name, range))
}

/// The sort with a name.
pub(super) fn sort_named(name: &str) -> Option<SortName> {
    Some(match name {
        "Real" => SortName::Real,
        "Int" => SortName::Int,
        "Bool" => SortName::Bool,
        "Binary" | "binary" => SortName::Binary,
        _ => return None,
    })
}

/// A number or an infinity.
enum End {
    Finite(Rational),
    Infinite { positive: bool },
}

impl End {
    /// The number, `None` for the infinity that means no bound.
    fn unless(self, positive: bool) -> Result<Option<Rational>, String> {
        match self {
            End::Finite(value) => Ok(Some(value)),
            End::Infinite { positive: found } if found == positive => Ok(None),
            End::Infinite { .. } if positive => Err("an upper bound of -inf, expected a number or inf".into()),
            End::Infinite { .. } => Err("a lower bound of inf, expected a number or -inf".into()),
        }
    }
}

/// A bound of a declaration: a constant term, or an infinity.
fn bound(context: &mut Context, tree: &Tree, at: usize, depth: usize) -> Result<End, ScriptError> {
    const DEEPEST: usize = 32;
    let span = tree.span(at);
    let wrong = || ScriptError::new("expected a constant as a bound, such as -1.5, (/ 1 3) or inf", span);
    match tree.kind(at) {
        Kind::Number(text) => Ok(End::Finite(number(context, text, span)?.to_rational())),
        Kind::Symbol(word) => match context.words.text(word) {
            "inf" | "+inf" | "infinity" | "+infinity" => Ok(End::Infinite { positive: true }),
            "-inf" | "-infinity" => Ok(End::Infinite { positive: false }),
            _ => match context.global(word) {
                Some(Global::Value(Value::Real(sum))) => {
                    sum.as_constant().map(|c| End::Finite(c.to_rational())).ok_or_else(wrong)
                }
                _ => Err(wrong()),
            },
        },
        Kind::List { bracket: false, .. } if depth < DEEPEST => {
            let parts: Vec<usize> = tree.children(at).collect();
            let Some((&head, operands)) = parts.split_first() else { return Err(wrong()) };
            let Kind::Symbol(word) = tree.kind(head) else { return Err(wrong()) };
            let name = context.words.text(word).to_owned();
            let builtin = Builtin::named(&name).ok_or_else(wrong)?;
            let mut values = Vec::new();
            for &operand in operands {
                match bound(context, tree, operand, depth + 1)? {
                    End::Finite(value) => values.push(Value::Real(Constant::from_rational(value).into())),
                    End::Infinite { positive } if name == "-" && operands.len() == 1 => {
                        return Ok(End::Infinite { positive: !positive });
                    }
                    End::Infinite { .. } => return Err(wrong()),
                }
            }
            match builtin.apply(values, context, &name, span)? {
                Value::Real(sum) => {
                    let id = Sum::node(sum, &mut context.graph);
                    context.graph.as_constant(id).map(|c| End::Finite(c.to_rational())).ok_or_else(wrong)
                }
                Value::Bool(_) => Err(wrong()),
            }
        }
        _ => Err(wrong()),
    }
}
