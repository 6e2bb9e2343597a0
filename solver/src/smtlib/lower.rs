//! Terms to expressions and formulas.
//!
//! One machine with an explicit stack of frames and a stack of values, so that depth costs memory and nothing else. A
//! `let` evaluates its terms once; a defined function is evaluated at its arguments and the value remembered, so that
//! shared structure stays shared.

use super::builtin::Builtin;
use super::context::{Context, Declared, Function, Global, Key, Quantifier, Role, SortName, Value};
use super::declaration::{number, sort_and_range};
use super::error::{ScriptError, Span};
use super::sexpr::{Kind, Tree, Word};
use crate::budget::Budget;
use crate::expr::VariableId;
use std::collections::HashMap;
use std::rc::Rc;

/// More nodes than this in one session are refused.
const NODES: usize = 50_000_000;
/// Nested quantifiers over more formulas than this are refused: each doubles the body.
const BOUND_FORMULAS: usize = 8;

/// What a list applies.
enum Head {
    Builtin(Builtin),
    Function(Rc<Function>),
}

/// What is waiting for a value.
enum Frame {
    /// an application that has evaluated some of its operands
    Apply { head: Head, name: Word, next: usize, end: usize, base: usize, span: Span },
    /// a `let` that has evaluated some of its terms
    Let { next: usize, end: usize, body: usize, names: Vec<Word>, base: usize },
    /// the body of a `let` or a function: names to unbind
    Unbind { names: Vec<Word> },
    /// the body of a function: where to go on
    Return { tree: Rc<Tree>, key: (Word, Vec<Key>) },
    /// `(! term :named name)`
    Named { name: Word, span: Span },
    /// a quantifier
    Quantifier(Box<Bound>),
}

/// A quantifier on the stack.
struct Bound {
    exists: bool,
    body: usize,
    numbers: Vec<VariableId>,
    formulas: Vec<Word>,
    names: Vec<Word>,
    /// the assignment of the formulas that the body is evaluated under, as bits
    assignment: usize,
    base: usize,
    span: Span,
}

/// A local name: its value, and how deep in calls it was bound. A function sees no names of its callers.
type Local = (usize, Value);

