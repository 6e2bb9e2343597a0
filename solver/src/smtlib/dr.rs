//! dReal's `.dr` format: variables with bounds, constraints in infix notation, perhaps something to minimise.
//!
//! ```text
//! prec: 0.01;
//! var:  [-1.25, 1.25] x;  [-1.25, 1.25] y;
//! ctr:  x^2 + y^2 <= (1 + 0.2 * cos(8 * atan(x / y)))^2;
//! cost: 0.1 * x * y;
//! ```
//!
//! `#` starts a comment. From loose to tight: `implies` (`=>`), `or` (`||`), `and` (`&&`), `not` (`!`), comparisons, `+ −`,
//! `* /`, the sign, `^`; implication and power associate to the right. Expressions are read with two stacks (Dijkstra's
//! shunting yard), so that nesting does not exhaust the thread's own.

use super::boolean::Signed;
use super::builtin::Builtin;
use super::context::{Declared, Global, Range, Role, SortName, Value};
use super::error::{ScriptError, Span};
use super::real::Sum;
use super::session::{Assertion, Objective, Session};
use super::settings::Source;
use crate::exact::{Constant, Rational, rational};
use crate::formula::Relation;

type Result<T> = std::result::Result<T, ScriptError>;

/// Reads a whole text into a session, which is then ready for [`Session::check_sat`].
///
/// # Errors
/// When the text breaks the grammar, or means nothing. What came before the error stays in the session.
pub fn read(text: &str, session: &mut Session) -> Result<()> {
    let mut parser = Parser { text, at: 0, peeked: None, session };
    while let Some((section, span)) = parser.take()? {
        let Token::Name(section) = section else {
            return Err(ScriptError::new("expected `prec:`, `const:`, `var:`, `ctr:` or `cost:`", span));
        };
        parser.expect(":")?;
        match section {
            "prec" => parser.precision()?,
            "const" => parser.entries(Parser::constant)?,
            "var" => parser.entries(Parser::variable)?,
            "ctr" => parser.entries(Parser::constraint)?,
            "cost" => parser.entries(Parser::cost)?,
            _ => {
                let message =
                    format!("unknown section `{section}:`, expected `prec:`, `const:`, `var:`, `ctr:` or `cost:`");
                return Err(ScriptError::new(message, span));
            }
        }
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Name(&'a str),
    Number(&'a str),
    Sign(&'a str),
}

impl Token<'_> {
    fn text(&self) -> &str {
        match self {
            Token::Name(text) | Token::Number(text) | Token::Sign(text) => text,
        }
    }
}

/// What waits on the stack of operators.
enum Waiting {
    Operator {
        builtin: Builtin,
        name: &'static str,
        operands: usize,
        precedence: u8,
        span: Span,
    },
    /// `(`, perhaps behind a function's name, with the number of values below its operands
    Open {
        function: Option<(Builtin, String)>,
        base: usize,
        span: Span,
    },
}

/// Precedence and right associativity of a binary operator.
fn binary(token: Token<'_>) -> Option<(Builtin, &'static str, u8, bool)> {
    let compare = |relation, name| (Builtin::Compare(relation), name, 5, false);
    Some(match token.text() {
        "implies" | "=>" | "->" => (Builtin::Implies, "=>", 1, true),
        "or" | "||" => (Builtin::Or, "or", 2, false),
        "and" | "&&" => (Builtin::And, "and", 3, false),
        "<" => compare(Relation::Lt, "<"),
        "<=" => compare(Relation::Le, "<="),
        ">" => compare(Relation::Gt, ">"),
        ">=" => compare(Relation::Ge, ">="),
        "=" | "==" => (Builtin::Equal, "=", 5, false),
        "!=" | "<>" => (Builtin::Distinct, "!=", 5, false),
        "+" => (Builtin::Add, "+", 6, false),
        "-" => (Builtin::Subtract, "-", 6, false),
        "*" => (Builtin::Multiply, "*", 7, false),
        "/" => (Builtin::Divide, "/", 7, false),
        "^" => (Builtin::Power, "^", 9, true),
        _ => return None,
    })
}

struct Parser<'a, 'b> {
    text: &'a str,
    at: usize,
    peeked: Option<(Token<'a>, Span)>,
    session: &'b mut Session,
}

impl<'a> Parser<'a, '_> {
    fn take(&mut self) -> Result<Option<(Token<'a>, Span)>> {
        match self.peeked.take() {
            Some(token) => Ok(Some(token)),
            None => self.next(),
        }
    }

    fn peek(&mut self) -> Result<Option<(Token<'a>, Span)>> {
        if self.peeked.is_none() {
            self.peeked = self.next()?;
        }
        Ok(self.peeked)
    }

    fn next(&mut self) -> Result<Option<(Token<'a>, Span)>> {
        loop {
            let rest = &self.text[self.at..];
            self.at += rest.len() - rest.trim_start().len();
            match self.text[self.at..].strip_prefix('#') {
                Some(comment) => self.at += 1 + comment.find('\n').unwrap_or(comment.len()),
                None => break,
            }
        }
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else { return Ok(None) };
        let length_while = |test: fn(char) -> bool| rest.find(|c| !test(c)).unwrap_or(rest.len());
        let (length, make): (usize, fn(&'a str) -> Token<'a>) = if first.is_ascii_digit() || first == '.' {
            (number_length(rest), Token::Number)
        } else if first.is_alphabetic() || first == '_' {
            (length_while(|c| c.is_alphanumeric() || c == '_' || c == '\''), Token::Name)
        } else {
            let double = ["<=", ">=", "==", "!=", "<>", "=>", "->", "||", "&&"];
            (if double.iter().any(|sign| rest.starts_with(sign)) { 2 } else { first.len_utf8() }, Token::Sign)
        };
        let span = Span::new(self.at, self.at + length);
        self.at += length;
        Ok(Some((make(&rest[..length]), span)))
    }

    /// Where the text ends.
    fn end(&self) -> Span {
        Span::new(self.text.len(), self.text.len())
    }

    fn expect(&mut self, sign: &str) -> Result<()> {
        match self.take()? {
            Some((token, _)) if token == Token::Sign(sign) => Ok(()),
            Some((token, span)) => Err(ScriptError::new(format!("found `{}`, expected `{sign}`", token.text()), span)),
            None => Err(ScriptError::new(format!("the text ends, expected `{sign}`"), self.end())),
        }
    }

    /// Entries, each up to its semicolon, as long as no new section begins.
    fn entries(&mut self, mut entry: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        while let Some((token, _)) = self.peek()? {
            if matches!(token, Token::Name("prec" | "const" | "var" | "ctr" | "cost"))
                && self.text[self.at..].trim_start().starts_with(':')
            {
                break;
            }
            entry(self)?;
            self.expect(";")?;
            if self.session.settings.budget.step() {
                // the rest is not read, and the session knows
                self.session.cut = self.session.settings.budget.stopped();
                (self.at, self.peeked) = (self.text.len(), None);
            }
        }
        Ok(())
    }

    fn precision(&mut self) -> Result<()> {
        let Some((Token::Number(text), span)) = self.take()? else {
            return Err(ScriptError::new("expected a number behind `prec:`", self.end()));
        };
        let set = self.session.settings.set_option("precision", text, Source::Script);
        set.map_err(|message| ScriptError::new(message, span))?;
        if let Some((Token::Sign(";"), _)) = self.peek()? {
            self.take()?;
        }
        Ok(())
    }

    /// A name that has no meaning yet.
    fn new_name(&mut self) -> Result<super::sexpr::Word> {
        match self.take()? {
            Some((Token::Name(name), span)) => {
                let context = &mut self.session.context;
                let word = context.words.intern(name);
                match context.global(word) {
                    Some(_) => Err(ScriptError::new(format!("`{name}` is declared twice, expected a new name"), span)),
                    None => Ok(word),
                }
            }
            Some((token, span)) => Err(ScriptError::new(format!("found `{}`, expected a name", token.text()), span)),
            None => Err(ScriptError::new("the text ends, expected a name", self.end())),
        }
    }

    fn constant(&mut self) -> Result<()> {
        let name = self.new_name()?;
        self.expect("=")?;
        let (value, _) = self.number()?;
        self.session.context.define(name, Global::Value(Value::Real(Constant::from_rational(value).into())));
        Ok(())
    }

    fn variable(&mut self) -> Result<()> {
        self.expect("[")?;
        let (lower, _) = self.number()?;
        self.expect(",")?;
        let (upper, _) = self.number()?;
        self.expect("]")?;
        let range = Range { lower: Some(lower), upper: Some(upper) };
        loop {
            let name = self.new_name()?;
            let context = &mut self.session.context;
            let declared = Declared { name, sort: SortName::Real, range: range.clone(), role: Role::Free };
            let (_, value) = context.declare(declared);
            context.define(name, Global::Value(value));
            if !matches!(self.peek()?, Some((Token::Sign(","), _))) {
                return Ok(());
            }
            self.take()?;
        }
    }

    fn constraint(&mut self) -> Result<()> {
        let formula = self.formula()?;
        self.session.assertions.push(Assertion { formula, name: None, source: None });
        Ok(())
    }

    fn formula(&mut self) -> Result<Signed> {
        match self.expression()? {
            (Value::Bool(formula), _) => Ok(formula),
            (Value::Real(_), span) => Err(ScriptError::new("a number, expected a comparison", span)),
        }
    }

    fn cost(&mut self) -> Result<()> {
        match self.expression()? {
            (Value::Real(sum), span) => {
                let expr = Sum::node(sum, &mut self.session.context.graph);
                let text = self.text.get(span.start as usize..span.end as usize).unwrap_or("cost");
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                self.session.objectives.push(Objective { expr, maximised: false, text });
                Ok(())
            }
            (Value::Bool(_), span) => Err(ScriptError::new("a comparison, expected a number", span)),
        }
    }

    /// An expression that is a constant.
    fn number(&mut self) -> Result<(Rational, Span)> {
        let (value, span) = self.expression()?;
        let constant = match value {
            Value::Real(sum) => {
                let graph = &mut self.session.context.graph;
                let id = sum.node(graph);
                graph.as_constant(id).map(Constant::to_rational)
            }
            Value::Bool(_) => None,
        };
        constant.map(|value| (value, span)).ok_or_else(|| ScriptError::new("expected a constant", span))
    }

    /// An expression up to whatever cannot belong to it, and its span.
    fn expression(&mut self) -> Result<(Value, Span)> {
        let mut values: Vec<Value> = Vec::new();
        let mut waiting: Vec<Waiting> = Vec::new();
        let start = self.peek()?.map_or(self.end(), |(_, span)| span);
        let mut last = start;
        // whether an operand is expected next
        let mut operand = true;
        while let Some((token, span)) = self.peek()? {
            if operand {
                self.take()?;
                operand = self.operand(token, span, &mut values, &mut waiting)?;
            } else if let Some((builtin, name, precedence, right)) = binary(token) {
                self.take()?;
                let limit = if right { precedence + 1 } else { precedence };
                self.reduce(limit, &mut values, &mut waiting)?;
                waiting.push(Waiting::Operator { builtin, name, operands: 2, precedence, span });
                operand = true;
            } else if token == Token::Sign(")") && waiting.iter().any(|w| matches!(w, Waiting::Open { .. })) {
                self.take()?;
                self.reduce(0, &mut values, &mut waiting)?;
                if let Some(Waiting::Open { function: Some((builtin, name)), base, span }) = waiting.pop() {
                    let operands = values.split_off(base);
                    values.push(builtin.apply(operands, &mut self.session.context, &name, span)?);
                }
            } else if token == Token::Sign(",") {
                // between operands of a function; elsewhere it ends the expression
                self.reduce(0, &mut values, &mut waiting)?;
                match waiting.last() {
                    Some(Waiting::Open { function: Some(_), .. }) => {
                        self.take()?;
                        operand = true;
                    }
                    _ => break,
                }
            } else {
                break;
            }
            last = span;
        }
        if operand {
            return Err(match self.peek()? {
                Some((token, span)) => ScriptError::new(format!("found `{}`, expected an operand", token.text()), span),
                None => ScriptError::new("the text ends, expected an operand", self.end()),
            });
        }
        self.reduce(0, &mut values, &mut waiting)?;
        if let Some(Waiting::Open { span, .. }) = waiting.pop() {
            return Err(ScriptError::new("`(` without an end, expected `)`", span));
        }
        let whole = Span { start: start.start, end: last.end };
        values.pop().map(|value| (value, whole)).ok_or_else(|| ScriptError::new("expected an expression", whole))
    }

    /// Takes a token where an operand is expected; tells whether one still is.
    fn operand(
        &mut self,
        token: Token<'a>,
        span: Span,
        values: &mut Vec<Value>,
        waiting: &mut Vec<Waiting>,
    ) -> Result<bool> {
        let context = &mut self.session.context;
        match token {
            Token::Number(text) => {
                let value = rational::parse(text).map_err(|error| ScriptError::new(error.to_string(), span))?;
                values.push(Value::Real(Constant::from_rational(value).into()));
                Ok(false)
            }
            Token::Sign("(") => {
                waiting.push(Waiting::Open { function: None, base: values.len(), span });
                Ok(true)
            }
            Token::Sign("-") => {
                let (builtin, name) = (Builtin::Subtract, "-");
                waiting.push(Waiting::Operator { builtin, name, operands: 1, precedence: 8, span });
                Ok(true)
            }
            Token::Sign("+") => Ok(true),
            Token::Sign("!") | Token::Name("not") => {
                let (builtin, name) = (Builtin::Not, "not");
                waiting.push(Waiting::Operator { builtin, name, operands: 1, precedence: 4, span });
                Ok(true)
            }
            Token::Name("true" | "false") => {
                values.push(Value::Bool(context.booleans.constant(token.text() == "true")));
                Ok(false)
            }
            Token::Name(name) => {
                let word = context.words.intern(name);
                if let Some(Global::Value(value)) = context.global(word) {
                    values.push(value.clone());
                    return Ok(false);
                }
                let Some(builtin) = Builtin::named(name) else {
                    return Err(ScriptError::new(
                        format!("unknown name `{name}`, expected a variable or a function"),
                        span,
                    ));
                };
                match self.take()? {
                    Some((Token::Sign("("), _)) => {
                        let function = Some((builtin, name.to_owned()));
                        waiting.push(Waiting::Open { function, base: values.len(), span });
                        Ok(true)
                    }
                    _ => Err(ScriptError::new(format!("expected `(` behind `{name}`"), span)),
                }
            }
            Token::Sign(sign) => Err(ScriptError::new(format!("found `{sign}`, expected an operand"), span)),
        }
    }

    /// Applies the waiting operators of at least the given precedence, down to the last open parenthesis.
    fn reduce(&mut self, limit: u8, values: &mut Vec<Value>, waiting: &mut Vec<Waiting>) -> Result<()> {
        while let Some(Waiting::Operator { precedence, .. }) = waiting.last()
            && *precedence >= limit
        {
            if let Some(Waiting::Operator { builtin, name, operands, span, .. }) = waiting.pop() {
                let operands = values.split_off(values.len().saturating_sub(operands));
                values.push(builtin.apply(operands, &mut self.session.context, name, span)?);
            }
        }
        Ok(())
    }
}

/// The length of the unsigned number at the start of a text: digits and points, an exponent with its sign, or a
/// hexadecimal float.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    let mut at = if hexadecimal { 2 } else { 0 };
    while let Some(&byte) = bytes.get(at) {
        let exponent = if hexadecimal { matches!(byte, b'p' | b'P') } else { matches!(byte, b'e' | b'E') };
        let signed = bytes.get(at + 1).is_some_and(|&next| next == b'+' || next == b'-');
        let digit = byte == b'.' || if hexadecimal { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
        match (exponent, digit) {
            (true, _) if signed || bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => at += 1 + usize::from(signed),
            (_, true) => at += 1,
            _ => break,
        }
    }
    at
}
