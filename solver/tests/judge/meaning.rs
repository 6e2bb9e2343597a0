//! The value of a term and the truth of a formula at a point, as the README defines them: an atom without a value does
//! not hold, and neither does its negation; weakened by δ, `s ≤ t` is `s ≤ t + δ`, and `s ≠ t` holds wherever both have
//! a value.
//!
//! A formula is evaluated twice at once, as it stands and weakened, and together with its negation, which is not its
//! opposite. So connectives need no normal form.

use super::functions;
use super::number::{Rational, parse, whole};
use super::real::Real;
use super::script::{Definition, Sort, State};
use super::sexpr::Sexpr;
use super::truth::Truth::{No, Yes};
use super::truth::{Formula, Pair, Truth};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// The value of a term.
#[derive(Clone, Debug)]
pub enum Number {
    Value(Real),
    Undefined,
    /// the precision does not tell whether it has one
    Unclear,
}

impl Number {
    pub fn map(self, f: impl FnOnce(Real) -> Number) -> Number {
        match self {
            Number::Value(x) => f(x),
            other => other,
        }
    }

    pub fn or_unclear(x: Option<Real>) -> Number {
        x.map_or(Number::Unclear, Number::Value)
    }
}

#[derive(Clone, Debug)]
pub enum Value {
    Number(Number),
    Formula(Formula),
}

/// A point: a value for each variable.
pub type Point = HashMap<String, PointValue>;

#[derive(Clone, Debug)]
pub enum PointValue {
    Bool(bool),
    Number(Real),
}

struct Scope {
    names: HashMap<String, Value>,
    outer: Names,
}

type Names = Option<Rc<Scope>>;

pub struct Meaning<'a> {
    state: &'a State,
    point: &'a Point,
    delta: Real,
    /// definitions without parameters are evaluated once
    known: RefCell<HashMap<String, Value>>,
    /// a condition inside a term was decided, though weakened it could be decided otherwise as well
    pub close_choice: Cell<bool>,
    /// terms that may still be evaluated: calls of calls can be many
    patience: Cell<u32>,
}

type Outcome<T> = Result<T, String>;

impl<'a> Meaning<'a> {
    pub fn new(state: &'a State, point: &'a Point, delta: &Rational) -> Self {
        let known = RefCell::default();
        Meaning {
            state,
            point,
            delta: delta.clone().into(),
            known,
            close_choice: Cell::new(false),
            patience: Cell::new(300_000),
        }
    }

    pub fn formula(&self, term: &Sexpr) -> Outcome<Formula> {
        self.truth(term, &None)
    }

    pub fn value(&self, term: &Sexpr) -> Outcome<Value> {
        self.term(term, &None)
    }

    pub fn number(&self, term: &Sexpr) -> Outcome<Number> {
        self.numeric(term, &None)
    }

    fn truth(&self, term: &Sexpr, names: &Names) -> Outcome<Formula> {
        match self.term(term, names)? {
            Value::Formula(formula) => Ok(formula),
            Value::Number(_) => Err("a number where a formula belongs".to_owned()),
        }
    }

    fn numeric(&self, term: &Sexpr, names: &Names) -> Outcome<Number> {
        match self.term(term, names)? {
            Value::Number(number) => Ok(number),
            Value::Formula(_) => Err("a formula where a number belongs".to_owned()),
        }
    }

    fn name(&self, name: &str, names: &Names) -> Outcome<Value> {
        let mut scope = names;
        while let Some(inner) = scope {
            if let Some(value) = inner.names.get(name) {
                return Ok(value.clone());
            }
            scope = &inner.outer;
        }
        match name {
            "true" => return Ok(Value::Formula(Formula::of(true))),
            "false" => return Ok(Value::Formula(Formula::of(false))),
            _ => {}
        }
        if let Some(number) = parse(name) {
            return Ok(Value::Number(Number::Value(number.into())));
        }
        match self.point.get(name) {
            Some(PointValue::Bool(value)) => return Ok(Value::Formula(Formula::of(*value))),
            Some(PointValue::Number(value)) => return Ok(Value::Number(Number::Value(value.clone()))),
            None => {}
        }
        if let Some(value) = self.known.borrow().get(name) {
            return Ok(value.clone());
        }
        match self.state.definitions.get(name) {
            Some(definition) if definition.parameters.is_empty() => {
                let value = self.term(&definition.body, &None)?;
                self.known.borrow_mut().insert(name.to_owned(), value.clone());
                Ok(value)
            }
            _ => Err(format!("the name `{name}` has no value")),
        }
    }

