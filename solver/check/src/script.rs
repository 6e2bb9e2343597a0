//! Reads SMT-LIB scripts: what a user asserted before a `check-sat`.
//!
//! This is a reader of its own, small on purpose: what it does not know it refuses, and then nothing is proved.

use crate::formula::{Formula, Relation};
use crate::graph::{Function, Graph, Node};
use crate::rational::Rational;
use crate::sexpr::{Tree, read};
use std::collections::HashMap;

/// What is asked: is there no value of the variables that satisfies all of the assertions?
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// all expressions
    pub graph: Graph,
    /// the variables that are integers
    pub integers: Vec<Node>,
    /// the assertions, one after the other
    pub assertions: Vec<Formula>,
    symbols: HashMap<String, Value>,
    booleans: usize,
}

#[derive(Clone, Debug)]
enum Value {
    Real(Node),
    Bool(Formula, Formula),
    Macro(Vec<(String, bool)>, Tree),
}

type Bound<'a> = HashMap<&'a str, Value>;

/// The assertions in force at the `check`-th `check-sat` of a script, counted from 1.
///
/// # Errors
/// What was not understood.
pub fn problem(text: &str, check: usize) -> Result<Problem, String> {
    let mut problem = Problem::default();
    let mut scopes: Vec<(usize, HashMap<String, Value>)> = Vec::new();
    let mut seen = 0;
    for command in read(text)? {
        let parts = command.list().ok_or("expected a command in brackets")?;
        match parts.first().and_then(Tree::word).unwrap_or_default() {
            // an objective only asks for more
            "set-logic" | "set-option" | "set-info" | "exit" | "echo" | "minimize" | "maximize" => {}
            question if question.starts_with("get-") => {}
            "declare-fun" | "declare-const" => problem.declare(parts)?,
            "define-fun" | "define-const" => problem.define(parts)?,
            "assert" => {
                let [_, term] = parts else { return Err("expected one formula in `assert`".into()) };
                let (formula, _) = problem.formula(unnamed(term), &Bound::new())?;
                problem.assertions.push(formula);
            }
            "push" => (0..count(parts)?).for_each(|_| scopes.push((problem.assertions.len(), problem.symbols.clone()))),
            "pop" => {
                for _ in 0..count(parts)? {
                    let (assertions, symbols) = scopes.pop().ok_or("`pop` without a `push`")?;
                    problem.assertions.truncate(assertions);
                    problem.symbols = symbols;
                }
            }
            "check-sat" => {
                seen += 1;
                if seen == check {
                    return Ok(problem);
                }
            }
            other => return Err(format!("the command `{other}` is not supported")),
        }
    }
    Err(format!("the script has {seen} `check-sat`, and the proof is about number {check}"))
}

fn count(parts: &[Tree]) -> Result<usize, String> {
    let number = parts.get(1).and_then(Tree::word).unwrap_or("1");
    number.parse().ok().filter(|n| *n < 1000).ok_or_else(|| format!("`{number}` scopes, expected a small number"))
}

/// The formula in `(! formula :named name)`.
fn unnamed(term: &Tree) -> &Tree {
    match term.list() {
        Some([Tree::Word(mark), inner, ..]) if mark == "!" => inner,
        _ => term,
    }
}

fn is_bool(sort: &Tree) -> Result<bool, String> {
    match sort.word() {
        Some("Bool") => Ok(true),
        Some("Real" | "Int") => Ok(false),
        _ => Err("a sort other than Real, Int and Bool".into()),
    }
}

impl Problem {
    fn declare(&mut self, parts: &[Tree]) -> Result<(), String> {
        let (name, sort, domain) = match parts {
            [_, Tree::Word(name), Tree::List(none), sort, domain @ ..] if none.is_empty() => (name, sort, domain),
            [_, Tree::Word(name), sort @ Tree::Word(_), domain @ ..] => (name, sort, domain),
            _ => return Err("a declaration of a function with arguments is not supported".into()),
        };
        if is_bool(sort)? {
            let number = self.booleans;
            self.booleans += 1;
            let (yes, no) = (Formula::Literal(number, true), Formula::Literal(number, false));
            self.symbols.insert(name.clone(), Value::Bool(yes, no));
            return Ok(());
        }
        let x = self.graph.variable(name);
        if sort.word() == Some("Int") {
            self.integers.push(x);
        }
        self.symbols.insert(name.clone(), Value::Real(x));
        if let [Tree::List(ends)] = domain {
            let [low, high] = &ends[..] else { return Err(format!("the domain of `{name}` needs two ends")) };
            if let Some(low) = self.end(low, "-inf")? {
                let above = self.graph.sub(x, low);
                self.assertions.push(Formula::Atom(above, Relation::Ge));
            }
            if let Some(high) = self.end(high, "inf")? {
                let below = self.graph.sub(high, x);
                self.assertions.push(Formula::Atom(below, Relation::Ge));
            }
        }
        Ok(())
    }

