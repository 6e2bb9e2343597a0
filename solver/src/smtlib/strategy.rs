//! How a script's questions are searched: the library's default strategy, as the settings want it.

use super::settings::Settings;
use crate::branch::{Brancher, Split, halve};
use crate::incumbent::{IncumbentFinder, Vertex};
use crate::interval::Interval;
use crate::problem::{Compiled, Sort};
use crate::search::{Options, Strategy};
use crate::tape::Workspace;

/// The name of the contractor that `:polytope` turns off.
const LINEAR: &str = "backward-linear";
/// The width, as a share of the root's (of 1 where that is more), below which an interval is not split.
const FLOOR: f64 = f64::from_bits((1023 - 100) << 52);

/// Contractors and the like.
pub(super) fn strategy(settings: &Settings) -> Strategy {
    let mut strategy = settings.choice.strategy();
    if !settings.polytope.get() {
        strategy.contractors.retain(|contractor| contractor.name() != LINEAR);
    }
    let starter = std::mem::replace(&mut strategy.starter, Box::new(Vertex));
    strategy.starter = Box::new(Seeded { starter, seed: *settings.random_seed.get() });
    let brancher = std::mem::replace(&mut strategy.brancher, Box::new(crate::branch::Largest));
    strategy.brancher = Box::new(Floored { brancher });
    strategy
}

/// The options of a search.
pub(super) fn options(settings: &Settings) -> Options {
    let delta = settings.delta();
    Options {
        delta,
        absolute_gap: delta,
        jobs: *settings.jobs.get(),
        presolve: *settings.presolve.get(),
        second_look: settings.second_look,
        choice: settings.choice.clone(),
        budget: settings.budget.clone(),
        ..Options::default()
    }
}

/// Starts elsewhere: the number of a start is drawn from the seed.
struct Seeded {
    starter: Box<dyn IncumbentFinder>,
    seed: u64,
}

impl IncumbentFinder for Seeded {
    fn name(&self) -> &'static str {
        self.starter.name()
    }

    fn propose(
        &self,
        problem: &Compiled,
        root: &[Interval],
        bounds: &[Interval],
        seed: u64,
        point: &mut [f64],
        w: &mut Workspace,
    ) -> Option<f64> {
        self.starter.propose(problem, root, bounds, self.seed.wrapping_mul(0x9e37_79b9).wrapping_add(seed), point, w)
    }
}

/// Leaves intervals alone that are too narrow to matter. Where `1/x` overflows, boxes beside zero are never refuted, and
/// there are 2^50 doubles there to split at before any other place gets its turn. Such a box counts as stuck: the search
/// goes on elsewhere, and ends `unknown` when that finds nothing.
struct Floored {
    brancher: Box<dyn Brancher>,
}

impl Floored {
    fn is_wide(problem: &Compiled, root: &[Interval], kept: &[Interval], position: usize) -> bool {
        let is_integer = problem.problem.variables.get(position).is_some_and(|v| v.sort == Sort::Integer);
        is_integer || kept[position].wid() >= FLOOR * root[position].wid().min(1.0)
    }
}

impl Brancher for Floored {
    fn name(&self) -> &'static str {
        self.brancher.name()
    }

    fn choose(
        &self,
        problem: &Compiled,
        root: &[Interval],
        kept: &[Interval],
        depth: u32,
        w: &mut Workspace,
    ) -> Option<Split> {
        let split = self.brancher.choose(problem, root, kept, depth, w)?;
        if Self::is_wide(problem, root, kept, split.position) {
            return Some(split);
        }
        let variables = 0..problem.tape.variables();
        let wide = variables.filter(|&position| Self::is_wide(problem, root, kept, position));
        wide.filter_map(|position| halve(problem, position, kept[position]))
            .max_by(|a, b| kept[a.position].wid().total_cmp(&kept[b.position].wid()))
    }
}
