//! Linear bounds, carried backwards: a sum of nodes is bounded by a linear form over variables alone.
//!
//! From the latest node to the earliest, a sum is written out, any other operator is replaced by a line on the side that
//! its coefficient asks for ([`crate::line`]), and a variable that atoms bound by others is replaced by such an
//! atom (adding `λ·e` to a bound changes nothing for the worse where `e ≥ 0` and `λ ≥ 0`, or `e = 0`). Two equal functions
//! of two arguments, a *pair*, may be replaced together.
//!
//! Coefficients are exact to a number and an interval of what rounding may have lost, which goes to the constant as soon
//! as the node is reached. So the bound holds for any choice of lines, atoms and order.

use crate::enclose::slope;
use crate::formula::Relation;
use crate::graph::{Function, Graph, Node, Op};
use crate::interval::Interval;
use crate::line;
use crate::number::{Num, Round::Up};
use crate::region::{Refuted, Region, Space};
use crate::twins::{chord, twins};

/// The same function at two arguments, and the difference of those.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    function: Function,
    first: Node,
    second: Node,
    difference: Node,
}

impl Pair {
    /// The pair of two nodes, if they are the same function.
    pub fn new(graph: &mut Graph, first: Node, second: Node) -> Option<Pair> {
        let (&Op::Apply(function, x), &Op::Apply(other, y)) = (graph.op(first), graph.op(second)) else { return None };
        (first != second && function == other).then(|| Pair { function, first, second, difference: graph.sub(x, y) })
    }

    /// Both nodes and the difference.
    pub fn nodes(&self) -> [Node; 3] {
        [self.first, self.second, self.difference]
    }
}

/// How the backward sweep goes: which nodes are replaced when, by what.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// by node: the place in the order, operands before what uses them
    level: Vec<usize>,
    /// all live nodes and variables, latest first
    order: Vec<Node>,
    /// by node: the atoms that bound a variable from above and from below, with its coefficient
    links: Vec<[Option<(Node, Num)>; 2]>,
    /// by position in the order
    place: Vec<usize>,
    /// by node: whether it depends on no variable
    fixed: Vec<bool>,
    /// by node: its pair
    pairs: Vec<Option<Pair>>,
    /// operands of operators that bend, and differences of pairs: what is worth bounding, earliest first
    pub bent: Vec<Node>,
}

/// Levels are found in so many rounds, or not at all.
const ROUNDS: usize = 2_000;

/// A linear bound: at most `Σ c_i x_i + constant` over the variables.
#[derive(Clone, Debug)]
pub struct Bound {
    /// by position among the variables
    pub coefficients: Vec<Interval>,
    /// the constant
    pub constant: Num,
    /// the largest value over the region
    pub maximum: Num,
}

impl Plan {
    /// Makes a plan: variables in the given order may be bounded by earlier ones; pairs are replaced together.
    pub fn new(graph: &Graph, space: &Space, atoms: &[(Node, Relation)], order: &[Node], pairs: &[Pair]) -> Plan {
        let mut plan = Plan {
            level: vec![0; graph.len()],
            order: Vec::new(),
            links: vec![[None; 2]; graph.len()],
            place: vec![0; graph.len()],
            fixed: vec![true; graph.len()],
            pairs: vec![None; graph.len()],
            bent: Vec::new(),
        };
        space.variables.iter().chain(&space.live).for_each(|node| plan.fixed[*node] = false);
        plan.find_links(graph, space, atoms, order);
        for &pair in pairs {
            if plan.pairs[pair.first].is_none() && plan.pairs[pair.second].is_none() {
                (plan.pairs[pair.first], plan.pairs[pair.second]) = (Some(pair), Some(pair));
            }
        }
        if !plan.find_levels(graph, space) {
            // a pair on a cycle, or a very long chain of definitions: do without
            plan.pairs.fill(None);
            plan.links.fill([None; 2]);
            plan.find_levels(graph, space);
        }
        let mut bent = vec![false; graph.len()];
        for &node in &space.live {
            match *graph.op(node) {
                Op::Apply(_, a) => bent[a] = true,
                Op::Max(a, b) | Op::Div(a, b) | Op::Atan2(a, b) => (bent[a], bent[b]) = (true, true),
                Op::Ite(c, ..) => bent[c] = true,
                _ => {}
            }
        }
        plan.pairs.iter().flatten().for_each(|pair| bent[pair.difference] = true);
        plan.bent = plan.order.iter().rev().copied().filter(|node| bent[*node]).collect();
        plan
    }

