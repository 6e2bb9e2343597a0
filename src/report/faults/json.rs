//! Faults in JSON: the fields of each document.

use super::super::json::Effort;
use super::super::value::{Members, Value};
use crate::network::Parameter;
use crate::robustness::faults::Fault;
use serde::Serialize;
use serde_json::value::RawValue;

#[derive(Serialize)]
pub(super) struct Head<'a> {
    pub(super) schema: u32,
    pub(super) model: &'a str,
    pub(super) question: &'static str,
    /// how many are inverted
    pub(super) bits: u32,
    pub(super) perturbation: Value,
    pub(super) faults: usize,
    pub(super) unbounded: Vec<FaultDocument>,
}

#[derive(Serialize)]
pub(super) struct Document<'a> {
    #[serde(flatten)]
    pub(super) head: Head<'a>,
    pub(super) answer: &'static str,
    pub(super) input: Vec<Box<RawValue>>,
    #[serde(flatten)]
    pub(super) effect: EffectDocument<'a>,
    pub(super) seconds: f64,
}

#[derive(Serialize)]
pub(super) struct EverywhereDocument<'a> {
    #[serde(flatten)]
    pub(super) head: Head<'a>,
    pub(super) answer: &'static str,
    pub(super) domain: Vec<[Box<RawValue>; 2]>,
    pub(super) lower: Box<RawValue>,
    pub(super) upper: Box<RawValue>,
    pub(super) worst: Option<FaultDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<Vec<Box<RawValue>>>,
    #[serde(flatten)]
    pub(super) effort: Effort,
}

#[derive(Serialize)]
pub(super) struct EffectDocument<'a> {
    #[serde(flatten)]
    pub(super) assigned: Members,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) class_change: Option<&'static str>,
    pub(super) changes: u64,
    pub(super) open: u64,
    pub(super) lower: Box<RawValue>,
    pub(super) upper: Box<RawValue>,
    pub(super) worst: Option<FaultDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) change: Option<FaultDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Row<'a> {
    pub(super) line: u64,
    pub(super) input: Vec<Box<RawValue>>,
    #[serde(flatten)]
    pub(super) effect: EffectDocument<'a>,
}

#[derive(Serialize)]
pub(super) struct End {
    pub(super) answer: &'static str,
    pub(super) inputs: u64,
    pub(super) class_change_possible: u64,
    pub(super) class_change_impossible: u64,
    pub(super) lower: Box<RawValue>,
    pub(super) upper: Box<RawValue>,
    pub(super) stop: &'static str,
    pub(super) seconds: f64,
}

#[derive(Serialize)]
pub(super) struct FaultDocument {
    pub(super) layer: usize,
    pub(super) row: usize,
    /// `null` for a bias
    pub(super) column: Option<usize>,
    pub(super) bit: u32,
    pub(super) value: f64,
    /// `null` for infinity and NaN
    pub(super) faulty: Option<f64>,
}

impl From<&Fault> for FaultDocument {
    fn from(fault: &Fault) -> Self {
        let column = match fault.place {
            Parameter::Weight { col, .. } => Some(col),
            Parameter::Bias { .. } => None,
        };
        let (layer, row) = (fault.layer, fault.place.row());
        FaultDocument { layer, row, column, bit: fault.bit, value: fault.from, faulty: fault.to }
    }
}
