//! Runs of rows over one list of operands (the neurons of a layer), laid out as one matrix so that the linear sweep
//! can treat them together.

use super::row::Span;
use super::{Instruction, Kind, List, Row, Tape};
use crate::op::coefficients::Doubles;
use std::ops::Range;
use std::sync::Arc;

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
    /// the rows' `r`
    pub(super) radii: Matrix,
}

/// A matrix without what is zero throughout.
#[derive(Clone, Debug)]
pub(super) struct Matrix {
    /// positions in the list of operands
    pub(super) columns: Vec<u32>,
    /// where the matrix lies, row-major and as wide as `columns`
    of: Doubles,
    start: usize,
    /// whether there is one row for all
    pub(super) uniform: bool,
}

impl Matrix {
    /// Rows that lie one behind another in one array stay there. Where all may be one, they are one if they are alike.
    fn new(rows: &[&Span], may_be_one: bool) -> Matrix {
        let (first, start) = rows[0].place();
        let width = rows[0].at.len();
        let lies = |step: usize| {
            rows.iter().enumerate().all(|(i, row)| {
                let (of, at) = row.place();
                Arc::ptr_eq(of, first) && at == start + i * step && row.at == rows[0].at
            })
        };
        let is_first = |row: &Span| {
            row.place().1 == start && Arc::ptr_eq(row.place().0, first) || row.values() == rows[0].values()
        };
        let uniform = may_be_one && rows.iter().all(|row| row.at == rows[0].at && is_first(row));
        if width > 0 && (uniform || lies(width)) {
            return Matrix {
                columns: rows[0].at.clone().map(|j| j as u32).collect(),
                of: first.clone(),
                start,
                uniform,
            };
        }
        let span = rows.iter().map(|row| row.at.start).min().unwrap_or(0)
            ..rows.iter().map(|row| row.at.end).max().unwrap_or(0);
        let columns: Vec<usize> = span.filter(|&j| rows.iter().any(|row| row.get(j) != 0.0)).collect();
        let entries: Vec<f64> = rows.iter().flat_map(|row| columns.iter().map(|&j| row.get(j))).collect();
        Matrix { columns: columns.into_iter().map(|j| j as u32).collect(), of: Arc::new(entries), start: 0, uniform }
    }

    /// The numbers, a row after another.
    pub(super) fn entries(&self) -> &[f64] {
        &self.of[self.start..]
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
        let none = Span::default();
        let weights: Vec<&Span> = rows.iter().map(|row| &row.a).collect();
        let radii: Vec<&Span> = rows.iter().map(|row| row.noise.as_ref().map_or(&none, |noise| &noise.r)).collect();
        let operands = self.instructions[first].operands;
        Block { instructions, operands, weights: Matrix::new(&weights, false), radii: Matrix::new(&radii, true) }
    }

    /// The row of an instruction and its index.
    pub(super) fn row(&self, instruction: &Instruction) -> Option<(usize, &Row)> {
        match instruction.kind {
            Kind::Row(row) => Some((row as usize, &self.rows[row as usize])),
            Kind::Apply(_) => None,
        }
    }
}
