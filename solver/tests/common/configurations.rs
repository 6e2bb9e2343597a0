//! Every configuration of a search, and a log of everything that a search tells.

use deltasat::branch::{Brancher, FewBest, Largest, Phases, RoundRobin, Smear, Transfer};
use deltasat::contract::{Contractor, DisjunctionHull, Hc4, Integers, LinearBounds, Newton, Solve};
use deltasat::incumbent::{Gradient, Solved, Vertex};
use deltasat::relax::Backward;
use deltasat::search::{Event, Observer, Strategy, Wants};

/// The number of branchers.
pub const BRANCHERS: usize = 7;

/// The brancher of a number below [`BRANCHERS`].
pub fn brancher(index: usize) -> Box<dyn Brancher> {
    match index {
        0 => Box::new(Largest),
        1 => Box::new(RoundRobin),
        2 => Box::new(Smear::Max),
        3 => Box::new(Smear::Sum),
        4 => Box::new(Phases),
        5 => Box::new(Transfer),
        _ => Box::new(FewBest { solve: Solve::Always }),
    }
}

/// The number of contractors.
pub const CONTRACTORS: usize = 7;

/// The contractor of a number below [`CONTRACTORS`].
pub fn contractor(index: usize) -> Box<dyn Contractor> {
    match index {
        0 => Box::new(Hc4),
        1 => Box::new(DisjunctionHull),
        2 => Box::new(Integers),
        3 => Box::new(LinearBounds { relaxation: Backward, refine: false, solve: Solve::Never }),
        4 => Box::new(Newton),
        5 => Box::new(LinearBounds { relaxation: Backward, refine: true, solve: Solve::Never }),
        _ => Box::new(LinearBounds { relaxation: Backward, refine: true, solve: Solve::Always }),
    }
}

/// The number of sets of contractors.
pub const SETS: usize = 10;

/// The set of contractors of a number below [`SETS`].
pub fn contractors(index: usize) -> Vec<Box<dyn Contractor>> {
    let linear = |refine| Box::new(LinearBounds { relaxation: Backward, refine, solve: Solve::Never });
    let solved = LinearBounds { relaxation: Backward, refine: true, solve: Solve::Always };
    match index {
        0 => vec![],
        1 => vec![Box::new(Integers)],
        2 => vec![Box::new(Hc4)],
        3 => vec![linear(false)],
        4 => vec![linear(true)],
        5 => vec![Box::new(Hc4), Box::new(Integers), Box::new(DisjunctionHull)],
        6 => vec![Box::new(DisjunctionHull), linear(true), Box::new(Hc4)],
        7 => Strategy::default().contractors,
        8 => vec![Box::new(Hc4), Box::new(solved)],
        _ => vec![Box::new(Newton), Box::new(Hc4)],
    }
}

/// A strategy with the brancher and contractors of these numbers.
pub fn strategy(by: usize, set: usize) -> Strategy {
    Strategy {
        contractors: contractors(set),
        brancher: brancher(by),
        finders: vec![Box::new(Vertex), Box::new(Solved)],
        starter: Box::new(Gradient),
    }
}

/// Everything that an observer is told, to the bit.
#[derive(Default, PartialEq, Eq)]
pub struct Log(pub Vec<u64>);

impl Observer for Log {
    fn wants(&self) -> Wants {
        Wants::ALL
    }

    fn observe(&mut self, event: &Event<'_>) {
        let log = &mut self.0;
        let bits = |x: f64| x.to_bits();
        match *event {
            Event::Refuted { id, by, threshold } => {
                log.extend([1, id, bits(threshold)]);
                log.extend(by.bytes().map(u64::from));
            }
            Event::Pruned { id, bound } => log.extend([2, id, bits(bound)]),
            Event::Split { id, bounds, bound, position, at, children } => {
                log.extend([3, id, bits(bound), position as u64, bits(at), children[0], children[1]]);
                log.extend(bounds.iter().flat_map(|x| [bits(x.inf()), bits(x.sup())]));
            }
            Event::Incumbent { value, point } => {
                log.extend([4, bits(value)]);
                log.extend(point.iter().map(|&x| bits(x)));
            }
            Event::Start { delta, threshold, .. } => log.extend([7, bits(delta), bits(threshold)]),
            Event::Holds { id, bounds, point } => {
                log.extend([8, id]);
                log.extend(bounds.iter().flat_map(|x| [bits(x.inf()), bits(x.sup())]));
                log.extend(point.iter().map(|&x| bits(x)));
            }
            Event::Decided(_) => log.push(9),
            Event::Optimised { lower, upper, .. } => log.extend([10, bits(lower), bits(upper)]),
            Event::Assignment { atoms, .. } => log.extend([11, atoms.len() as u64]),
            Event::Excluded { atoms, .. } => log.extend([12, atoms.len() as u64]),
            // the words of a note tell every number in it
            Event::Note { id, note } => {
                log.extend([13, id]);
                log.extend(format!("{note:?}").bytes().map(u64::from));
            }
            Event::Stuck { id, bounds } => {
                log.extend([5, id]);
                log.extend(bounds.iter().flat_map(|x| [bits(x.inf()), bits(x.sup())]));
            }
            Event::Progress { lower, upper, boxes, open } => {
                log.extend([6, bits(lower), bits(upper), boxes, open as u64]);
            }
            // when depends on the clock
            Event::Checkpoint(_) => {}
        }
    }
}
