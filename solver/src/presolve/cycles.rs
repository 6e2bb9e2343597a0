//! Which nodes of a directed graph lie on a cycle: those whose strongly connected component is not they alone (Tarjan,
//! *Depth-first search and linear graph algorithms*, 1972). One pass, on an explicit stack.

use crate::expr::{ExprId, Operands};

/// What is known of a node.
#[derive(Clone, Copy, Default)]
struct Visit {
    /// when it was reached, from 1; 0 before that
    number: u32,
    /// the earliest node known to be reachable from it that may still be in its component
    low: u32,
    /// whether its component is not known yet
    open: bool,
}

/// Marks, by position, the nodes on cycles. `below` are the successors; a node is never its own.
pub(super) fn on_cycles(
    count: usize,
    roots: impl IntoIterator<Item = ExprId>,
    below: impl Fn(ExprId) -> Operands,
) -> Vec<bool> {
    let mut marked = vec![false; count];
    let mut visits = vec![Visit::default(); count];
    let mut number = 0;
    // nodes whose component is not known, in the order they were reached
    let mut open: Vec<ExprId> = Vec::new();
    let mut path: Vec<(ExprId, Vec<ExprId>)> = Vec::new();
    for root in roots {
        if visits[root.index()].number > 0 {
            continue;
        }
        let mut reached = Some(root);
        while let Some(id) = reached.take().or_else(|| path.last().map(|(id, _)| *id)) {
            if visits[id.index()].number == 0 {
                number += 1;
                visits[id.index()] = Visit { number, low: number, open: true };
                open.push(id);
                path.push((id, below(id).to_vec()));
            }
            while let Some(next) = path.last_mut().and_then(|(_, left)| left.pop()) {
                let visit = visits[next.index()];
                if visit.number == 0 {
                    reached = Some(next);
                    break;
                }
                if visit.open {
                    let low = &mut visits[id.index()].low;
                    *low = visit.number.min(*low);
                }
            }
            if reached.is_some() {
                continue;
            }
            path.pop();
            let Visit { number, low, .. } = visits[id.index()];
            if let Some((above, _)) = path.last() {
                let above = &mut visits[above.index()].low;
                *above = low.min(*above);
            }
            if low == number {
                let alone = open.last() == Some(&id);
                while let Some(member) = open.pop() {
                    visits[member.index()].open = false;
                    marked[member.index()] = !alone;
                    if member == id {
                        break;
                    }
                }
            }
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::{Graph, VariableId};
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    /// Random graphs, against the transitive closure.
    #[test]
    fn marked_nodes_reach_themselves() {
        for seed in 0..500 {
            let mut rng = SmallRng::seed_from_u64(seed);
            let n = rng.random_range(1..9);
            let mut graph = Graph::default();
            let ids: Vec<ExprId> = (0..n).map(|i| graph.variable(VariableId::new(i))).collect();
            let mut edge = vec![vec![false; n]; n];
            for _ in 0..rng.random_range(0..2 * n) {
                let (i, j) = (rng.random_range(0..n), rng.random_range(0..n));
                edge[i][j] = i != j;
            }
            let mut reach = edge.clone();
            for k in 0..n {
                for i in 0..n {
                    for j in 0..n {
                        reach[i][j] |= reach[i][k] && reach[k][j];
                    }
                }
            }
            let marked = on_cycles(graph.len(), ids.iter().copied(), |id| {
                (0..n).filter(|&j| edge[id.index()][j]).map(|j| ids[j]).collect()
            });
            let expected: Vec<bool> = (0..n).map(|i| reach[i][i]).collect();
            assert_eq!(marked, expected, "seed {seed}");
        }
    }
}