    fn term(&self, term: &Sexpr, names: &Names) -> Outcome<Value> {
        let left = self.patience.get().checked_sub(1).ok_or("a term that is too large to evaluate")?;
        self.patience.set(left);
        let Some((head, operands)) = term.headed() else {
            return match term {
                Sexpr::Atom(atom) => self.name(atom, names),
                _ => Err("a term that the judge does not know".to_owned()),
            };
        };
        match head {
            "!" => return self.term(&operands[0], names),
            "let" => {
                let mut inner = HashMap::new();
                for binding in operands[0].list().ok_or("let without bindings")? {
                    let [Sexpr::Atom(name), value] = binding.list().unwrap_or_default() else {
                        return Err("a binding".to_owned());
                    };
                    inner.insert(name.clone(), self.term(value, names)?);
                }
                return self.term(&operands[1], &Some(Rc::new(Scope { names: inner, outer: names.clone() })));
            }
            "forall" | "exists" => return self.quantified(head == "forall", operands, names).map(Value::Formula),
            "ite" => return self.choice(operands, names),
            _ => {}
        }
        if let Some(definition) = self.state.definitions.get(head).filter(|d| !d.parameters.is_empty()) {
            return self.call(definition, operands, names);
        }
        if let Some(formula) = self.connective(head, operands, names)? {
            return Ok(Value::Formula(formula));
        }
        let mut values = Vec::new();
        for operand in operands {
            match self.numeric(operand, names)? {
                Number::Value(x) => values.push(x),
                none => return Ok(Value::Number(none)),
            }
        }
        functions::apply(head, &values).map(Value::Number)
    }

    fn call(&self, definition: &Definition, operands: &[Sexpr], names: &Names) -> Outcome<Value> {
        if definition.parameters.len() != operands.len() {
            return Err("a call with other operands than parameters".to_owned());
        }
        let values: Outcome<Vec<Value>> = operands.iter().map(|operand| self.term(operand, names)).collect();
        let names = definition.parameters.iter().cloned().zip(values?).collect();
        self.term(&definition.body, &Some(Rc::new(Scope { names, outer: None })))
    }

    fn choice(&self, operands: &[Sexpr], names: &Names) -> Outcome<Value> {
        let [condition, yes, no] = operands else { return Err("ite with other than three operands".to_owned()) };
        let condition = self.truth(condition, names)?;
        let (yes, no) = (self.term(yes, names)?, self.term(no, names)?);
        let (yes, no) = match (yes, no) {
            (Value::Formula(yes), Value::Formula(no)) => {
                let choice = |c: Pair, f: fn(&Formula) -> Pair| c.choice(f(&yes), f(&no));
                let (exact, weak) = (choice(condition.exact, |f| f.exact), choice(condition.weak, |f| f.weak));
                return Ok(Value::Formula(Formula { exact, weak }));
            }
            (Value::Number(yes), Value::Number(no)) => (yes, no),
            _ => return Err("ite between a number and a formula".to_owned()),
        };
        if condition.weak.holds != No && condition.weak.fails != No {
            self.close_choice.set(true);
        }
        Ok(Value::Number(match (condition.exact.holds, condition.exact.fails) {
            (Yes, _) => yes,
            (_, Yes) => no,
            (No, No) => Number::Undefined,
            _ => Number::Unclear,
        }))
    }

