//! Expressions as people write them: `x² + 2·y − 1`.

use super::{ExprId, Graph, Node, VariableId};
use crate::exact::{Constant, rational};
use crate::op::Op;
use crate::op::linear::Linear;
use std::collections::HashMap;

/// How tightly an expression's outermost operator binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Sum,
    Product,
    Power,
    Atom,
}

/// Texts longer than this are cut short: nobody reads them.
const LONG: usize = 160;

/// Writes expressions of one graph.
pub struct Infix<'a> {
    graph: &'a Graph,
    name: &'a dyn Fn(VariableId) -> String,
    known: HashMap<ExprId, (String, Binding)>,
}

impl<'a> Infix<'a> {
    /// A writer that names variables so.
    pub fn new(graph: &'a Graph, name: &'a dyn Fn(VariableId) -> String) -> Self {
        Infix { graph, name, known: HashMap::new() }
    }

    /// The expression.
    pub fn text(&mut self, id: ExprId) -> String {
        self.write(id).0
    }

    /// An expression that is compared with zero, as what is compared with what, so that the first term is positive: of
    /// `−x² + 1` these are `x²` and `1`, and both have changed their sides.
    pub fn sides(&mut self, expr: ExprId) -> (String, String, bool) {
        self.write(expr);
        let Node::Apply { op: Op::Linear(row), operands } = self.graph.node(expr) else {
            return (self.text(expr), "0".to_owned(), false);
        };
        let mut coefficients: Vec<Constant> = row.coefficients.iter().collect();
        let mut right = -&row.constant;
        let mirrored = coefficients.first().is_some_and(|first| first.signum() < 0);
        if mirrored {
            coefficients.iter_mut().for_each(|a| *a = -&*a);
            right = -&right;
        }
        let row = Linear { coefficients: coefficients.into_iter().collect(), constant: Constant::ZERO };
        let operands: Vec<ExprId> = operands.iter().copied().collect();
        (self.sum(&row, &operands).0, number(&right), mirrored)
    }

    fn write(&mut self, root: ExprId) -> (String, Binding) {
        let mark = self.graph.reachable(&[root]);
        for index in (0..=root.index()).filter(|&index| mark[index]) {
            let id = self.graph.id(index);
            if !self.known.contains_key(&id) {
                let (mut text, binding) = self.node(id);
                if text.chars().count() > LONG {
                    text = text.chars().take(LONG).chain("…".chars()).collect();
                }
                self.known.insert(id, (text, binding));
            }
        }
        self.known[&root].clone()
    }

    fn node(&self, id: ExprId) -> (String, Binding) {
        match self.graph.node(id) {
            Node::Constant(c) => {
                let text = number(c);
                let binding = if c.signum() < 0 || text.contains('/') { Binding::Sum } else { Binding::Atom };
                (text, binding)
            }
            Node::Variable(v) => ((self.name)(*v), Binding::Atom),
            Node::Apply { op, operands } => {
                let operands: Vec<ExprId> = operands.iter().copied().collect();
                self.operator(op, &operands)
            }
        }
    }

