//! Round robin: each variable in turn, by the depth of the node. Every variable is split infinitely often on every
//! infinite path, which is what convergence proofs ask for.

use super::{Brancher, Split, halve};
use crate::interval::Interval;
use crate::problem::Compiled;
use crate::tape::Workspace;

/// Round robin.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundRobin;

impl Brancher for RoundRobin {
    fn name(&self) -> &'static str {
        "round-robin"
    }

    fn choose(
        &self,
        problem: &Compiled,
        _: &[Interval],
        kept: &[Interval],
        depth: u32,
        _: &mut Workspace,
    ) -> Option<Split> {
        let n = problem.tape.variables();
        (0..n).find_map(|i| {
            let position = (depth as usize + i) % n;
            halve(problem, position, kept[position])
        })
    }
}