    /// The end of a domain, unless it is infinite.
    fn end(&mut self, tree: &Tree, infinite: &str) -> Result<Option<Node>, String> {
        match tree.word() {
            Some(word) if word.trim_start_matches('+') == infinite => Ok(None),
            _ => self.real(tree, &Bound::new()).map(Some),
        }
    }

    fn define(&mut self, parts: &[Tree]) -> Result<(), String> {
        let (name, arguments, sort, body) = match parts {
            [_, Tree::Word(name), Tree::List(arguments), sort, body] => (name, &arguments[..], sort, body),
            [_, Tree::Word(name), sort, body] => (name, &[][..], sort, body),
            _ => return Err("expected a name, arguments, a sort and a term in a definition".into()),
        };
        is_bool(sort)?;
        let argument = |argument: &Tree| match argument.list() {
            Some([Tree::Word(name), sort]) => Ok((name.clone(), is_bool(sort)?)),
            _ => Err(String::from("expected `(name sort)` as an argument")),
        };
        let arguments: Vec<(String, bool)> = arguments.iter().map(argument).collect::<Result<_, _>>()?;
        let value = match arguments.is_empty() {
            true => self.value(body, &Bound::new())?,
            false => Value::Macro(arguments, body.clone()),
        };
        self.symbols.insert(name.clone(), value);
        Ok(())
    }

    /// A term of the script's language over the script's variables.
    ///
    /// # Errors
    /// What was not understood.
    pub fn term(&mut self, tree: &Tree, named: &HashMap<String, Node>) -> Result<Node, String> {
        let bound: Bound<'_> = named.iter().map(|(name, node)| (name.as_str(), Value::Real(*node))).collect();
        self.real(tree, &bound)
    }

    fn real(&mut self, tree: &Tree, bound: &Bound<'_>) -> Result<Node, String> {
        match self.value(tree, bound)? {
            Value::Real(node) => Ok(node),
            _ => Err("a formula where a number was expected".into()),
        }
    }

    /// A formula and its negation.
    fn formula(&mut self, tree: &Tree, bound: &Bound<'_>) -> Result<(Formula, Formula), String> {
        match self.value(tree, bound)? {
            Value::Bool(yes, no) => Ok((yes, no)),
            _ => Err("a number where a formula was expected".into()),
        }
    }

