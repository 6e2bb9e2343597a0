//! The reader of VNN-LIB 1.0: SMT-LIB declarations of inputs `X_i` and outputs `Y_j`, and assertions about them; and of
//! version 2 with a single network, whose input and output are declared as tensors (`network`).
//!
//! An assertion is any nesting of `and`, `or`, `not`, `=>` and comparisons (`<=`, `>=`, `<`, `>`, `=`, in version 2 `==` and
//! `!=`) of linear terms (`+`, `-`, `*`, `/`). All assertions together describe the *counterexamples*: the property holds when nothing satisfies
//! them. Decimals are the exact rationals that they spell.
//!
//! A strict comparison is read as what it says: a witness has to satisfy it strictly. Where nothing satisfies even its
//! closure, nothing satisfies it either, so it is proved no less soundly than a weak one.
//!
//! The reader keeps its own stack of open lists and reduces each one where it closes, so the depth of a file is limited by
//! memory alone. A `not` is applied on the way down: each list knows whether it counts or its negation.

mod network;
mod term;
mod token;

use super::normal::{Atoms, Disjunction, Position, TooLarge, cases, going_on};
use super::{Property, PropertyError};
use deltasat::budget::Budget;
use deltasat::exact::{Rational, rational};
use num_traits::{One, Zero};
use std::collections::BTreeMap;
use term::{MAX_BITS, Sum, Variable};
use token::{Token, Tokens, unexpected};

/// Commands that do not change what is asserted.
const IGNORED: [&str; 7] = ["set-logic", "set-info", "set-option", "check-sat", "get-model", "get-value", "exit"];

/// Reads a property.
///
/// # Errors
/// With line and column, what is wrong there and what was expected: a text that is no VNN-LIB, a name other than `X_i` or
/// `Y_j`, a gap in their numbers, a term that is not linear, an input without a bound, or too many cases.
pub fn read(bytes: &[u8]) -> Result<Property, PropertyError> {
    read_within(bytes, &Budget::unlimited())
}

/// Reads a property, as far as a budget allows.
///
/// # Errors
/// As [`read`], and the limit that was reached before the end.
pub fn read_within(bytes: &[u8], budget: &Budget) -> Result<Property, PropertyError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = &bytes[..error.valid_up_to()];
        let line = valid.iter().filter(|&&b| b == b'\n').count() + 1;
        let column = valid.iter().rev().take_while(|&&b| b != b'\n').count() + 1;
        Position { line, column }.error("a byte that is not UTF-8, expected text")
    })?;
    let tokens = Tokens::new(text);
    let mut reader = Reader {
        tokens,
        declared: BTreeMap::new(),
        tensors: Vec::new(),
        atoms: Atoms::default(),
        asserted: Vec::new(),
        budget,
    };
    while reader.command()? {}
    reader.finish()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    And,
    Or,
    Not,
    Implies,
    AtMost,
    AtLeast,
    Below,
    Above,
    Equal,
    Unequal,
    Plus,
    Minus,
    Times,
    Over,
}

impl Operator {
    const NAMES: [(&'static str, Operator); 15] = [
        ("and", Operator::And),
        ("or", Operator::Or),
        ("not", Operator::Not),
        ("=>", Operator::Implies),
        ("<=", Operator::AtMost),
        (">=", Operator::AtLeast),
        ("<", Operator::Below),
        (">", Operator::Above),
        ("=", Operator::Equal),
        ("==", Operator::Equal),
        ("!=", Operator::Unequal),
        ("+", Operator::Plus),
        ("-", Operator::Minus),
        ("*", Operator::Times),
        ("/", Operator::Over),
    ];

    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, operator)| *operator == self).map_or("", |(name, _)| name)
    }

    fn connects_formulas(self) -> bool {
        matches!(self, Operator::And | Operator::Or | Operator::Not | Operator::Implies)
    }

    /// Whether the list is a term rather than a formula.
    fn makes_term(self) -> bool {
        matches!(self, Operator::Plus | Operator::Minus | Operator::Times | Operator::Over)
    }

    /// The least and the greatest number of operands, and how to say that.
    fn operands(self) -> (usize, usize, &'static str) {
        match self {
            Operator::Not => (1, 1, "one"),
            Operator::Implies | Operator::Unequal => (2, 2, "two"),
            Operator::And | Operator::Or | Operator::Plus | Operator::Minus | Operator::Times => {
                (1, usize::MAX, "at least one")
            }
            _ => (2, usize::MAX, "at least two"),
        }
    }
}