    fn find_links(&mut self, graph: &Graph, space: &Space, atoms: &[(Node, Relation)], order: &[Node]) {
        // the rank of the latest variable below a node
        let mut rank = vec![0usize; graph.len()];
        order.iter().enumerate().for_each(|(index, variable)| rank[*variable] = index + 1);
        for &node in &space.live {
            rank[node] = graph.operands(node).into_iter().map(|operand| rank[operand]).max().unwrap_or(0);
        }
        for &(node, relation) in atoms.iter().filter(|(_, relation)| *relation != Relation::Ne) {
            let Op::Linear(terms, _) = graph.op(node) else { continue };
            let latest = terms.iter().zip(&graph.row(node).0).max_by_key(|((_, x), _)| rank[*x]);
            let Some(((_, variable), a)) = latest else { continue };
            let alone = terms.iter().filter(|(_, x)| rank[*x] == rank[*variable]).count() == 1;
            let plain = matches!(graph.op(*variable), Op::Variable(_));
            if rank[*variable] == 0 || !alone || !plain || terms.len() == 1 {
                continue;
            }
            let a = a.middle();
            let sides: &[usize] = match relation {
                Relation::Eq => &[0, 1],
                // −v + … ≥ 0 bounds v from above
                _ if a.signum() < 0 => &[0],
                _ => &[1],
            };
            for &side in sides {
                let link = &mut self.links[*variable][side];
                if link.is_none() || relation == Relation::Eq {
                    *link = Some((node, a));
                }
            }
        }
    }

    /// Gives every node a level above those it is replaced by; false where there is a cycle.
    fn find_levels(&mut self, graph: &Graph, space: &Space) -> bool {
        let all: Vec<Node> = space.variables.iter().chain(&space.live).copied().collect();
        self.level.fill(0);
        let mut rounds = 0;
        loop {
            let mut changed = false;
            for &node in &all {
                let links = self.links[node].iter().flatten().flat_map(|(atom, _)| graph.operands(*atom));
                let below = graph.operands(node).into_iter().chain(links.filter(|x| *x != node));
                let mut level = below.map(|x| self.level[x] + 1).max().unwrap_or(0);
                if let Some(pair) = self.pairs[node] {
                    level = level.max(self.level[pair.first]).max(self.level[pair.second]);
                }
                if level > self.level[node] {
                    self.level[node] = level;
                    changed = true;
                }
            }
            rounds += 1;
            if !changed {
                break;
            }
            if rounds > ROUNDS {
                return false;
            }
        }
        self.order = all;
        let level = &self.level;
        self.order.sort_by_key(|node| (std::cmp::Reverse(level[*node]), std::cmp::Reverse(*node)));
        self.order.iter().enumerate().for_each(|(place, node)| self.place[*node] = place);
        true
    }

    /// At most the sum of the seeds, over the region.
    pub fn bound(&self, graph: &Graph, space: &Space, region: &Region, seeds: &[(Node, Num)]) -> Bound {
        let sum = vec![Interval::ZERO; graph.len()];
        let mut sweep = Sweep { graph, region, fixed: &self.fixed, sum, constant: Num::ZERO };
        let mut first = usize::MAX;
        for &(node, coefficient) in seeds {
            sweep.add(node, Interval::point(coefficient));
            first = first.min(self.place[node]);
        }
        for &node in self.order.iter().skip(first) {
            if sweep.sum[node] != Interval::ZERO {
                self.replace(&mut sweep, node);
            }
        }
        let coefficients: Vec<Interval> = space.variables.iter().map(|v| sweep.sum[*v]).collect();
        let terms = coefficients.iter().zip(&space.variables);
        let maximum = terms.fold(sweep.constant, |sum, (c, v)| sum.add(c.mul(region.bounds[*v]).hi, Up));
        Bound { coefficients, constant: sweep.constant, maximum }
    }