    fn value<'a>(&mut self, tree: &'a Tree, bound: &Bound<'a>) -> Result<Value, String> {
        let parts = match tree {
            Tree::Word(word) => return self.word(word, bound),
            Tree::List(parts) => parts,
        };
        let (head, rest) = parts.split_first().ok_or("an empty list where a term was expected")?;
        let head = head.word().ok_or("a list where an operator was expected")?;
        match (head, rest) {
            ("let", [Tree::List(bindings), body]) => {
                let mut inner = bound.clone();
                for binding in bindings {
                    let Some([Tree::Word(name), term]) = binding.list() else { return Err("a bad `let`".into()) };
                    inner.insert(name, self.value(term, bound)?);
                }
                return self.value(body, &inner);
            }
            ("!", [term, ..]) => return self.value(term, bound),
            _ => {}
        }
        if let Some(Value::Macro(arguments, body)) = self.symbols.get(head).cloned() {
            if arguments.len() != rest.len() {
                return Err(format!("`{head}` with {} arguments, expected {}", rest.len(), arguments.len()));
            }
            let mut inner = Bound::new();
            let mut values = Vec::new();
            for term in rest {
                values.push(self.value(term, bound)?);
            }
            for ((name, _), value) in arguments.iter().zip(values) {
                inner.insert(name.as_str(), value);
            }
            return self.value(&body, &inner);
        }
        let mut values = Vec::new();
        for term in rest {
            values.push(self.value(term, bound)?);
        }
        self.apply(head, &values)
    }

    fn word(&mut self, word: &str, bound: &Bound<'_>) -> Result<Value, String> {
        if let Some(value) = bound.get(word).or_else(|| self.symbols.get(word)) {
            return Ok(value.clone());
        }
        match word {
            "true" => Ok(Value::Bool(Formula::TRUE, Formula::FALSE)),
            "false" => Ok(Value::Bool(Formula::FALSE, Formula::TRUE)),
            _ => match Rational::parse(word) {
                Some(value) => Ok(Value::Real(self.graph.constant(value))),
                None => Err(format!("`{word}` is neither declared nor a number")),
            },
        }
    }

    fn apply(&mut self, head: &str, values: &[Value]) -> Result<Value, String> {
        let numbers: Option<Vec<Node>> =
            values.iter().map(|v| if let Value::Real(x) = v { Some(*x) } else { None }).collect();
        let formulas: Option<Vec<(Formula, Formula)>> = values
            .iter()
            .map(|v| if let Value::Bool(yes, no) = v { Some((yes.clone(), no.clone())) } else { None })
            .collect();
        if let (Some(x), false) = (&numbers, values.is_empty()) {
            if let Some(formula) = self.compare(head, x) {
                return Ok(formula);
            }
            if let Some(node) = self.number(head, x) {
                return Ok(Value::Real(node));
            }
        }
        if let Some(parts) = formulas
            && let Some((yes, no)) = connect(head, &parts).filter(fits)
        {
            return Ok(Value::Bool(yes, no));
        }
        if let ("ite", [Value::Bool(yes, no), a, b]) = (head, values) {
            return self.choose(yes, no, a, b).and_then(|value| match &value {
                Value::Bool(yes, no) if !fits(&(yes.clone(), no.clone())) => Err("a formula is too long".into()),
                _ => Ok(value),
            });
        }
        Err(format!("`{head}` with these {} arguments is not supported", values.len()))
    }

    fn choose(&mut self, yes: &Formula, no: &Formula, a: &Value, b: &Value) -> Result<Value, String> {
        match (a, b) {
            (Value::Bool(a, not_a), Value::Bool(b, not_b)) => {
                let either = |a: &Formula, b: &Formula| {
                    Formula::and(vec![
                        Formula::or(vec![no.clone(), a.clone()]),
                        Formula::or(vec![yes.clone(), b.clone()]),
                    ])
                };
                Ok(Value::Bool(either(a, b), either(not_a, not_b)))
            }
            (&Value::Real(a), &Value::Real(b)) => match yes {
                Formula::Atom(c, Relation::Ge | Relation::Gt) => Ok(Value::Real(self.graph.ite(*c, a, b))),
                Formula::And(parts) if parts.is_empty() => Ok(Value::Real(a)),
                Formula::Or(parts) if parts.is_empty() => Ok(Value::Real(b)),
                _ => Err("an `ite` on anything but an inequality is not supported".into()),
            },
            _ => Err("the branches of an `ite` are of different sorts".into()),
        }
    }

    fn compare(&mut self, head: &str, x: &[Node]) -> Option<Value> {
        let (forward, relation, negated) = match head {
            ">=" => (true, Relation::Ge, Relation::Gt),
            ">" => (true, Relation::Gt, Relation::Ge),
            "<=" => (false, Relation::Ge, Relation::Gt),
            "<" => (false, Relation::Gt, Relation::Ge),
            "=" => (true, Relation::Eq, Relation::Ne),
            "distinct" => (true, Relation::Ne, Relation::Eq),
            _ => return None,
        };
        let pairs: Vec<(usize, usize)> = match head {
            "distinct" => (0..x.len()).flat_map(|i| (i + 1..x.len()).map(move |j| (i, j))).collect(),
            _ => (1..x.len()).map(|i| (i - 1, i)).collect(),
        };
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for (i, j) in pairs {
            let difference = if forward { self.graph.sub(x[i], x[j]) } else { self.graph.sub(x[j], x[i]) };
            yes.push(Formula::Atom(difference, relation));
            no.push(match negated {
                // `e < 0` is `−e > 0`
                Relation::Ge | Relation::Gt => Formula::Atom(self.graph.neg(difference), negated),
                _ => Formula::Atom(difference, negated),
            });
        }
        Some(Value::Bool(Formula::and(yes), Formula::or(no)))
    }

    fn number(&mut self, head: &str, x: &[Node]) -> Option<Node> {
        let graph = &mut self.graph;
        let (one, zero) = (Rational::integer(1), Rational::integer(0));
        let function = match head {
            "sqrt" => Function::Sqrt,
            "exp" => Function::Exp,
            "log" => Function::Ln,
            "sin" => Function::Sin,
            "cos" => Function::Cos,
            "tan" => Function::Tan,
            "asin" | "arcsin" => Function::Asin,
            "acos" | "arccos" => Function::Acos,
            "atan" | "arctan" => Function::Atan,
            "sinh" => Function::Sinh,
            "cosh" => Function::Cosh,
            "tanh" => Function::Tanh,
            "abs" => Function::Abs,
            _ => {
                return match (head, x) {
                    ("+", _) => {
                        let terms: Vec<(Rational, Node)> = x.iter().map(|x| (one.clone(), *x)).collect();
                        Some(graph.linear(&terms, zero))
                    }
                    ("-", [x]) => Some(graph.neg(*x)),
                    ("-", [first, rest @ ..]) => {
                        let minus = rest.iter().map(|x| (one.neg(), *x));
                        let terms: Vec<(Rational, Node)> =
                            std::iter::once((one.clone(), *first)).chain(minus).collect();
                        Some(graph.linear(&terms, zero))
                    }
                    ("*", [first, rest @ ..]) => Some(rest.iter().fold(*first, |product, x| graph.mul(product, *x))),
                    ("/", [first, rest @ ..]) => Some(rest.iter().fold(*first, |quotient, x| graph.div(quotient, *x))),
                    ("^" | "pow", [x, y]) => Some(graph.pow(*x, *y)),
                    ("max", [x, y]) => Some(graph.max(*x, *y)),
                    ("min", [x, y]) => {
                        let (x, y) = (graph.neg(*x), graph.neg(*y));
                        let max = graph.max(x, y);
                        Some(graph.neg(max))
                    }
                    ("arctan2" | "atan2", [y, x]) => Some(graph.atan2(*y, *x)),
                    _ => None,
                };
            }
        };
        match x {
            [x] => Some(graph.apply(function, *x)),
            _ => None,
        }
    }
}