enum Value {
    Term(Sum),
    Formula(Disjunction),
}

/// A list that is still open.
struct Open {
    operator: Operator,
    at: Position,
    /// whether it counts, or its negation
    counts: bool,
    terms: Vec<Sum>,
    formulas: Vec<Disjunction>,
}

impl Open {
    /// Whether the next operand counts where the list does not.
    fn negates(&self) -> bool {
        self.operator == Operator::Not || (self.operator == Operator::Implies && self.formulas.is_empty())
    }
}

struct Reader<'t> {
    tokens: Tokens<'t>,
    declared: BTreeMap<Variable, Position>,
    /// of version 2
    tensors: Vec<network::Tensor>,
    atoms: Atoms,
    asserted: Vec<Disjunction>,
    budget: &'t Budget,
}

impl Reader<'_> {
    /// Reads one command; false at the end of the text.
    fn command(&mut self) -> Result<bool, PropertyError> {
        const COMMANDS: &str = "a command such as (declare-const X_0 Real) or (assert …)";
        match self.tokens.next() {
            (Token::End, _) => return Ok(false),
            (Token::Open, _) => {}
            (other, at) => return Err(unexpected(other, at, COMMANDS)),
        }
        let (name, at) = self.tokens.word("a command such as declare-const or assert")?;
        match name {
            "declare-const" | "declare-fun" => self.declaration(name == "declare-fun")?,
            "vnnlib-version" => self.version()?,
            "declare-network" => self.network(at)?,
            "assert" => {
                let formula = self.formula(at)?;
                self.asserted.push(formula);
                self.tokens.expect(Token::Close, "`)`: an assertion is one formula")?;
            }
            _ if IGNORED.contains(&name) => self.skip(at)?,
            _ => return Err(unexpected(Token::Word(name), at, "declare-const, declare-fun or assert")),
        }
        Ok(true)
    }

    fn declaration(&mut self, function: bool) -> Result<(), PropertyError> {
        let (name, at) = self.tokens.word("a name such as X_0")?;
        let variable = Variable::parse(name);
        let variable = variable
            .ok_or_else(|| unexpected(Token::Word(name), at, "an input X_0, X_1, … or an output Y_0, Y_1, …"))?;
        if function {
            let none = "`()`: a variable has no arguments";
            self.tokens.expect(Token::Open, none)?;
            self.tokens.expect(Token::Close, none)?;
        }
        let (sort, sort_at) = self.tokens.word("the sort Real")?;
        if sort != "Real" {
            return Err(unexpected(Token::Word(sort), sort_at, "the sort Real"));
        }
        self.tokens.expect(Token::Close, "`)`")?;
        if let Some(before) = self.declared.insert(variable, at) {
            return Err(at.error(format!("{name} again, expected a name not declared before (line {})", before.line)));
        }
        Ok(())
    }

    /// Skips the rest of a command.
    fn skip(&mut self, opened: Position) -> Result<(), PropertyError> {
        let mut depth = 1usize;
        while depth > 0 {
            match self.tokens.next() {
                (Token::Open, _) => depth += 1,
                (Token::Close, _) => depth -= 1,
                (Token::Word(_), _) => {}
                (Token::End, at) => return Err(unclosed(at, opened)),
            }
        }
        Ok(())
    }

    /// Reads one formula.
    fn formula(&mut self, assert: Position) -> Result<Disjunction, PropertyError> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            going_on(self.budget)?;
            let counts = open.last().is_none_or(|o| o.counts != o.negates());
            let (token, mut at) = self.tokens.next();
            let value = match token {
                Token::Open => {
                    let operator = self.operator()?;
                    open.push(Open { operator, at, counts, terms: Vec::new(), formulas: Vec::new() });
                    continue;
                }
                Token::Word("true") => Value::Formula(Disjunction::constant(counts)),
                Token::Word("false") => Value::Formula(Disjunction::constant(!counts)),
                Token::Word(word) => Value::Term(self.term(word, at)?),
                Token::Close => {
                    let Some(list) = open.pop() else { return Err(unexpected(token, at, "a formula")) };
                    at = list.at;
                    self.reduce(list)?
                }
                Token::End => return Err(unclosed(at, open.last().map_or(assert, |list| list.at))),
            };
            match (open.last_mut(), value) {
                (None, Value::Formula(formula)) => return Ok(formula),
                (None, Value::Term(_)) => {
                    return Err(at.error("a term, expected a formula such as (<= X_0 1)"));
                }
                (Some(list), Value::Formula(formula)) if list.operator.connects_formulas() => {
                    list.formulas.push(formula);
                }
                (Some(list), Value::Term(term)) if !list.operator.connects_formulas() => list.terms.push(term),
                (Some(list), Value::Formula(_)) => {
                    return Err(at.error(format!("a formula in `{}`, expected a term", list.operator.name())));
                }
                (Some(list), Value::Term(_)) => {
                    return Err(at.error(format!("a term in `{}`, expected a formula", list.operator.name())));
                }
            }
        }
    }

    /// The operator that a list begins with.
    fn operator(&mut self) -> Result<Operator, PropertyError> {
        let names = || Operator::NAMES.map(|(name, _)| name).join(", ");
        match self.tokens.next() {
            (Token::Word(word), at) => {
                let known = Operator::NAMES.iter().find(|(name, _)| *name == word);
                known
                    .map(|(_, operator)| *operator)
                    .ok_or_else(|| unexpected(Token::Word(word), at, &format!("one of {}", names())))
            }
            (other, at) => Err(unexpected(other, at, &format!("one of {}", names()))),
        }
    }

    /// A number or a variable.
    fn term(&mut self, word: &str, at: Position) -> Result<Sum, PropertyError> {
        let unsigned = word.strip_prefix(['-', '+']).unwrap_or(word);
        if unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            let decimal = word.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
            let value = rational::parse(word).ok().filter(|_| decimal);
            return value.map(Sum::constant).ok_or_else(|| {
                let limit = rational::MAX_DIGITS;
                unexpected(Token::Word(word), at, &format!("a decimal number of at most {limit} digits"))
            });
        }
        if !self.tensors.is_empty() {
            return self.element(word, at);
        }
        let variable = Variable::parse(word);
        let variable = variable.ok_or_else(|| unexpected(Token::Word(word), at, "a number, X_i or Y_j"))?;
        if !self.declared.contains_key(&variable) {
            return Err(at.error(format!("{word} is not declared, expected (declare-const {word} Real) before this")));
        }
        Ok(Sum { terms: BTreeMap::from([(variable, Rational::one())]), constant: Rational::zero() })
    }

    /// The value of a list that has closed.
    fn reduce(&mut self, list: Open) -> Result<Value, PropertyError> {
        let (operator, at) = (list.operator, list.at);
        let given = list.terms.len() + list.formulas.len();
        let (least, most, expected) = operator.operands();
        if given < least || given > most {
            return Err(at.error(format!("`{}` of {given} operands, expected {expected}", operator.name())));
        }
        if operator.makes_term() {
            let term = arithmetic(operator, list.terms, at)?;
            if !term.is_short() {
                return Err(at.error(format!("a number of more than {MAX_BITS} bits, expected a shorter one")));
            }
            return Ok(Value::Term(term));
        }
        let formula = if operator.connects_formulas() {
            // where the negation counts, De Morgan
            let conjunction = (operator == Operator::And) == list.counts;
            connect(conjunction, list.formulas)
        } else {
            self.comparison(operator, list.counts, list.terms, at)
        };
        formula.map(Value::Formula).map_err(|TooLarge| at.error(TooLarge::problem()))
    }

    /// A chain of comparisons, each of two neighbours.
    fn comparison(
        &mut self,
        operator: Operator,
        counts: bool,
        terms: Vec<Sum>,
        at: Position,
    ) -> Result<Disjunction, TooLarge> {
        let mut links = Vec::new();
        let mut terms = terms.into_iter().peekable();
        while let Some(left) = terms.next() {
            let Some(right) = terms.peek() else { break };
            let difference = right.clone().minus(left);
            links.push(match operator {
                Operator::Unequal => self.compare(Operator::Equal, !counts, difference, at)?,
                _ => self.compare(operator, counts, difference, at)?,
            });
        }
        connect(counts, links)
    }

    /// `left ⋈ right` or its negation, by `right − left`.
    fn compare(
        &mut self,
        operator: Operator,
        counts: bool,
        difference: Sum,
        at: Position,
    ) -> Result<Disjunction, TooLarge> {
        // (whether right − left is what must not be negative, whether strictly)
        let (forward, strict) = match operator {
            Operator::AtMost => (true, false),
            Operator::Below => (true, true),
            Operator::AtLeast => (false, false),
            Operator::Above => (false, true),
            _ => {
                let turned = difference.clone().times(&-Rational::one());
                let above = self.sign(difference, !counts, at)?;
                let below = self.sign(turned, !counts, at)?;
                return connect(counts, vec![above, below]);
            }
        };
        // the negation of d ≥ 0 is −d > 0
        let turned = forward != counts;
        let slack = if turned { difference.times(&-Rational::one()) } else { difference };
        self.sign(slack, strict == counts, at)
    }

    /// `slack ≥ 0` or `> 0`.
    fn sign(&mut self, slack: Sum, strict: bool, at: Position) -> Result<Disjunction, TooLarge> {
        if slack.is_constant() {
            let zero = Rational::zero();
            let holds = if strict { slack.constant > zero } else { slack.constant >= zero };
            return Ok(Disjunction::constant(holds));
        }
        self.atoms.push(slack.constraint(strict), at)
    }

    /// The property, once everything is read.
    fn finish(self) -> Result<Property, PropertyError> {
        let mut counts = [0; 2];
        for (&variable, at) in &self.declared {
            let (kind, index) = match variable {
                Variable::Input(i) => (0, i),
                Variable::Output(j) => (1, j),
            };
            let next = [Variable::Input, Variable::Output][kind](counts[kind]).name();
            if index != counts[kind] {
                return Err(at.error(format!("{} without {next}, expected numbers without a gap", variable.name())));
            }
            counts[kind] += 1;
        }
        let [inputs, outputs] = counts;
        if inputs == 0 {
            return Err(PropertyError::invalid("no input declared, expected (declare-const X_0 Real)"));
        }
        let cases = cases(self.asserted, &self.atoms, inputs, self.budget)?;
        Property::new(inputs, outputs, cases)
    }
}

