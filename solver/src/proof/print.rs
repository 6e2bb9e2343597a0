//! Terms as text that reads back as the same node.

use deltacheck::graph::{Function, Graph, Node, Op};
use deltacheck::rational::Rational;

/// Longer terms are not written.
const LONGEST: usize = 1 << 16;

/// A term in SMT-LIB; `None` where it is long.
pub(super) fn term(graph: &Graph, node: Node) -> Option<String> {
    let mut text = String::new();
    write(graph, node, &mut text).then_some(text)
}

fn write(graph: &Graph, node: Node, text: &mut String) -> bool {
    if text.len() > LONGEST {
        return false;
    }
    let mut call = |head: &str, operands: &[Node]| {
        text.push('(');
        text.push_str(head);
        let all = operands.iter().all(|operand| {
            text.push(' ');
            write(graph, *operand, text)
        });
        text.push(')');
        all
    };
    match graph.op(node) {
        Op::Variable(variable) => {
            text.push_str(&symbol(graph.name(*variable)));
            true
        }
        Op::Linear(terms, constant) => {
            text.push_str("(+ ");
            text.push_str(&number(constant));
            let all = terms.iter().all(|(a, x)| {
                text.push_str(&format!(" (* {} ", number(a)));
                let fits = write(graph, *x, text);
                text.push(')');
                fits
            });
            text.push(')');
            all
        }
        Op::Mul(a, b) => call("*", &[*a, *b]),
        Op::Div(a, b) => call("/", &[*a, *b]),
        Op::Max(a, b) => call("max", &[*a, *b]),
        Op::Atan2(a, b) => call("arctan2", &[*a, *b]),
        Op::RealPower(a, b) => call("^", &[*a, *b]),
        Op::Power(a, n) => {
            text.push_str("(^ ");
            let fits = write(graph, *a, text);
            text.push_str(&format!(" {n})"));
            fits
        }
        Op::Apply(Function::Relu, a) => {
            text.push_str("(max ");
            let fits = write(graph, *a, text);
            text.push_str(" 0)");
            fits
        }
        Op::Apply(Function::Sigmoid, a) => {
            text.push_str("(/ 1 (+ 1 (exp (- ");
            let fits = write(graph, *a, text);
            text.push_str("))))");
            fits
        }
        Op::Apply(function, a) => call(name(*function), &[*a]),
        Op::Ite(c, a, b) => {
            text.push_str("(ite (>= ");
            let fits = write(graph, *c, text);
            text.push_str(" 0) ");
            let fits = fits && write(graph, *a, text);
            text.push(' ');
            let fits = fits && write(graph, *b, text);
            text.push(')');
            fits
        }
    }
}

/// The name of a variable, in bars unless it is a simple symbol.
pub(super) fn symbol(name: &str) -> String {
    let simple = |c: char| c.is_ascii_alphanumeric() || "~!@$%^&*_-+=<>.?/".contains(c);
    let plain = name.chars().all(simple) && !name.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+');
    if plain && !name.is_empty() { name.to_owned() } else { format!("|{name}|") }
}

fn number(value: &Rational) -> String {
    value.to_string()
}

fn name(function: Function) -> &'static str {
    match function {
        Function::Relu | Function::Sigmoid => "",
        Function::Abs => "abs",
        Function::Sqrt => "sqrt",
        Function::Exp => "exp",
        Function::Ln => "log",
        Function::Sin => "sin",
        Function::Cos => "cos",
        Function::Tan => "tan",
        Function::Asin => "arcsin",
        Function::Acos => "arccos",
        Function::Atan => "arctan",
        Function::Sinh => "sinh",
        Function::Cosh => "cosh",
        Function::Tanh => "tanh",
    }
}
