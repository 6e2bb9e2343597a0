//! dReal's `.dr` format, translated to the S-expressions of an SMT-LIB script.

use super::sexpr::Sexpr;

/// Operators between two operands: their spellings, the function, precedence, whether to the right.
const BETWEEN: &[(&[&str], &str, u8, bool)] = &[
    (&["implies", "=>"], "=>", 1, true),
    (&["or", "||"], "or", 2, false),
    (&["and", "&&"], "and", 3, false),
    (&["<="], "<=", 5, false),
    (&[">="], ">=", 5, false),
    (&["<"], "<", 5, false),
    (&[">"], ">", 5, false),
    (&["==", "="], "=", 5, false),
    (&["!="], "distinct", 5, false),
    (&["+"], "+", 6, false),
    (&["-"], "-", 6, false),
    (&["*"], "*", 7, false),
    (&["/"], "/", 7, false),
    (&["^"], "^", 9, true),
];

const NOT: u8 = 4;
const SIGN: u8 = 8;

fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut rest = line.split('#').next().unwrap_or("").trim_start();
        while let Some(c) = rest.chars().next() {
            let length = if c.is_ascii_digit() || c == '.' {
                number(rest)
            } else if c.is_alphabetic() || c == '_' {
                rest.find(|c: char| !c.is_alphanumeric() && !"_'.".contains(c)).unwrap_or(rest.len())
            } else if ["=>", "||", "&&", "<=", ">=", "==", "!="].iter().any(|sign| rest.starts_with(sign)) {
                2
            } else {
                c.len_utf8()
            };
            found.push(rest[..length].to_owned());
            rest = rest[length..].trim_start();
        }
    }
    Ok(found)
}

/// The length of the number that a text starts with.
fn number(text: &str) -> usize {
    let hexadecimal = text.starts_with("0x");
    let exponent = if hexadecimal { ['p', 'P'] } else { ['e', 'E'] };
    let bytes: Vec<char> = text.chars().collect();
    let mut at = if hexadecimal { 2 } else { 0 };
    while at < bytes.len() {
        let signed = at + 1 < bytes.len() && "+-".contains(bytes[at + 1]);
        let digit = if hexadecimal { bytes[at].is_ascii_hexdigit() } else { bytes[at].is_ascii_digit() };
        if digit || bytes[at] == '.' {
            at += 1;
        } else if exponent.contains(&bytes[at]) {
            at += if signed { 2 } else { 1 };
        } else {
            break;
        }
    }
    at
}

struct Reader {
    tokens: Vec<String>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn take(&mut self) -> String {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned().unwrap_or_default()
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        let found = self.take();
        if found == token { Ok(()) } else { Err(format!("`{found}` where `{token}` belongs")) }
    }

    fn expression(&mut self, least: u8) -> Result<Sexpr, String> {
        let mut left = match self.take().as_str() {
            "-" => Sexpr::call("-", vec![self.expression(SIGN)?]),
            "+" => self.expression(SIGN)?,
            "not" | "!" => Sexpr::call("not", vec![self.expression(NOT)?]),
            "(" => {
                let inside = self.expression(0)?;
                self.expect(")")?;
                inside
            }
            "" => return Err("an operand is missing".to_owned()),
            name if self.peek() == "(" && name.starts_with(|c: char| c.is_alphabetic()) => {
                self.take();
                let mut operands = Vec::new();
                loop {
                    operands.push(self.expression(0)?);
                    match self.take().as_str() {
                        "," => {}
                        ")" => break,
                        other => return Err(format!("`{other}` in a call of {name}")),
                    }
                }
                Sexpr::call(name, operands)
            }
            atom => Sexpr::Atom(atom.to_owned()),
        };
        while let Some((_, name, precedence, right)) =
            BETWEEN.iter().find(|(spellings, ..)| spellings.contains(&self.peek()))
        {
            if *precedence < least {
                break;
            }
            self.take();
            let operand = self.expression(if *right { *precedence } else { precedence + 1 })?;
            left = Sexpr::call(name, vec![left, operand]);
        }
        Ok(left)
    }
}

/// The commands of an SMT-LIB script that ask the same, [`super::script::read`] executes them.
pub fn read(text: &str) -> Result<Vec<Sexpr>, String> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0 };
    let (mut commands, mut section) = (Vec::new(), String::new());
    let atom = |text: &str| Sexpr::Atom(text.to_owned());
    while !reader.peek().is_empty() {
        if reader.tokens.get(reader.at + 1).is_some_and(|token| token == ":") {
            section = reader.take();
            reader.take();
        }
        match section.as_str() {
            "prec" => commands.push(Sexpr::call("set-option", vec![atom(":precision"), reader.expression(0)?])),
            "const" => {
                let name = reader.take();
                reader.expect("=")?;
                let value = reader.expression(0)?;
                commands.push(Sexpr::call("define-fun", vec![atom(&name), Sexpr::List(vec![]), atom("Real"), value]));
            }
            "var" => {
                let mut ends = Vec::new();
                if reader.peek() == "[" {
                    reader.take();
                    ends.push(reader.expression(0)?);
                    if reader.peek() == "," {
                        reader.take();
                        ends.push(reader.expression(0)?);
                    }
                    reader.expect("]")?;
                    let last = ends[ends.len() - 1].clone();
                    ends.resize(2, last);
                }
                loop {
                    let mut declaration = vec![atom(&reader.take()), atom("Real")];
                    if !ends.is_empty() {
                        declaration.push(Sexpr::List(ends.clone()));
                    }
                    commands.push(Sexpr::call("declare-const", declaration));
                    if reader.peek() != "," {
                        break;
                    }
                    reader.take();
                }
            }
            "ctr" => commands.push(Sexpr::call("assert", vec![reader.expression(0)?])),
            "cost" => commands.push(Sexpr::call("minimize", vec![reader.expression(0)?])),
            other => return Err(format!("unknown section `{other}`")),
        }
        reader.expect(";")?;
    }
    commands.push(Sexpr::call("check-sat", vec![]));
    Ok(commands)
}

#[test]
fn infix_becomes_prefix() {
    let text = "prec: 0.1; var: [-1, 1] x, y; ctr: not x + 2 * y ^ 2 ^ 3 >= -x^2 or x = 1e-3 and max(x, y) < 2;";
    let expected = "(set-option :precision 0.1) (declare-const x Real (-1 1)) (declare-const y Real (-1 1))
        (assert (or (not (>= (+ x (* 2 (^ y (^ 2 3)))) (- (^ x 2)))) (and (= x 1e-3) (< (max x y) 2)))) (check-sat)";
    let minus_one = |text: &str| text.replace("-1 1", "(- 1) 1");
    assert_eq!(read(text), super::sexpr::read(&minus_one(expected)));
}
