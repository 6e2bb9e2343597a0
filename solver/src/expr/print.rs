//! Expressions as SMT-LIB terms.

use super::{ExprId, Graph, Node};
use crate::op::{Op, print_constant};
use std::collections::HashMap;

/// Prints expressions of one graph, naming shared subterms so that the text stays linear in the size of the graph.
///
/// A node with more than one user (and every node that `named` asks for) becomes a definition; the caller writes the
/// definitions, in order, before any term that uses them.
pub struct Printer<'a> {
    graph: &'a Graph,
    variables: &'a [String],
    users: Vec<u32>,
    text: HashMap<ExprId, String>,
    definitions: Vec<(String, String)>,
    prefix: &'a str,
}

impl<'a> Printer<'a> {
    /// A printer for terms that depend on `roots`; `variables` holds the printed names and `prefix` starts the names of
    /// the definitions.
    pub fn new(graph: &'a Graph, roots: &[ExprId], variables: &'a [String], prefix: &'a str) -> Self {
        let mark = graph.reachable(roots);
        let mut users = vec![0; graph.len()];
        for index in (0..graph.len()).filter(|&index| mark[index]) {
            if let Node::Apply { operands, .. } = &graph.nodes[index] {
                for operand in operands {
                    users[operand.index()] += 1;
                }
            }
        }
        Printer { graph, variables, users, text: HashMap::new(), definitions: Vec::new(), prefix }
    }

    /// The term of an expression; may add definitions.
    pub fn term(&mut self, root: ExprId) -> String {
        let mark = self.graph.reachable(&[root]);
        for index in (0..=root.index()).filter(|&index| mark[index]) {
            let id = ExprId(index as u32);
            if self.text.contains_key(&id) {
                continue;
            }
            let mut text = match self.graph.node(id) {
                Node::Constant(c) => print_constant(c),
                Node::Variable(v) => self.variables[v.index()].clone(),
                Node::Apply { op, operands } => {
                    let operands: Vec<&str> = operands.iter().map(|o| self.text[o].as_str()).collect();
                    match op {
                        Op::Linear(row) => row.print(&operands),
                        Op::Noise(row) => row.print(&operands),
                        other => other.operator().map_or_else(String::new, |o| o.print(&operands)),
                    }
                }
            };
            // operators print an operand more than once (ite, increments), so anything compound gets a name
            if matches!(self.graph.node(id), Node::Apply { .. }) && (self.users[index] > 0) && id != root {
                let name = format!("{}{}", self.prefix, self.definitions.len());
                self.definitions.push((name.clone(), text));
                text = name;
            }
            self.text.insert(id, text);
        }
        self.text[&root].clone()
    }

    /// The definitions `(name, term)` made so far, each using only earlier ones.
    pub fn definitions(&self) -> &[(String, String)] {
        &self.definitions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::{Constant, Rational};
    use crate::expr::VariableId;

    /// Shared subterms are named once, so a tower of squares stays short; constants are exact decimals.
    #[test]
    fn shared_terms_are_defined_once_and_in_order() {
        let mut graph = Graph::new();
        let x = graph.variable(VariableId::new(0));
        let tenth = Constant::from_rational(Rational::new((-1).into(), 10.into()));
        let mut root = graph.linear([(tenth, x)], Constant::ONE);
        let first = root;
        for _ in 0..40 {
            let y = graph.apply(Op::Sin, [root]);
            root = graph.mul(root, y);
        }
        let names = ["x".to_owned()];
        let mut printer = Printer::new(&graph, &[root], &names, "t");
        let term = printer.term(root);
        let definitions = printer.definitions();
        assert_eq!(definitions[0], ("t0".to_owned(), "(+ (* (- 0.1) x) 1.0)".to_owned()));
        assert_eq!(definitions[1], ("t1".to_owned(), "(sin t0)".to_owned()));
        assert_eq!((definitions.len(), term.as_str()), (80, "(* t78 t79)"));
        for (i, (_, text)) in definitions.iter().enumerate() {
            assert!((i..80).all(|later| !text.contains(&format!("t{later})"))), "{text} uses a later definition");
        }
        assert_eq!(printer.term(first), "t0");
    }
}