    fn operator(&self, op: &Op, x: &[ExprId]) -> (String, Binding) {
        let plain = |i: usize| self.known[&x[i]].0.as_str();
        let tight = |i: usize, least: Binding| self.within(x[i], least);
        match op {
            Op::Linear(row) => self.sum(row, x),
            Op::Noise(row) => {
                let (sum, _) = self
                    .sum(&Linear { coefficients: row.coefficients.clone(), constant: row.constant.clone() }, &x[1..]);
                let radii = row.radii.iter().zip(&x[1..]).filter(|(r, _)| !r.is_zero());
                let mut radius: Vec<String> =
                    radii.map(|(r, h)| format!("{}·|{}|", number(&r), self.known[h].0)).collect();
                if !row.radius.is_zero() {
                    radius.push(number(&row.radius));
                }
                (format!("{sum} + {}·({})", plain(0), radius.join(" + ")), Binding::Sum)
            }
            Op::Mul => (format!("{}·{}", tight(0, Binding::Product), tight(1, Binding::Product)), Binding::Product),
            Op::Div => (format!("{}/{}", tight(0, Binding::Product), tight(1, Binding::Power)), Binding::Product),
            Op::Pow(pow) => {
                let digits = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"];
                let mut exponent: String = pow
                    .exponent
                    .to_string()
                    .bytes()
                    .map(|b| if b == b'-' { "⁻" } else { digits[usize::from(b - b'0')] })
                    .collect();
                if exponent.is_empty() {
                    exponent = "¹".to_owned();
                }
                (format!("{}{exponent}", tight(0, Binding::Atom)), Binding::Power)
            }
            Op::RealPow => (format!("{}^{}", tight(0, Binding::Atom), tight(1, Binding::Atom)), Binding::Power),
            Op::Sqrt => (format!("√({})", plain(0)), Binding::Atom),
            Op::Abs => (format!("|{}|", plain(0)), Binding::Atom),
            Op::Ite => (format!("(if {} ≥ 0 then {} else {})", plain(0), plain(1), plain(2)), Binding::Atom),
            Op::Meet => self.known[&x[0]].clone(),
            other => {
                let symbol = other.operator().map_or("f", |operator| operator.symbol());
                let operands: Vec<&str> = (0..x.len()).map(plain).collect();
                (format!("{symbol}({})", operands.join(", ")), Binding::Atom)
            }
        }
    }

    fn within(&self, id: ExprId, least: Binding) -> String {
        let (text, binding) = &self.known[&id];
        if *binding < least { format!("({text})") } else { text.clone() }
    }

    fn sum(&self, row: &Linear, x: &[ExprId]) -> (String, Binding) {
        let mut text = String::new();
        let mut count = 0;
        let mut add = |negative: bool, term: &str, text: &mut String| {
            text.push_str(match (text.is_empty(), negative) {
                (true, true) => "−",
                (true, false) => "",
                (false, true) => " − ",
                (false, false) => " + ",
            });
            text.push_str(term);
            count += 1;
        };
        for (a, &x) in row.coefficients.iter().zip(x).filter(|(a, _)| !a.is_zero()) {
            let size = a.abs();
            let term = self.within(x, Binding::Product);
            let term = if size == Constant::ONE { term } else { format!("{}·{term}", number(&size)) };
            add(a.signum() < 0, &term, &mut text);
        }
        if !row.constant.is_zero() || text.is_empty() {
            add(row.constant.signum() < 0, &number(&row.constant.abs()), &mut text);
        }
        (text, Binding::Sum)
    }
}

/// An exact decimal, or a fraction.
fn number(c: &Constant) -> String {
    let value = c.abs().to_rational();
    let text = rational::to_decimal(&value).filter(|text| text.len() < 14);
    let text = text.unwrap_or_else(|| {
        let fraction = value.to_string();
        if fraction.len() < 14 { fraction } else { format!("{:.6}", rational::nearest_f64(&value)) + "…" }
    });
    if c.signum() < 0 { format!("−{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Rational;

    #[test]
    fn expressions_read_as_they_are_written_by_hand() {
        let mut graph = Graph::new();
        let [x, y] = [0, 1].map(|i| graph.variable(VariableId::new(i)));
        let tenth = Constant::from_rational(Rational::new(1.into(), 10.into()));
        let square = graph.apply(Op::Pow(crate::op::power::Pow { exponent: 2 }), [x]);
        let product = graph.mul(square, y);
        let sine = graph.apply(Op::Sin, [product]);
        let sum = graph.linear([(-&Constant::ONE, sine), (tenth, y)], Constant::ONE);
        let name = |v: VariableId| ["x", "y"][v.index()].to_owned();
        let mut infix = Infix::new(&graph, &name);
        assert_eq!(infix.text(sum), "−sin(y·x²) + 0.1·y + 1");
        assert_eq!(infix.sides(sum), ("sin(y·x²) − 0.1·y".to_owned(), "1".to_owned(), true));
        assert_eq!(infix.sides(product), ("y·x²".to_owned(), "0".to_owned(), false));
    }
}
