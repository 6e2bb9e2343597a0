//! Runs of rows over one list of operands (the neurons of a layer), laid out as one matrix so that the linear sweep
//! can treat them together.

use super::{Instruction, Kind, List, Row, Tape};
use std::ops::Range;

/// What the linear sweep does at a time.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// one operator
    Apply(u32),
    /// the rows of one block
    Rows(Block),
}

/// A run of neighbouring rows that read the same operands.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// the instructions
    pub(super) instructions: Range<u32>,
    /// what they read
    pub(super) operands: List,
    /// the rows' `a`
    pub(super) weights: Matrix,
    /// the rows' `r`; a single row where they are all alike
    pub(super) radii: Matrix,
}

/// The columns of a matrix that are not zero throughout.
#[derive(Clone, Debug)]
pub(super) struct Matrix {
    /// positions in the list of operands
    pub(super) columns: Vec<u32>,
    /// row-major, as wide as `columns`
    pub(super) entries: Vec<f64>,
}

impl Matrix {
    fn new(rows: &[&[f64]]) -> Matrix {
        let width = rows.first().map_or(0, |row| row.len());
        let columns: Vec<u32> =
            (0..width).filter(|&j| rows.iter().any(|row| row[j] != 0.0)).map(|j| j as u32).collect();
        let entries = rows.iter().flat_map(|row| columns.iter().map(|&j| row[j as usize])).collect();
        Matrix { columns, entries }
    }
}

impl Tape {
    /// Groups the instructions.
    pub(super) fn find_steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut index = 0;
        while index < self.instructions.len() {
            let Instruction { kind: Kind::Row(_), operands, .. } = self.instructions[index] else {
                steps.push(Step::Apply(index as u32));
                index += 1;
                continue;
            };
            // an operand list is older than what reads it, so no row of the run reads another
            let run = self.instructions[index..]
                .iter()
                .take_while(|next| matches!(next.kind, Kind::Row(_)) && next.operands == operands)
                .count();
            steps.push(Step::Rows(self.block(index, run)));
            index += run;
        }
        steps
    }

    fn block(&self, first: usize, count: usize) -> Block {
        let instructions = first as u32..(first + count) as u32;
        let rows: Vec<&Row> =
            (first..first + count).filter_map(|i| self.row(&self.instructions[i])).map(|(_, row)| row).collect();
        let none = vec![0.0; rows[0].a.len()];
        let weights: Vec<&[f64]> = rows.iter().map(|row| row.a.as_slice()).collect();
        let mut radii: Vec<&[f64]> = rows.iter().map(|row| row.noise.as_ref().map_or(&none[..], |n| &n.r)).collect();
        if radii.iter().all(|r| *r == radii[0]) {
            radii.truncate(1);
        }
        let operands = self.instructions[first].operands;
        Block { instructions, operands, weights: Matrix::new(&weights), radii: Matrix::new(&radii) }
    }

    /// The row of an instruction and its index.
    pub(super) fn row(&self, instruction: &Instruction) -> Option<(usize, &Row)> {
        match instruction.kind {
            Kind::Row(row) => Some((row as usize, &self.rows[row as usize])),
            Kind::Apply(_) => None,
        }
    }
}