/// Formulas are written out to so many atoms at most.
const LONGEST: usize = 1 << 17;

/// Whether a formula and its negation are short enough to be written out.
fn fits((yes, no): &(Formula, Formula)) -> bool {
    fn size(formula: &Formula) -> usize {
        match formula {
            Formula::Atom(..) | Formula::Literal(..) => 1,
            Formula::And(parts) | Formula::Or(parts) => 1 + parts.iter().map(size).sum::<usize>(),
        }
    }
    size(yes) + size(no) <= LONGEST
}

/// A connective over formulas and their negations.
fn connect(head: &str, parts: &[(Formula, Formula)]) -> Option<(Formula, Formula)> {
    let (yes, no): (Vec<Formula>, Vec<Formula>) = parts.iter().cloned().unzip();
    let same = |a: &(Formula, Formula), b: &(Formula, Formula)| {
        let both = |a: &Formula, b: &Formula| Formula::and(vec![a.clone(), b.clone()]);
        let equal = Formula::or(vec![both(&a.0, &b.0), both(&a.1, &b.1)]);
        (equal, Formula::or(vec![both(&a.0, &b.1), both(&a.1, &b.0)]))
    };
    match (head, parts) {
        ("xor" | "=", [a, b, _, ..]) => {
            // `xor` associates to the left, and `=` chains
            let first = connect(head, &[a.clone(), b.clone()]).filter(fits)?;
            match head {
                "xor" => connect(head, &[&[first], &parts[2..]].concat()),
                _ => connect("and", &[first, connect(head, &parts[1..])?]),
            }
        }
        ("and", _) => Some((Formula::and(yes), Formula::or(no))),
        ("or", _) => Some((Formula::or(yes), Formula::and(no))),
        ("not", [(yes, no)]) => Some((no.clone(), yes.clone())),
        ("=>", [.., _]) => {
            let last = parts.len() - 1;
            let either = no[..last].iter().chain(&yes[last..]).cloned().collect();
            let none = yes[..last].iter().chain(&no[last..]).cloned().collect();
            Some((Formula::or(either), Formula::and(none)))
        }
        ("xor", [a, b]) => Some(same(a, b)).map(|(equal, different)| (different, equal)),
        ("=", [a, b]) => Some(same(a, b)),
        _ => None,
    }
}