fn unclosed(at: Position, opened: Position) -> PropertyError {
    let Position { line, column } = opened;
    unexpected(Token::End, at, &format!("`)` for line {line}, column {column}"))
}

/// All of the formulas, or any of them.
fn connect(conjunction: bool, formulas: Vec<Disjunction>) -> Result<Disjunction, TooLarge> {
    let mut result = Disjunction::constant(conjunction);
    for formula in formulas {
        result = if conjunction { result.and(formula)? } else { result.or(formula)? };
    }
    Ok(result)
}

/// The value of a term; `terms` is not empty.
fn arithmetic(operator: Operator, terms: Vec<Sum>, at: Position) -> Result<Sum, PropertyError> {
    let alone = terms.len() == 1;
    let mut terms = terms.into_iter();
    let mut result = terms.next().unwrap_or_default();
    if operator == Operator::Minus && alone {
        return Ok(result.times(&-Rational::one()));
    }
    for term in terms {
        result = match operator {
            Operator::Minus => result.minus(term),
            Operator::Times if term.is_constant() => result.times(&term.constant),
            Operator::Times if result.is_constant() => term.times(&result.constant),
            Operator::Times => {
                return Err(at.error("a product of variables, expected at most one factor that is not a number"));
            }
            Operator::Over if !term.is_constant() => {
                return Err(at.error("a division by a variable, expected a number"));
            }
            Operator::Over if term.constant.is_zero() => {
                return Err(at.error("a division by zero, expected another number"));
            }
            Operator::Over => result.times(&term.constant.recip()),
            _ => result.plus(term),
        };
    }
    Ok(result)
}
