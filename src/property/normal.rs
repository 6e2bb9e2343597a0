//! The normal form: assertions in any nesting of *and* and *or* become cases, each a box with linear constraints.
//!
//! A formula is kept as a disjunction of conjunctions from the start, bottom up, so nothing here recurses however deep a
//! file nests. Disjunctions that are asserted together have to be multiplied out, which can be exponential; a part of
//! the product is dropped as soon as its box is empty (with disjunctions over boxes that is nearly all of it), and what is
//! left is limited by [`MAX_CASES`] and [`MAX_SIZE`].

use super::{Case, Constraint, PropertyError, is_double};
use deltasat::budget::Budget;
use deltasat::exact::Rational;
use num_traits::{One, Signed, ToPrimitive};

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
pub(super) struct Atoms(Vec<(Atom, Position)>);

/// A constraint in little space: a file of some megabytes has a hundred thousand bounds.
enum Atom {
    /// `±v + numer/denom ⋈ 0` in lowest terms
    Bound {
        variable: u32,
        is_output: bool,
        negative: bool,
        strict: bool,
        numer: i64,
        denom: i64,
    },
    Other(Box<Constraint>),
}

impl Atom {
    fn new(constraint: Constraint) -> Self {
        let (variable, coefficient, is_output) = match (&constraint.inputs[..], &constraint.outputs[..]) {
            ([(i, a)], []) => (*i, a, false),
            ([], [(j, b)]) => (*j, b, true),
            _ => return Atom::Other(Box::new(constraint)),
        };
        let c = &constraint.constant;
        let parts = (u32::try_from(variable), c.numer().to_i64(), c.denom().to_i64());
        match parts {
            (Ok(variable), Some(numer), Some(denom)) if coefficient.abs().is_one() => {
                let negative = coefficient.is_negative();
                Atom::Bound { variable, is_output, negative, strict: constraint.strict, numer, denom }
            }
            _ => Atom::Other(Box::new(constraint)),
        }
    }

    fn constraint(&self) -> Constraint {
        match self {
            Atom::Bound { variable, is_output, negative, strict, numer, denom } => {
                let one = Rational::one();
                let term = vec![(*variable as usize, if *negative { -one } else { one })];
                let (inputs, outputs) = if *is_output { (Vec::new(), term) } else { (term, Vec::new()) };
                Constraint { inputs, outputs, constant: lowest(*numer, *denom), strict: *strict }
            }
            Atom::Other(constraint) => (**constraint).clone(),
        }
    }

    /// The bound of a single input that it is (the closure of it, if it is strict), and whether it is an upper one.
    fn bound(&self) -> Option<(usize, Rational, bool)> {
        match self {
            Atom::Bound { is_output: true, .. } => None,
            Atom::Bound { variable, negative, numer, denom, .. } => {
                let constant = lowest(*numer, *denom);
                Some((*variable as usize, if *negative { constant } else { -constant }, *negative))
            }
            Atom::Other(constraint) => match (&constraint.inputs[..], &constraint.outputs[..]) {
                // a x + c ≥ 0
                ([(i, a)], []) => Some((*i, -&constraint.constant / a, a.is_negative())),
                _ => None,
            },
        }
    }

    fn is_strict(&self) -> bool {
        match self {
            Atom::Bound { strict, .. } => *strict,
            Atom::Other(constraint) => constraint.strict,
        }
    }
}

/// A fraction in lowest terms.
fn lowest(numer: i64, denom: i64) -> Rational {
    Rational::new_raw(numer.into(), denom.into())
}

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
        self.0.push((Atom::new(constraint), at));
        Ok(Disjunction { parts: vec![vec![number]], size: 1 })
    }

    fn atom(&self, number: u32) -> &Atom {
        &self.0[number as usize].0
    }

    /// The end of an interval that a bound gives.
    fn end(&self, bound: u32) -> Rational {
        self.atom(bound).bound().map_or_else(Rational::default, |(_, end, _)| end)
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
    /// the greatest lower and the least upper one, by their numbers
    bounds: Vec<[Option<u32>; 2]>,
    atoms: Vec<u32>,
}

impl Region {
    /// Adds constraints; false when no input is left.
    fn restrict(&mut self, numbers: &[u32], atoms: &Atoms) -> bool {
        for &number in numbers {
            self.atoms.push(number);
            let Some((i, end, upper)) = atoms.atom(number).bound() else { continue };
            let [same, other] = [usize::from(upper), usize::from(!upper)].map(|side| self.bounds[i][side]);
            let beyond = |bound: Rational| if upper { end < bound } else { end > bound };
            if other.is_some_and(|bound| beyond(atoms.end(bound))) {
                return false;
            }
            if same.is_none_or(|bound| beyond(atoms.end(bound))) {
                self.bounds[i][usize::from(upper)] = Some(number);
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
                [Some(least), Some(most)] => (atoms.end(least), atoms.end(most)),
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
        let rest = numbers.iter().map(|&number| atoms.atom(number));
        let rest = rest.filter(|atom| atom.is_strict() || atom.bound().is_none());
        let constraints = rest.map(Atom::constraint).collect();
        Ok(Case { domain, constraints })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn constraint(input: bool, coefficient: (i64, i64), constant: Rational, strict: bool) -> Constraint {
        let term = vec![(3, Rational::new(coefficient.0.into(), coefficient.1.into()))];
        let (inputs, outputs) = if input { (term, Vec::new()) } else { (Vec::new(), term) };
        Constraint { inputs, outputs, constant, strict }
    }

    #[test]
    fn an_atom_is_the_constraint_that_it_was_made_of() {
        let short = |numer: i64, denom: i64| Rational::new(numer.into(), denom.into());
        let long = Rational::new(i64::MAX.into(), 2.into()) * short(3, 1);
        let constants = [short(0, 1), short(-7, 10), short(i64::MIN, 1), short(1, i64::MAX), long.clone(), -long];
        let coefficients = [(1, 1), (-1, 1), (2, 1), (-1, 3)];
        for (constant, coefficient) in constants.iter().flat_map(|c| coefficients.map(|a| (c, a))) {
            for (input, strict) in [(true, true), (true, false), (false, true), (false, false)] {
                let whole = constraint(input, coefficient, constant.clone(), strict);
                let atom = Atom::new(whole.clone());
                assert_eq!((atom.constraint(), atom.is_strict()), (whole.clone(), strict));
                // a v + c = 0 at the bound, and a < 0 bounds v from above
                let a = short(coefficient.0, coefficient.1);
                let bound = input.then(|| (3, -constant / &a, coefficient.0 < 0));
                assert_eq!(atom.bound(), bound);
                assert_eq!(Atom::Other(Box::new(whole)).bound(), bound);
            }
        }
    }

    #[test]
    fn a_bound_takes_little_space() {
        assert!(size_of::<(Atom, Position)>() <= 48);
        let decimal = Rational::new(49_411_765.into(), 100_000_000.into());
        assert!(matches!(Atom::new(constraint(true, (-1, 1), decimal, false)), Atom::Bound { .. }));
    }
}