    fn connective(&self, head: &str, operands: &[Sexpr], names: &Names) -> Outcome<Option<Formula>> {
        let all = |f: fn(Formula, Formula) -> Formula, start: Option<Formula>| {
            let mut result = start;
            for operand in operands {
                let next = self.truth(operand, names)?;
                result = Some(result.map_or(next, |before| f(before, next)));
            }
            result.map(Some).ok_or_else(|| "no operands".to_owned())
        };
        match head {
            "not" => Ok(Some(self.truth(operands.first().ok_or("no operand")?, names)?.each(Pair::not))),
            "and" => all(|a, b| a.with(b, Pair::and), Some(Formula::of(true))),
            "or" => all(|a, b| a.with(b, Pair::or), Some(Formula::of(false))),
            "xor" => all(|a, b| a.with(b, |a, b| a.same(b).not()), None),
            "=>" | "implies" => {
                let (last, before) = operands.split_last().ok_or("no operands")?;
                let mut result = self.truth(last, names)?;
                for operand in before.iter().rev() {
                    result = self.truth(operand, names)?.with(result, |a, b| a.not().or(b));
                }
                Ok(Some(result))
            }
            "=" | "distinct" | "<" | "<=" | ">" | ">=" => {
                let values: Outcome<Vec<Value>> = operands.iter().map(|x| self.term(x, names)).collect();
                self.compared(head, &values?).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A chain of comparisons, or `distinct` of each two.
    fn compared(&self, head: &str, values: &[Value]) -> Outcome<Formula> {
        let mut result = Formula::of(true);
        for (i, x) in values.iter().enumerate() {
            let others = if head == "distinct" { &values[i + 1..] } else { &values[i + 1..values.len().min(i + 2)] };
            for y in others {
                let atom = match (x, y) {
                    (Value::Number(x), Value::Number(y)) => self.atom(head, x, y),
                    (Value::Formula(x), Value::Formula(y)) if head == "=" => x.with(*y, Pair::same),
                    (Value::Formula(x), Value::Formula(y)) if head == "distinct" => x.with(*y, |a, b| a.same(b).not()),
                    _ => return Err(format!("`{head}` between unlike things")),
                };
                result = result.with(atom, Pair::and);
            }
        }
        Ok(result)
    }

    fn atom(&self, head: &str, x: &Number, y: &Number) -> Formula {
        let (x, y) = match (x, y) {
            (Number::Undefined, _) | (_, Number::Undefined) => {
                return Formula { exact: Pair::NEITHER, weak: Pair::NEITHER };
            }
            (Number::Value(x), Number::Value(y)) => (x, y),
            _ => return Formula { exact: Pair::OPEN, weak: Pair::OPEN },
        };
        let exact = |truth: Option<bool>| Pair { holds: truth.into(), fails: truth.map(|t| !t).into() };
        let negligible = self.delta.sign() == Some(0);
        let weak_at_most = |x: &Real, y: &Real| Truth::from(x.at_most(&y.add(&self.delta)));
        let (stands, weak) = match head {
            "=" | "distinct" => {
                let equal = x.sub(y).sign().map(|sign| sign == 0);
                let near = weak_at_most(x, y).and(weak_at_most(y, x));
                (exact(equal), Pair { holds: near, fails: Yes })
            }
            "<" => (exact(x.below(y)), Pair { holds: weak_at_most(x, y), fails: weak_at_most(y, x) }),
            "<=" => (exact(x.at_most(y)), Pair { holds: weak_at_most(x, y), fails: weak_at_most(y, x) }),
            ">" => (exact(y.below(x)), Pair { holds: weak_at_most(y, x), fails: weak_at_most(x, y) }),
            _ => (exact(y.at_most(x)), Pair { holds: weak_at_most(y, x), fails: weak_at_most(x, y) }),
        };
        let formula = Formula { exact: stands, weak: if negligible { stands } else { weak } };
        if head == "distinct" { formula.each(Pair::not) } else { formula }
    }

    /// A quantifier is tried at some values of its variables; only of Booleans these are all.
    fn quantified(&self, forall: bool, operands: &[Sexpr], names: &Names) -> Outcome<Formula> {
        let mut choices = Vec::new();
        let mut exhaustive = true;
        for binding in operands[0].list().ok_or("a quantifier without variables")? {
            let (name, sort) = binding.headed().ok_or("a quantifier's variable")?;
            let (values, all) = self.samples(sort, names)?;
            exhaustive &= all;
            choices.push((name.to_owned(), values));
        }
        if choices.len() > 3 {
            return Ok(Formula { exact: Pair::OPEN, weak: Pair::OPEN });
        }
        let mut result = Formula::of(forall);
        let total: usize = choices.iter().map(|(_, values)| values.len()).product();
        for mut index in 0..total {
            let mut inner = HashMap::new();
            for (name, values) in &choices {
                inner.insert(name.clone(), values[index % values.len()].clone());
                index /= values.len();
            }
            let names = Some(Rc::new(Scope { names: inner, outer: names.clone() }));
            let body = self.truth(&operands[1], &names)?;
            result = result.with(body, if forall { Pair::and } else { Pair::or });
        }
        if !exhaustive {
            // what was not tried may hold or not
            result =
                result.with(Formula { exact: Pair::OPEN, weak: Pair::OPEN }, if forall { Pair::and } else { Pair::or });
        }
        Ok(result)
    }

    fn samples(&self, sort: &[Sexpr], names: &Names) -> Outcome<(Vec<Value>, bool)> {
        let kind = sort.first().and_then(Sexpr::atom).unwrap_or_default();
        if kind == "Bool" {
            return Ok(([true, false].map(|b| Value::Formula(Formula::of(b))).to_vec(), true));
        }
        let mut ends = [whole(-10), whole(10)];
        if let Some(range) = sort.get(1).and_then(Sexpr::list) {
            for (end, term) in ends.iter_mut().zip(range) {
                if let Number::Value(x) = self.numeric(term, names)? {
                    *end = x.exact().cloned().ok_or("an end that is not rational")?;
                }
            }
        }
        let [lower, upper] = ends;
        let at = |n: i64| &lower + (&upper - &lower) * Rational::new(n.into(), 12.into());
        let points = [0, 1, 3, 5, 6, 8, 11, 12].map(at);
        let points = points.into_iter().map(|x| if kind == "Int" { x.floor() } else { x }).filter(|x| *x >= lower);
        Ok((points.map(|x| Value::Number(Number::Value(x.into()))).collect(), false))
    }

    /// Whether the point is in the declared ranges, as they stand.
    pub fn in_ranges(&self) -> Outcome<Option<String>> {
        for variable in &self.state.variables {
            let Some(PointValue::Number(x)) = self.point.get(&variable.name) else { continue };
            let binary = (Sexpr::Atom("0".to_owned()), Sexpr::Atom("1".to_owned()));
            let range = if variable.sort == Sort::Binary { Some(&binary) } else { variable.range.as_ref() };
            if let Some((lower, upper)) = range {
                let end = |term: &Sexpr| match term.atom() {
                    Some("inf" | "+inf" | "-inf") => Ok(None),
                    _ => self.number(term).map(Some),
                };
                if let Some(Number::Value(lower)) = end(lower)?
                    && lower.at_most(x) == Some(false)
                {
                    return Ok(Some(format!("{} = {} is below its range", variable.name, x.show())));
                }
                if let Some(Number::Value(upper)) = end(upper)?
                    && x.at_most(&upper) == Some(false)
                {
                    return Ok(Some(format!("{} = {} is above its range", variable.name, x.show())));
                }
            }
            if matches!(variable.sort, Sort::Int | Sort::Binary) && x.exact().is_none_or(|x| !x.is_integer()) {
                return Ok(Some(format!("{} = {} is no integer", variable.name, x.show())));
            }
        }
        Ok(None)
    }
}
