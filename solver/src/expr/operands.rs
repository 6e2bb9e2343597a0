//! The operands of a node: few in place, many in a list that copies of the node share.

use super::ExprId;
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// More than so many are shared.
const FEW: usize = 8;

/// The operands of a node, immutable; cloning many of them costs nothing.
#[derive(Clone, Debug)]
pub struct Operands(Form);

#[derive(Clone, Debug)]
enum Form {
    Few(SmallVec<[ExprId; 3]>),
    Many(Arc<[ExprId]>),
}

impl Operands {
    /// None.
    pub fn new() -> Self {
        Operands(Form::Few(SmallVec::new()))
    }
}

impl Default for Operands {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for Operands {
    type Target = [ExprId];

    fn deref(&self) -> &[ExprId] {
        match &self.0 {
            Form::Few(list) => list,
            Form::Many(list) => list,
        }
    }
}

impl FromIterator<ExprId> for Operands {
    fn from_iter<I: IntoIterator<Item = ExprId>>(operands: I) -> Self {
        let list: SmallVec<[ExprId; 3]> = operands.into_iter().collect();
        Operands(if list.len() <= FEW { Form::Few(list) } else { Form::Many(list.as_slice().into()) })
    }
}

impl IntoIterator for Operands {
    type Item = ExprId;
    type IntoIter = smallvec::IntoIter<[ExprId; 3]>;

    fn into_iter(self) -> Self::IntoIter {
        match self.0 {
            Form::Few(list) => list.into_iter(),
            Form::Many(list) => SmallVec::from_slice(&list).into_iter(),
        }
    }
}

impl<'a> IntoIterator for &'a Operands {
    type Item = &'a ExprId;
    type IntoIter = std::slice::Iter<'a, ExprId>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Operands {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Many(a), Form::Many(b)) if Arc::ptr_eq(a, b) => true,
            _ => **self == **other,
        }
    }
}

impl Eq for Operands {}

impl Hash for Operands {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // long lists are hashed often enough to matter: a multiplication an operand
        let mixed = self
            .iter()
            .fold(0u64, |sum, id| (sum.rotate_left(5) ^ u64::from(id.0)).wrapping_mul(0xd6e8_feb8_6659_fd93));
        (self.len(), mixed).hash(state);
    }
}