/// The machine.
pub(super) struct Lowering<'a> {
    context: &'a mut Context,
    budget: &'a Budget,
    tree: Rc<Tree>,
    locals: HashMap<Word, Vec<Local>>,
    /// functions being evaluated
    depth: usize,
    /// quantifiers around
    quantifiers: usize,
    /// formulas that they bind
    bound_formulas: usize,
    /// `:named` terms seen
    pub(super) named: Vec<Word>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(context: &'a mut Context, budget: &'a Budget, tree: Rc<Tree>) -> Self {
        Lowering {
            context,
            budget,
            tree,
            locals: HashMap::new(),
            depth: 0,
            quantifiers: 0,
            bound_formulas: 0,
            named: Vec::new(),
        }
    }

    /// Binds a name for the whole term: the parameter of a function being defined.
    pub(super) fn bind(&mut self, name: Word, value: Value) {
        self.locals.entry(name).or_default().push((self.depth, value));
    }

    fn unbind(&mut self, names: &[Word]) {
        for name in names {
            if let Some(values) = self.locals.get_mut(name) {
                values.pop();
            }
        }
    }

    /// The value of the term at `root`.
    pub(super) fn term(&mut self, root: usize) -> Result<Value, ScriptError> {
        let mut frames: Vec<Frame> = Vec::new();
        let mut values: Vec<Value> = Vec::new();
        let mut at = root;
        'evaluate: loop {
            if let Some(reason) = self.budget.step().then(|| self.budget.stopped()).flatten() {
                return Err(ScriptError::stopped(reason, self.tree.span(at)));
            }
            self.start(&mut at, &mut frames, &mut values)?;
            // a value is on top: whoever waits for it takes it
            loop {
                let Some(frame) = frames.last_mut() else {
                    return values.pop().ok_or_else(|| ScriptError::new("missing term", Span::default()));
                };
                match frame {
                    Frame::Apply { next, end, .. } if *next < *end => {
                        at = *next;
                        *next = self.tree.end(at);
                        continue 'evaluate;
                    }
                    Frame::Let { next, end, .. } if *next < *end => {
                        at = self.binding(*next)?.1;
                        *next = self.tree.end(*next);
                        continue 'evaluate;
                    }
                    _ => {}
                }
                match frames.pop() {
                    Some(Frame::Apply { head, name, base, span, .. }) => {
                        let operands = values.split_off(base);
                        match head {
                            Head::Builtin(builtin) => {
                                if self.context.graph.len() > NODES || self.context.booleans.len() > NODES {
                                    let message = format!("too large: more than {NODES} different subterms");
                                    return Err(ScriptError::new(message, span));
                                }
                                let name = self.context.words.text(name).to_owned();
                                values.push(builtin.apply(operands, self.context, &name, span)?);
                            }
                            Head::Function(function) => {
                                if let Some(value) = self.call(function, operands, &mut frames, span)? {
                                    values.push(value);
                                } else {
                                    at = 0;
                                    continue 'evaluate;
                                }
                            }
                        }
                    }
                    Some(Frame::Let { body, names, base, .. }) => {
                        let bound = values.split_off(base);
                        for (&name, value) in names.iter().zip(bound) {
                            let value = self.share(value);
                            self.bind(name, value);
                        }
                        frames.push(Frame::Unbind { names });
                        at = body;
                        continue 'evaluate;
                    }
                    Some(Frame::Unbind { names }) => self.unbind(&names),
                    Some(Frame::Return { tree, key }) => {
                        self.tree = tree;
                        self.depth -= 1;
                        if let Some(value) = values.pop() {
                            let value = self.share(value);
                            self.context.calls.insert(key, value.clone());
                            values.push(value);
                        }
                    }
                    Some(Frame::Named { name, span }) => {
                        if let Some(value) = values.pop() {
                            let value = self.share(value);
                            if !self.context.define(name, Global::Value(value.clone())) {
                                let name = self.context.words.text(name);
                                return Err(ScriptError::new(
                                    format!("`{name}` is named twice, expected a new name"),
                                    span,
                                ));
                            }
                            self.named.push(name);
                            values.push(value);
                        }
                    }
                    Some(Frame::Quantifier(bound)) => {
                        if let Some(body) = self.quantify(bound, &mut frames, &mut values)? {
                            at = body;
                            continue 'evaluate;
                        }
                    }
                    None => {}
                }
            }
        }
    }

    /// Goes down into the term at `at` until a value has been pushed.
    fn start(&mut self, at: &mut usize, frames: &mut Vec<Frame>, values: &mut Vec<Value>) -> Result<(), ScriptError> {
        loop {
            let span = self.tree.span(*at);
            let end = match self.tree.kind(*at) {
                Kind::Symbol(name) => {
                    values.push(self.symbol(name, span)?);
                    return Ok(());
                }
                Kind::Number(text) => {
                    values.push(Value::Real(number(self.context, text, span)?.into()));
                    return Ok(());
                }
                Kind::Keyword(_) | Kind::Text(_) => return Err(ScriptError::new("expected a term", span)),
                Kind::List { bracket: true, .. } => {
                    return Err(ScriptError::new("unexpected `[`, expected a term", span));
                }
                Kind::List { end, .. } => end as usize,
            };
            let head = *at + 1;
            if head == end {
                return Err(ScriptError::new("empty list, expected a term", span));
            }
            let Kind::Symbol(name) = self.tree.kind(head) else {
                let message = "expected the name of a function behind `(`";
                return Err(ScriptError::new(message, self.tree.span(head)));
            };
            match self.context.words.text(name) {
                "let" => {
                    let [bindings, body] = self.parts(*at, "(let ((name term) …) term)")?;
                    *at = self.start_let(bindings, body, frames, values.len())?;
                }
                "forall" | "exists" => {
                    let exists = self.context.words.text(name) == "exists";
                    let [variables, body] = self.parts(*at, "(forall ((name sort) …) term)")?;
                    self.start_quantifier(exists, variables, body, frames, values.len(), span)?;
                    *at = body;
                }
                "!" => {
                    if let Some((name, span)) = self.annotation(*at)? {
                        frames.push(Frame::Named { name, span });
                    }
                    *at = head + 1;
                }
                _ => {
                    let known = self.head(name, self.tree.span(head))?;
                    let first = head + 1;
                    let base = values.len();
                    if first == end {
                        // nothing to evaluate: the frame is complete
                        frames.push(Frame::Apply { head: known, name, next: end, end, base, span });
                        return Ok(());
                    }
                    frames.push(Frame::Apply { head: known, name, next: self.tree.end(first), end, base, span });
                    *at = first;
                }
            }
        }
    }

    /// The two parts behind the head of a list.
    fn parts(&self, at: usize, form: &str) -> Result<[usize; 2], ScriptError> {
        let parts: Vec<usize> = self.tree.children(at).skip(1).take(3).collect();
        match parts.as_slice() {
            &[a, b] if self.tree.is_list(a) => Ok([a, b]),
            _ => Err(ScriptError::new(format!("malformed, expected {form}"), self.tree.span(at))),
        }
    }

    /// Name and term of a binding.
    fn binding(&self, at: usize) -> Result<(Word, usize), ScriptError> {
        let parts: Vec<usize> = self.tree.children(at).take(3).collect();
        if let &[name, term] = parts.as_slice()
            && let Kind::Symbol(name) = self.tree.kind(name)
        {
            return Ok((name, term));
        }
        Err(ScriptError::new("malformed binding, expected (name term)", self.tree.span(at)))
    }

    fn start_let(
        &mut self,
        bindings: usize,
        body: usize,
        frames: &mut Vec<Frame>,
        base: usize,
    ) -> Result<usize, ScriptError> {
        let end = self.tree.end(bindings);
        let first = bindings + 1;
        if first == end {
            return Ok(body);
        }
        let names: Result<Vec<Word>, _> = self.tree.children(bindings).map(|b| self.binding(b).map(|b| b.0)).collect();
        let term = self.binding(first)?.1;
        frames.push(Frame::Let { next: self.tree.end(first), end, body, names: names?, base });
        Ok(term)
    }

    fn start_quantifier(
        &mut self,
        exists: bool,
        variables: usize,
        body: usize,
        frames: &mut Vec<Frame>,
        base: usize,
        span: Span,
    ) -> Result<(), ScriptError> {
        let mut bound =
            Bound { exists, body, numbers: vec![], formulas: vec![], names: vec![], assignment: 0, base, span };
        let tree = Rc::clone(&self.tree);
        for entry in tree.children(variables) {
            let parts: Vec<usize> = tree.children(entry).take(4).collect();
            let (&name, rest) = parts.split_first().ok_or_else(|| {
                ScriptError::new(
                    "malformed variable, expected (name sort) or (name sort [lower, upper])",
                    tree.span(entry),
                )
            })?;
            let Kind::Symbol(word) = tree.kind(name) else {
                return Err(ScriptError::new("expected the name of a variable", tree.span(name)));
            };
            let (sort, range) = sort_and_range(self.context, &tree, rest, tree.span(entry))?;
            bound.names.push(word);
            if sort == SortName::Bool {
                bound.formulas.push(word);
                continue;
            }
            let declared = Declared { name: word, sort, range, role: Role::Bound };
            let (id, value) = self.context.declare(declared);
            bound.numbers.push(id);
            self.bind(word, value);
        }
        self.bound_formulas += bound.formulas.len();
        if self.bound_formulas > BOUND_FORMULAS {
            let message = format!("quantifiers over more than {BOUND_FORMULAS} formulas are not supported");
            return Err(ScriptError::new(message, span));
        }
        for &word in &bound.formulas {
            let value = Value::Bool(self.context.booleans.constant(false));
            self.bind(word, value);
        }
        self.quantifiers += 1;
        frames.push(Frame::Quantifier(Box::new(bound)));
        Ok(())
    }

    /// Takes the body's value; returns the body again when it has to be evaluated under another assignment of the bound
    /// formulas, which are few and so written out.
    fn quantify(
        &mut self,
        mut bound: Box<Bound>,
        frames: &mut Vec<Frame>,
        values: &mut Vec<Value>,
    ) -> Result<Option<usize>, ScriptError> {
        if let Some(Value::Real(_)) = values.last() {
            return Err(ScriptError::new("a quantifier over a number, expected a formula", bound.span));
        }
        bound.assignment += 1;
        if bound.assignment < 1 << bound.formulas.len() {
            self.unbind(&bound.formulas);
            for (bit, &word) in bound.formulas.iter().enumerate() {
                let value = self.context.booleans.constant(bound.assignment >> bit & 1 == 1);
                self.bind(word, Value::Bool(value));
            }
            let body = bound.body;
            frames.push(Frame::Quantifier(bound));
            return Ok(Some(body));
        }
        self.unbind(&bound.names);
        self.quantifiers -= 1;
        self.bound_formulas -= bound.formulas.len();
        let mut bodies = Vec::new();
        for value in values.split_off(bound.base) {
            if let Value::Bool(body) = value {
                bodies.push(if bound.exists { body.negate() } else { body });
            }
        }
        // ∃ is ¬∀¬
        let body = self.context.booleans.and(bodies);
        let all = if !self.context.speaks_of(body, &bound.numbers) {
            body
        } else {
            self.context.quantify(Quantifier { variables: bound.numbers, body })
        };
        values.push(Value::Bool(if bound.exists { all.negate() } else { all }));
        Ok(None)
    }

    /// Starts to evaluate a function at its operands, unless its value there is known.
    fn call(
        &mut self,
        function: Rc<Function>,
        operands: Vec<Value>,
        frames: &mut Vec<Frame>,
        span: Span,
    ) -> Result<Option<Value>, ScriptError> {
        if operands.len() != function.parameters.len() {
            let name = self.context.words.text(function.name);
            let (found, expected) = (operands.len(), function.parameters.len());
            return Err(ScriptError::new(format!("`{name}` with {found} operands, expected {expected}"), span));
        }
        let mut key = Vec::with_capacity(operands.len());
        let mut arguments = Vec::with_capacity(operands.len());
        for (at, (operand, &(_, sort))) in operands.into_iter().zip(&function.parameters).enumerate() {
            let value = self.share(operand);
            match (&value, sort == SortName::Bool) {
                (Value::Bool(formula), true) => key.push(Key::Bool(*formula)),
                (Value::Real(sum), false) => key.push(Key::Real(sum.clone().node(&mut self.context.graph))),
                _ => {
                    let (name, kind) = (self.context.words.text(function.name), value.kind());
                    let expected = sort.name();
                    let message = format!("operand {} of `{name}` is {kind}, expected {expected}", at + 1);
                    return Err(ScriptError::new(message, span));
                }
            }
            arguments.push(value);
        }
        let key = (function.name, key);
        if let Some(value) = self.context.calls.get(&key) {
            return Ok(Some(value.clone()));
        }
        self.depth += 1;
        let names: Vec<Word> = function.parameters.iter().map(|&(name, _)| name).collect();
        for (&name, value) in names.iter().zip(arguments) {
            self.bind(name, value);
        }
        let caller = std::mem::replace(&mut self.tree, Rc::clone(&function.body));
        frames.push(Frame::Return { tree: caller, key });
        frames.push(Frame::Unbind { names });
        Ok(None)
    }

    fn share(&mut self, value: Value) -> Value {
        match value {
            Value::Real(sum) => Value::Real(sum.shared(&mut self.context.graph)),
            formula => formula,
        }
    }

    /// The value of a name: local, else global, else built in.
    fn symbol(&mut self, name: Word, span: Span) -> Result<Value, ScriptError> {
        if let Some((depth, value)) = self.locals.get(&name).and_then(|values| values.last())
            && *depth == self.depth
        {
            return Ok(value.clone());
        }
        match self.context.global(name) {
            Some(Global::Value(value)) => return Ok(value.clone()),
            Some(Global::Function(_)) => {
                let message = format!("`{}` is a function, expected it behind `(`", self.context.words.text(name));
                return Err(ScriptError::new(message, span));
            }
            None => {}
        }
        match self.context.words.text(name) {
            "true" => Ok(Value::Bool(self.context.booleans.constant(true))),
            "false" => Ok(Value::Bool(self.context.booleans.constant(false))),
            text => {
                let message = format!("unknown symbol `{text}`, expected a declared constant or a number");
                Err(ScriptError::new(message, span))
            }
        }
    }

    /// What a name at the head of a list applies.
    fn head(&self, name: Word, span: Span) -> Result<Head, ScriptError> {
        let text = self.context.words.text(name);
        let hidden = self.locals.get(&name).and_then(|values| values.last()).is_some_and(|local| local.0 == self.depth);
        match self.context.global(name) {
            Some(Global::Function(function)) if !hidden => return Ok(Head::Function(Rc::clone(function))),
            Some(Global::Value(_)) => {
                return Err(ScriptError::new(format!("`{text}` is a constant, expected a function behind `(`"), span));
            }
            _ => {}
        }
        match Builtin::named(text) {
            Some(builtin) if !hidden => Ok(Head::Builtin(builtin)),
            _ => Err(ScriptError::new(
                format!("unknown function `{text}`, expected an operator or a defined function"),
                span,
            )),
        }
    }

    /// The name in `(! term :named name …)`; other attributes mean nothing here.
    fn annotation(&self, at: usize) -> Result<Option<(Word, Span)>, ScriptError> {
        let parts: Vec<usize> = self.tree.children(at).skip(1).collect();
        if parts.len() < 2 {
            let message = "malformed annotation, expected (! term :named name)";
            return Err(ScriptError::new(message, self.tree.span(at)));
        }
        for pair in parts[1..].windows(2) {
            if let Kind::Keyword(word) = self.tree.kind(pair[0])
                && self.context.words.text(word) == "named"
            {
                let span = self.tree.span(pair[1]);
                let Kind::Symbol(name) = self.tree.kind(pair[1]) else {
                    return Err(ScriptError::new("expected a symbol behind `:named`", span));
                };
                if self.quantifiers > 0 || self.locals.values().any(|values| !values.is_empty()) {
                    return Err(ScriptError::new("a name inside of a binder, expected a closed term", span));
                }
                return Ok(Some((name, span)));
            }
        }
        Ok(None)
    }
}
