//! VNN-LIB 2: `(vnnlib-version <2.0>)` and `(declare-network NAME (declare-input X Real [2,3]) (declare-output Y Real [4]))`.
//!
//! The elements of a tensor are the network's inputs, or its outputs, in the order of rows: of a shape `[2,3]` the element
//! `X[1,0]` is the fourth. An element type of floats is read as the reals: what is proved of all numbers holds for them.

use super::Reader;
use super::term::{Sum, Variable};
use super::token::{Token, unexpected};
use crate::property::PropertyError;
use crate::property::normal::Position;
use deltasat::exact::Rational;
use num_traits::{One, Zero};
use std::collections::BTreeMap;

/// The most elements of a tensor.
const ELEMENTS: usize = 1 << 24;

/// A declared input or output.
pub(super) struct Tensor {
    name: String,
    output: bool,
    shape: Vec<usize>,
}

impl Reader<'_> {
    /// The number behind `vnnlib-version`.
    pub(super) fn version(&mut self) -> Result<(), PropertyError> {
        let (word, at) = self.tokens.word("a version such as <2.0>")?;
        let number = word.strip_prefix('<').and_then(|word| word.strip_suffix('>'));
        if !number.is_some_and(|number| number.starts_with("1.") || number.starts_with("2.")) {
            return Err(unexpected(Token::Word(word), at, "version <1.…> or <2.…>"));
        }
        self.tokens.expect(Token::Close, "`)`")
    }

    /// What stands behind `declare-network`.
    pub(super) fn network(&mut self, at: Position) -> Result<(), PropertyError> {
        if !self.tensors.is_empty() {
            let problem = "a second network, expected one: `quantproof difference` compares two";
            return Err(at.error(problem));
        }
        self.tokens.word("the network's name")?;
        loop {
            match self.tokens.next() {
                (Token::Close, end) => {
                    return match (self.declares(false), self.declares(true)) {
                        (true, true) => Ok(()),
                        (false, _) => Err(end.error("no input, expected (declare-input X Real [5])")),
                        (_, false) => Err(end.error("no output, expected (declare-output Y Real [5])")),
                    };
                }
                (Token::Open, _) => self.tensor()?,
                (other, at) => return Err(unexpected(other, at, "declare-input or declare-output")),
            }
        }
    }

    fn declares(&self, output: bool) -> bool {
        self.tensors.iter().any(|tensor| tensor.output == output)
    }

    /// One declaration inside a network.
    fn tensor(&mut self) -> Result<(), PropertyError> {
        let expected = "declare-input or declare-output";
        let (kind, at) = self.tokens.word(expected)?;
        let output = match kind {
            "declare-input" => false,
            "declare-output" => true,
            "declare-hidden" => return Err(at.error("a hidden node, expected inputs and outputs alone")),
            "isomorphic-to" | "equal-to" => return Err(at.error("another network, expected one alone")),
            _ => return Err(unexpected(Token::Word(kind), at, expected)),
        };
        if self.declares(output) {
            return Err(at.error(format!("a second {}, expected one", if output { "output" } else { "input" })));
        }
        let (name, name_at) = self.tokens.word("the tensor's name")?;
        if self.tensors.iter().any(|tensor| tensor.name == name) {
            return Err(name_at.error(format!("{name} again, expected a name not declared before")));
        }
        let (sort, sort_at) = self.tokens.word("an element type such as Real")?;
        if !["real", "float", "float16", "float32", "float64", "double", "bfloat16"].contains(&&*sort.to_lowercase()) {
            return Err(unexpected(Token::Word(sort), sort_at, "an element type of real numbers"));
        }
        let (word, shape_at) = self.tokens.word("a shape such as [5]")?;
        let word = self.bracketed(word, shape_at)?;
        let shape = word.strip_prefix('[').and_then(|word| numbers(word.strip_suffix(']')?));
        let shape = shape.ok_or_else(|| unexpected(Token::Word(&word), shape_at, "a shape such as [5] or [2,3]"))?;
        let count = shape.iter().try_fold(1usize, |count, &length| count.checked_mul(length));
        let count = count.filter(|&count| count > 0 && count <= ELEMENTS);
        let count = count
            .ok_or_else(|| unexpected(Token::Word(&word), shape_at, &format!("a shape of 1 to {ELEMENTS} elements")))?;
        match self.tokens.next() {
            (Token::Close, _) => {}
            (Token::Word("initialized"), at) => {
                return Err(at.error("an input with a default value, expected one that ranges over the property's box"));
            }
            (other, at) => return Err(unexpected(other, at, "`)`")),
        }
        let variable = |index| if output { Variable::Output(index) } else { Variable::Input(index) };
        self.declared.extend((0..count).map(|index| (variable(index), name_at)));
        self.tensors.push(Tensor { name: name.to_owned(), output, shape });
        Ok(())
    }

    /// A word with a bracket and what follows up to the other one: `X[0, 1]` is three words.
    fn bracketed(&mut self, word: &str, at: Position) -> Result<String, PropertyError> {
        let mut whole = word.to_owned();
        while whole.contains('[') && !whole.contains(']') {
            match self.tokens.next() {
                (Token::Word(word), _) => whole.push_str(word),
                (other, _) => return Err(unexpected(other, at, "`]`")),
            }
        }
        Ok(whole)
    }

    /// The element that a word names, `Y[0,1]`; `Y` alone of a shape without axes.
    pub(super) fn element(&mut self, word: &str, at: Position) -> Result<Sum, PropertyError> {
        let word = self.bracketed(word, at)?;
        let (name, indices) = match word.split_once('[') {
            Some((name, rest)) => (name, rest.strip_suffix(']').and_then(numbers)),
            None => (word.as_str(), Some(Vec::new())),
        };
        let tensor = self.tensors.iter().find(|tensor| tensor.name == name);
        let tensor = tensor.ok_or_else(|| unexpected(Token::Word(&word), at, "a number or an element of a tensor"))?;
        let index = indices.filter(|indices| indices.len() == tensor.shape.len()).and_then(|indices| {
            let inside = indices.iter().zip(&tensor.shape).all(|(index, length)| index < length);
            inside.then(|| indices.iter().zip(&tensor.shape).fold(0, |at, (index, length)| at * length + index))
        });
        let Some(index) = index else {
            let shape: Vec<String> = tensor.shape.iter().map(ToString::to_string).collect();
            return Err(
                at.error(format!("{word}, expected an element of {name}, whose shape is [{}]", shape.join(",")))
            );
        };
        let variable = if tensor.output { Variable::Output(index) } else { Variable::Input(index) };
        Ok(Sum { terms: BTreeMap::from([(variable, Rational::one())]), constant: Rational::zero() })
    }
}

/// Whole numbers between commas; none at all in an empty text.
fn numbers(text: &str) -> Option<Vec<usize>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(',').map(|number| number.parse().ok().filter(|_| number.bytes().all(|b| b.is_ascii_digit()))).collect()
}
