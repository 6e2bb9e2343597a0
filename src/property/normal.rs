//! The normal form: assertions in any nesting of *and* and *or* become cases, each a box with linear constraints.
//!
//! A formula is kept as a disjunction of conjunctions from the start, bottom up, so nothing here recurses however deep a
//! file nests. Disjunctions that are asserted together have to be multiplied out, which can be exponential; a part of
//! the product is dropped as soon as its box is empty (with disjunctions over boxes that is nearly all of it), and what is
//! left is limited by [`MAX_CASES`] and [`MAX_SIZE`].

use super::{Case, Constraint, PropertyError, is_double};
use deltasat::budget::Budget;
use deltasat::exact::Rational;
use num_traits::Signed;

/// The most cases of a property.
pub(super) const MAX_CASES: usize = 100_000;
/// The most constraints and ends of intervals in all cases together.
pub(super) const MAX_SIZE: usize = 10_000_000;

/// A place in the text, from 1, the column in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Position {
    pub(super) fn error(self, problem: impl Into<String>) -> PropertyError {
        PropertyError::At { line: self.line, column: self.column, problem: problem.into() }
    }
}

/// The constraints of a file in the order of the text, and where each stands.
#[derive(Default)]
pub(super) struct Atoms(Vec<(Constraint, Position)>);

/// A disjunction of conjunctions of atoms, by their numbers. No conjunction is false, `[[]]` is true.
#[derive(Clone, Debug)]
pub(super) struct Disjunction {
    parts: Vec<Vec<u32>>,
    /// the atoms of all parts
    size: usize,
}

/// There would be too many cases.
pub(super) struct TooLarge;

impl TooLarge {
    pub(super) fn problem() -> String {
        format!(
            "more than {MAX_CASES} cases or {MAX_SIZE} constraints once the disjunctions are multiplied out, expected fewer"
        )
    }
}

impl Atoms {
    /// The formula that is one constraint.
    pub(super) fn push(&mut self, constraint: Constraint, at: Position) -> Result<Disjunction, TooLarge> {
        let number = u32::try_from(self.0.len()).ok().filter(|_| self.0.len() < MAX_SIZE).ok_or(TooLarge)?;
        self.0.push((constraint, at));
        Ok(Disjunction { parts: vec![vec![number]], size: 1 })
    }
}

impl Disjunction {
    /// True or false.
    pub(super) fn constant(value: bool) -> Self {
        Disjunction { parts: if value { vec![Vec::new()] } else { Vec::new() }, size: 0 }
    }

    /// The disjunction of two formulas; the smaller one moves, so that a chain of them costs no more than its length.
    pub(super) fn or(self, other: Self) -> Result<Self, TooLarge> {
        let (mut large, small) = if self.parts.len() >= other.parts.len() { (self, other) } else { (other, self) };
        if large.parts.len() + small.parts.len() > MAX_CASES || large.size + small.size > MAX_SIZE {
            return Err(TooLarge);
        }
        large.parts.extend(small.parts);
        large.size += small.size;
        Ok(large)
    }

    /// The conjunction of two formulas, multiplied out.
    pub(super) fn and(self, other: Self) -> Result<Self, TooLarge> {
        let (mut large, mut small) = if self.size >= other.size { (self, other) } else { (other, self) };
        let (m, n) = (large.parts.len(), small.parts.len());
        let size = large.size.saturating_mul(n).saturating_add(small.size.saturating_mul(m));
        if m.saturating_mul(n) > MAX_CASES || size > MAX_SIZE {
            return Err(TooLarge);
        }
        if n == 1 && small.size == 0 {
            return Ok(large);
        }
        if n == 1 {
            let atoms = small.parts.remove(0);
            large.parts.iter_mut().for_each(|part| part.extend(&atoms));
            large.size = size;
            return Ok(large);
        }
        let pairs = large.parts.iter().flat_map(|a| small.parts.iter().map(move |b| [&a[..], &b[..]].concat()));
        Ok(Disjunction { parts: pairs.collect(), size })
    }
}

/// A conjunction with the bounds that it gives to each input.
#[derive(Clone)]
struct Region {
    bounds: Vec<[Option<Rational>; 2]>,
    atoms: Vec<u32>,
}

