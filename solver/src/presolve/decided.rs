//! Atoms that the variables' ranges decide, under disjunctions.
//!
//! Where `x ≥ 1/2` holds throughout, `x > 0 ⇒ y = e` is `y = e`: a definition, which only a conjunct can be. The ranges are
//! conjuncts themselves and stay, so the formula means the same under them. A range that a tracked assertion gives decides
//! only that assertion's own atoms, or a core would not name it.

use super::Presolve;
use super::bounds::{Bound, Range, read};
use crate::exact::Rational;
use crate::expr::Graph;
use crate::formula::{Atom, Formula};

/// Whether all of a range, or none of it, lies beyond a bound.
fn truth(range: &Range, origin: Option<usize>, from_below: bool, value: &Rational, strict: bool) -> Option<bool> {
    let (near, far) = if from_below { (&range.lower, &range.upper) } else { (&range.upper, &range.lower) };
    let own = |bound: &&Bound| bound.origin.is_none() || bound.origin == origin;
    let (near, far) = (near.as_ref().filter(own), far.as_ref().filter(own));
    let beyond = |bound: &Bound| if from_below { bound.value > *value } else { bound.value < *value };
    let short = |bound: &Bound| !beyond(bound) && bound.value != *value;
    if near.is_some_and(|b| beyond(b) || (b.value == *value && (b.strict || !strict))) {
        return Some(true);
    }
    far.is_some_and(|b| short(b) || (b.value == *value && (b.strict || strict))).then_some(false)
}

fn decided(graph: &Graph, ranges: &[Range], origin: Option<usize>, atom: &Atom) -> Formula {
    let known = read(graph, atom.expr, atom.relation)
        .and_then(|(v, from_below, value, strict)| truth(&ranges[v.index()], origin, from_below, &value, strict));
    match known {
        Some(true) => Formula::TRUE,
        Some(false) => Formula::FALSE,
        None => Formula::Atom(*atom),
    }
}

impl Presolve<'_> {
    /// Replaces the atoms below disjunctions, and in named formulas, that ranges decide. Returns whether there were any.
    pub(super) fn decide_by_ranges(&mut self) -> bool {
        let mut parts = std::mem::take(&mut self.parts);
        let mut changed = Vec::new();
        parts.retain(|part| {
            if !matches!(part.formula, Formula::Or(_)) {
                return true;
            }
            let formula = part.formula.replace(&mut |atom| decided(&self.graph, &self.ranges, part.origin, atom));
            let same = formula == part.formula;
            if !same {
                changed.push((formula, part.origin));
            }
            same
        });
        self.parts = parts;
        let mut booleans = std::mem::take(&mut self.booleans);
        for definition in booleans.iter_mut().filter_map(|boolean| boolean.definition.as_mut()) {
            *definition = definition.replace(&mut |atom| decided(&self.graph, &self.ranges, None, atom));
        }
        self.booleans = booleans;
        for (formula, origin) in &changed {
            self.push(formula, *origin);
        }
        !changed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_decides_what_lies_beyond_its_ends() {
        let r = |n: i64| Rational::from_integer(n.into());
        let bound = |n, strict| Some(Bound { value: r(n), strict, origin: None });
        for (low_strict, high_strict) in [(false, false), (false, true), (true, false), (true, true)] {
            let range = Range { lower: bound(1, low_strict), upper: bound(3, high_strict) };
            let mut inside: Vec<Rational> =
                vec![r(2), Rational::new(3.into(), 2.into()), Rational::new(5.into(), 2.into())];
            inside.extend((!low_strict).then(|| r(1)));
            inside.extend((!high_strict).then(|| r(3)));
            for (n, from_below, strict) in
                (0..5).flat_map(|n| [(n, true, true), (n, true, false), (n, false, true), (n, false, false)])
            {
                let holds = |x: &Rational| match (from_below, strict) {
                    (true, true) => *x > r(n),
                    (true, false) => *x >= r(n),
                    (false, true) => *x < r(n),
                    (false, false) => *x <= r(n),
                };
                let (all, none) = (inside.iter().all(holds), !inside.iter().any(holds));
                match truth(&range, None, from_below, &r(n), strict) {
                    Some(true) => assert!(all),
                    Some(false) => assert!(none),
                    // an open end is not among the samples
                    None => assert!(!all && !none, "{n} {from_below} {strict} {low_strict} {high_strict}"),
                }
            }
        }
    }
}
