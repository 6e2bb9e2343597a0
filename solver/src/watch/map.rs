//! Where the constraints hold: a grid of cells over two variables, each cell enclosed by the engine.

use crate::contract::truth;
use crate::formula::{Atom, Truth};
use crate::incumbent::centre;
use crate::interval::{Interval, bounds};
use crate::problem::Compiled;
use crate::tape::{Slot, Workspace};
use std::fmt::Write;

/// Cells along an axis.
const CELLS: usize = 72;
/// The most instructions that all cells together may take.
const WORK: usize = 20_000_000;
/// How far an unbounded axis is drawn.
const FAR: f64 = 10.0;

/// The grid of a chapter.
#[derive(Clone, Debug)]
pub(super) struct Map {
    /// the ends of the first axis, then of the second
    pub(super) frame: [f64; 4],
    /// by constraint: `t` for a cell in which it holds everywhere, `f` nowhere, `u` for one that is not decided; each with
    /// how often it is repeated
    pub(super) cells: Vec<String>,
    /// what the other variables are held at
    pub(super) others: Vec<f64>,
    /// cells along an axis
    pub(super) count: usize,
}

/// Draws an axis no further than this.
fn frame(x: Interval) -> (f64, f64) {
    let lo = if x.inf().is_finite() { x.inf() } else { (x.sup() - 2.0 * FAR).clamp(-FAR, f64::MAX) };
    let hi = if x.sup().is_finite() { x.sup() } else { (lo + 2.0 * FAR).max(FAR) };
    if lo < hi { (lo, hi) } else { (lo - 0.5, hi + 0.5) }
}

/// The map of the first two variables; the others are held at a point, or in the middle.
pub(super) fn draw(problem: &Compiled, root: &[Interval], atoms: &[Atom<Slot>], at: Option<&[f64]>) -> Option<Map> {
    let tape = &problem.tape;
    let n = tape.variables();
    if n == 0 || tape.operand_count().max(tape.slots()) * CELLS * CELLS > WORK {
        return None;
    }
    let middle: Vec<f64> = root[..n].iter().map(|&x| centre(x)).collect();
    let others = at.map_or(middle, <[f64]>::to_vec);
    let (x, y) = (frame(root[0]), if n > 1 { frame(root[1]) } else { (0.0, 1.0) });
    let step = |(lo, hi): (f64, f64), i: usize| {
        let end = |i: usize| if i == CELLS { hi } else { lo + (hi - lo) * i as f64 / CELLS as f64 };
        bounds(end(i), end(i + 1))
    };
    let mut w = Workspace::new(tape);
    let mut cells = vec![Runs::default(); atoms.len()];
    let mut variables: Vec<Interval> = others.iter().map(|&x| bounds(x, x)).collect();
    // from the top, row by row, as one reads
    for j in (0..CELLS).rev() {
        for i in 0..CELLS {
            variables[0] = step(x, i);
            if n > 1 {
                variables[1] = step(y, j);
            }
            tape.load(&variables, &mut w);
            let defined = tape.forward(&mut w);
            for (runs, atom) in cells.iter_mut().zip(atoms) {
                runs.add(match truth(atom, 0.0, &w) {
                    _ if !defined => 'f',
                    Truth::True => 't',
                    Truth::False => 'f',
                    Truth::Unknown => 'u',
                });
            }
        }
    }
    let frame = [x.0, x.1, y.0, y.1];
    Some(Map { frame, cells: cells.into_iter().map(Runs::finish).collect(), others, count: CELLS })
}

#[derive(Clone, Default)]
struct Runs {
    text: String,
    last: Option<(char, usize)>,
}

impl Runs {
    fn add(&mut self, cell: char) {
        match &mut self.last {
            Some((last, count)) if *last == cell => *count += 1,
            _ => {
                self.flush();
                self.last = Some((cell, 1));
            }
        }
    }

    fn flush(&mut self) {
        if let Some((cell, count)) = self.last.take() {
            // a String takes everything
            let _ = write!(self.text, "{count}{cell}");
        }
    }

    fn finish(mut self) -> String {
        self.flush();
        self.text
    }
}