impl Region {
    /// Adds constraints; false when no input is left.
    fn restrict(&mut self, numbers: &[u32], atoms: &Atoms) -> bool {
        for &number in numbers {
            let constraint = &atoms.0[number as usize].0;
            self.atoms.push(number);
            let Some((i, end, upper)) = as_bound(constraint) else { continue };
            let [least, most] = &mut self.bounds[i];
            if upper {
                *most = Some(most.take().map_or(end.clone(), |most| most.min(end)));
            } else {
                *least = Some(least.take().map_or(end.clone(), |least| least.max(end)));
            }
            if let [Some(least), Some(most)] = &self.bounds[i]
                && least > most
            {
                return false;
            }
        }
        true
    }

    fn case(self, atoms: &Atoms, several: bool) -> Result<Case, PropertyError> {
        // of several cases, the place of the first constraint that this one does not share with all
        let at = self.atoms.last().filter(|_| several).map(|&number| atoms.0[number as usize].1);
        let fail = |problem: String| Err(at.map_or(PropertyError::invalid(problem.clone()), |at| at.error(problem)));
        let mut domain = Vec::with_capacity(self.bounds.len());
        for (i, bounds) in self.bounds.into_iter().enumerate() {
            let (least, most) = match bounds {
                [Some(least), Some(most)] => (least, most),
                [None, _] => return fail(format!("X_{i} has no lower bound, expected one such as (>= X_{i} -1)")),
                [_, None] => return fail(format!("X_{i} has no upper bound, expected one such as (<= X_{i} 1)")),
            };
            if !is_double(&least) || !is_double(&most) {
                return fail(format!("X_{i} has a bound outside the range of a double"));
            }
            domain.push((least, most));
        }
        let mut numbers = self.atoms;
        numbers.sort_unstable();
        numbers.dedup();
        let rest = numbers.iter().map(|&number| &atoms.0[number as usize].0);
        let constraints = rest.filter(|c| c.strict || as_bound(c).is_none()).cloned().collect();
        Ok(Case { domain, constraints })
    }
}

/// The bound of a single input that a constraint is (the closure of it, if it is strict), and whether it is an upper one.
fn as_bound(constraint: &Constraint) -> Option<(usize, Rational, bool)> {
    match (&constraint.inputs[..], &constraint.outputs[..]) {
        // a x + c ≥ 0
        ([(i, a)], []) => Some((*i, -&constraint.constant / a, a.is_negative())),
        _ => None,
    }
}

/// Counts a step of reading.
///
/// # Errors
/// The limit that is reached.
pub(super) fn going_on(budget: &Budget) -> Result<(), PropertyError> {
    match budget.step().then(|| budget.stopped()).flatten() {
        None => Ok(()),
        Some(reason) => Err(PropertyError::Stopped { reason }),
    }
}

/// The cases of some assertions that all hold, in the order of the text.
///
/// # Errors
/// When an input is not bounded in a case, or there are too many of them, and the limit that was reached before the end.
pub(super) fn cases(
    asserted: Vec<Disjunction>,
    atoms: &Atoms,
    inputs: usize,
    budget: &Budget,
) -> Result<Vec<Case>, PropertyError> {
    let (single, mut several): (Vec<_>, Vec<_>) = asserted.into_iter().partition(|d| d.parts.len() == 1);
    let mut start = Region { bounds: vec![[None, None]; inputs], atoms: Vec::new() };
    for disjunction in &single {
        if !start.restrict(&disjunction.parts[0], atoms) {
            return Ok(Vec::new());
        }
    }
    // short ones first, so that their bounds prune the long ones
    several.sort_by_key(|disjunction| disjunction.parts.len());
    let mut regions = vec![start];
    for disjunction in several {
        let mut next = Vec::new();
        let mut size = 0;
        for (region, part) in regions.iter().flat_map(|r| disjunction.parts.iter().map(move |part| (r, part))) {
            going_on(budget)?;
            let mut region = region.clone();
            if region.restrict(part, atoms) {
                size += region.atoms.len() + 2 * inputs;
                if next.len() == MAX_CASES || size > MAX_SIZE {
                    return Err(PropertyError::invalid(TooLarge::problem()));
                }
                next.push(region);
            }
        }
        regions = next;
    }
    let several = regions.len() > 1;
    regions.sort_by_cached_key(|region| {
        let mut numbers = region.atoms.clone();
        numbers.sort_unstable();
        numbers
    });
    let case = |region: Region| going_on(budget).and_then(|()| region.case(atoms, several));
    regions.into_iter().map(case).collect()
}