    /// Replaces a node by what is earlier, unless it is a variable that nothing bounds by others.
    fn replace(&self, sweep: &mut Sweep<'_>, node: Node) {
        if let Some(pair) = self.pairs[node]
            && replace_pair(sweep, pair)
        {
            return;
        }
        match sweep.graph.op(node) {
            Op::Variable(_) => {
                let positive = sweep.sum[node].middle().signum() > 0;
                if let Some((atom, a)) = self.links[node][usize::from(!positive)] {
                    let c = sweep.take(node);
                    sweep.add_atom(node, c, atom, a);
                }
            }
            Op::Linear(..) => {
                let c = sweep.take(node);
                sweep.write_out(node, c);
            }
            _ => {
                let c = sweep.take(node);
                sweep.add_line(node, c);
            }
        }
    }
}

/// Replaces both nodes of a pair at once, if their arguments are bounded.
fn replace_pair(sweep: &mut Sweep<'_>, Pair { function, first, second, difference }: Pair) -> bool {
    let argument = |node: Node| sweep.graph.operands(node)[0];
    let (x, y) = (argument(first), argument(second));
    let (of_x, of_y, apart) = (sweep.region.bounds[x], sweep.region.bounds[y], sweep.region.bounds[difference]);
    if !of_x.is_bounded() || !of_y.is_bounded() || !apart.is_bounded() {
        return false;
    }
    let (s, t, constant) = if function == Function::Relu {
        let (a, b) = (sweep.take(first), sweep.take(second));
        twins(a, b, of_x, of_y, apart)
    } else {
        // a·(f(x) − f(y)) = a·D·(x − y) for a slope D between x and y; anything but such a difference takes lines
        let opposite = sweep.sum[first] == sweep.sum[second].neg() && sweep.sum[first].is_point();
        let slopes = slope(function, of_x.hull(of_y)).filter(|slopes| opposite && slopes.is_bounded());
        let Some(slopes) = slopes else { return false };
        let a = sweep.take(first);
        sweep.take(second);
        let (s, constant) = chord(slopes.mul(Interval::point(a)), apart);
        (s, s.neg(), constant)
    };
    sweep.constant = sweep.constant.add(constant, Up);
    sweep.add(x, Interval::point(s));
    sweep.add(y, Interval::point(t));
    true
}

struct Sweep<'a> {
    graph: &'a Graph,
    region: &'a Region,
    fixed: &'a [bool],
    sum: Vec<Interval>,
    constant: Num,
}

impl Sweep<'_> {
    /// Adds a multiple of a node.
    fn add(&mut self, node: Node, c: Interval) {
        match self.fixed[node] {
            true => self.settle(node, c),
            false => self.sum[node] = self.sum[node].add(c),
        }
    }

    /// Takes a node out of the sum: its coefficient as a number; what that is off by is added to the constant.
    fn take(&mut self, node: Node) -> Num {
        let c = std::mem::replace(&mut self.sum[node], Interval::ZERO);
        self.settle(node, c.sub(Interval::point(c.lo)));
        c.lo
    }

    /// Adds a multiple of a node, at its largest.
    fn settle(&mut self, node: Node, c: Interval) {
        if c != Interval::ZERO {
            self.constant = self.constant.add(c.mul(self.region.bounds[node]).hi, Up);
        }
    }

    fn write_out(&mut self, node: Node, c: Num) {
        let Op::Linear(terms, _) = self.graph.op(node) else { return };
        let (coefficients, constant) = self.graph.row(node);
        for ((_, x), a) in terms.iter().zip(coefficients) {
            self.add(*x, a.mul(Interval::point(c)));
        }
        self.constant = self.constant.add(constant.mul(Interval::point(c)).hi, Up);
    }

    /// Adds the multiple of an atom that takes the place of a variable.
    fn add_atom(&mut self, variable: Node, c: Num, atom: Node, a: Num) {
        // c is of the sign that λ = −c/a is not negative, or the atom is an equation
        let lambda = Interval::point(c).div(Interval::point(a)).neg().middle();
        self.write_out(atom, lambda);
        let left = std::mem::replace(&mut self.sum[variable], Interval::ZERO);
        self.settle(variable, left.add(Interval::point(c)));
    }

    fn add_line(&mut self, node: Node, c: Num) {
        let graph = self.graph;
        let bounds = &self.region.bounds;
        let whole = Interval::point(c).mul(bounds[node]).hi;
        let line = line::above(graph, node, bounds, c.signum() < 0);
        let Some((slopes, constant)) = line else {
            self.constant = self.constant.add(whole, Up);
            return;
        };
        let size = Interval::point(c.abs());
        // where the line is worse than the bound itself at the middle, it is of no use
        let operands = graph.operands(node);
        let terms = operands.iter().zip(&slopes);
        let middle = terms.fold(Interval::point(constant), |sum, (x, s)| {
            sum.add(Interval::point(*s).mul(Interval::point(bounds[*x].middle())))
        });
        if size.mul(middle).hi.at_least(whole) {
            self.constant = self.constant.add(whole, Up);
            return;
        }
        self.constant = self.constant.add(size.mul(Interval::point(constant)).hi, Up);
        for (x, s) in operands.into_iter().zip(slopes) {
            self.add(x, size.mul(Interval::point(s)));
        }
    }
}

/// Whether an atom speaks of one variable alone.
pub fn is_bound(graph: &Graph, node: Node) -> bool {
    match graph.op(node) {
        Op::Variable(_) => true,
        Op::Linear(terms, _) => terms.len() == 1 && matches!(graph.op(terms[0].1), Op::Variable(_)),
        _ => false,
    }
}

/// Bounds what bends by linear bounds, earliest first, and then the atoms, which bound the variables.
///
/// # Errors
/// The region is empty.
pub fn relax(plan: &Plan, graph: &Graph, space: &Space, region: &mut Region) -> Result<(), Refuted> {
    let needed = region.needed(graph);
    for &node in &plan.bent {
        if region.bounds[node].is_point() || !(graph.is_total(node) || needed[node]) {
            continue;
        }
        let upper = plan.bound(graph, space, region, &[(node, Num::ONE)]).maximum;
        let lower = plan.bound(graph, space, region, &[(node, Num::ONE.neg())]).maximum.neg();
        region.bounds[node] = region.bounds[node].meet(Interval::new(lower, upper));
        if region.bounds[node].is_empty() {
            return Err(Refuted);
        }
        region.forward(graph, space);
    }
    for (node, relation) in region.atoms.clone() {
        let linked = is_bound(graph, node) || plan.links.iter().flatten().flatten().any(|(atom, _)| *atom == node);
        let sides: &[bool] = match relation {
            _ if linked => &[],
            Relation::Ge | Relation::Gt => &[true],
            Relation::Eq => &[true, false],
            Relation::Ne => &[],
        };
        for &positive in sides {
            let seed = if positive { Num::ONE } else { Num::ONE.neg() };
            let bound = plan.bound(graph, space, region, &[(node, seed)]);
            if bound.maximum.signum() < 0 || (relation == Relation::Gt && bound.maximum.is_zero()) {
                return Err(Refuted);
            }
            cut(space, region, &bound)?;
        }
    }
    Ok(())
}

/// `Σ c_i x_i + c ≥ 0` bounds each variable by what the others can be.
fn cut(space: &Space, region: &mut Region, bound: &Bound) -> Result<(), Refuted> {
    if !bound.maximum.is_finite() {
        return Ok(());
    }
    for (&v, c) in space.variables.iter().zip(&bound.coefficients) {
        if c.has_zero() || !region.bounds[v].is_bounded() {
            continue;
        }
        // the others are at most the maximum less what this one adds to it at least at its best
        let own = c.mul(region.bounds[v]).hi;
        let others = Interval::point(bound.maximum).sub(Interval::point(own)).hi;
        let allowed = Interval::new(others.neg(), Num::INFINITY);
        region.bounds[v] = allowed.quotient_within(*c, region.bounds[v]);
        if region.bounds[v].is_empty() {
            return Err(Refuted);
        }
    }
    Ok(())
}
