//! Proofs, and their check. The page [`format`](crate::format) says what a proof looks like and what each step claims.

use crate::graph::{Graph, Node};
use crate::linear::{Pair, Plan, relax};
use crate::number::{Num, Round};
use crate::region::{Refuted, Region, Space};
use crate::script::{Problem, problem};
use crate::sexpr;
use std::collections::HashMap;

/// What was checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// which `check-sat` of the script
    pub check: usize,
    /// how many variables the problem has
    pub variables: usize,
    /// how many assertions the problem has
    pub assertions: usize,
    /// lines of the tree
    pub steps: u64,
    /// regions refuted
    pub leaves: u64,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = |n: u64, thing: &str| format!("{n} {thing}{}", if n == 1 { "" } else { "s" });
        write!(
            f,
            "proved: no values of the {} satisfy the {} before `check-sat` number {} of the script ({}, {} refuted)",
            count(self.variables as u64, "variable"),
            count(self.assertions as u64, "assertion"),
            self.check,
            count(self.steps, "step"),
            count(self.leaves, "region")
        )
    }
}

/// The first line and all that is not the tree.
pub struct Header {
    /// the script that the proof is about
    pub script: String,
    /// which of its `check-sat`
    pub check: usize,
    /// the problem, with the terms of the proof in its graph
    pub problem: Problem,
    /// the order of the variables for links
    pub order: Vec<Node>,
    /// pairs
    pub pairs: Vec<Pair>,
    /// the terms that are split
    pub terms: Vec<Node>,
}

/// A proof in progress, shared by who checks one and who writes one.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// what is the same everywhere
    pub space: Space,
    /// how linear bounds are carried
    pub plan: Plan,
    /// all that satisfies the assertions, or nothing
    pub root: Result<Region, Refuted>,
}

impl Prepared {
    /// What follows from a problem and the hints of a proof.
    pub fn new(problem: &Problem, order: &[Node], pairs: &[Pair], terms: &[Node]) -> Prepared {
        let others: Vec<Node> = terms.iter().copied().chain(pairs.iter().flat_map(|pair| pair.nodes())).collect();
        let space = Space::new(problem, &others);
        let root = Region::whole(problem, &space);
        let atoms = root.as_ref().map_or(&[][..], |root| &root.atoms);
        let plan = Plan::new(&problem.graph, &space, atoms, order, pairs);
        Prepared { space, plan, root }
    }

    /// One step on a region: `h` or `r`.
    ///
    /// # Errors
    /// It refutes the region.
    pub fn step(&self, graph: &Graph, letter: char, region: &mut Region) -> Result<(), Refuted> {
        match letter {
            'r' => relax(&self.plan, graph, &self.space, region),
            _ => region.contract(graph, &self.space),
        }
    }
}

/// The lines of a text, with their numbers.
struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Result<&'a str, String> {
        let (line, rest) = self.rest.split_once('\n').ok_or_else(|| self.fail("the proof ends early"))?;
        self.rest = rest;
        self.number += 1;
        Ok(line)
    }

    fn fail(&self, what: impl std::fmt::Display) -> String {
        format!("line {}: {what}", self.number)
    }
}

/// Reads `m` or `mpe`, which is `m·2^e`.
fn number(text: &str) -> Option<Num> {
    let (m, e) = text.split_once('p').unwrap_or((text, "0"));
    let (m, e): (i64, i64) = (m.parse().ok()?, e.parse().ok()?);
    let e = i32::try_from(e).ok().filter(|e| e.unsigned_abs() < 1 << 16)?;
    Some(Num::integer(m).mul(Num::power(e), Round::Down))
}

/// Writes a number as the reader reads it.
pub fn written(x: Num) -> Option<String> {
    let (m, e) = x.parts()?;
    let zeros = m.trailing_zeros().min(63);
    let m = i64::try_from(m >> zeros).ok()?;
    Some(if m == 0 { "0".to_owned() } else { format!("{m}p{}", e + zeros as i32) })
}

fn header(lines: &mut Lines<'_>) -> Result<Header, String> {
    if lines.next()? != "deltacheck 1" {
        return Err(lines.fail("this is no proof: expected `deltacheck 1`"));
    }
    let length = lines.next()?.strip_prefix("script ").and_then(|n| n.parse::<usize>().ok());
    let length = length.ok_or_else(|| lines.fail("expected `script` and how many bytes it has"))?;
    let script = lines.rest.get(..length).ok_or_else(|| lines.fail("the script is cut off"))?;
    lines.rest = &lines.rest[length..];
    lines.number += script.matches('\n').count();
    if !lines.next()?.is_empty() {
        return Err(lines.fail("the script has another length"));
    }
    let check = lines.next()?.strip_prefix("check ").and_then(|n| n.parse::<usize>().ok());
    let check = check.ok_or_else(|| lines.fail("expected `check` and which `check-sat` is meant"))?;
    let problem = problem(script, check).map_err(|what| format!("the script: {what}"))?;
    let mut header =
        Header { script: script.to_owned(), check, problem, order: Vec::new(), pairs: Vec::new(), terms: Vec::new() };
    loop {
        let line = lines.next()?;
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut terms = || -> Result<Vec<Node>, String> {
            let trees = sexpr::read(rest)?;
            trees.iter().map(|tree| header.problem.term(tree, &HashMap::new())).collect()
        };
        match word {
            "order" => header.order = terms().map_err(|what| lines.fail(what))?,
            "term" => {
                let found = terms().map_err(|what| lines.fail(what))?;
                header.terms.extend(found);
            }
            "pair" => {
                let found = terms().map_err(|what| lines.fail(what))?;
                let pair = match found[..] {
                    [first, second] => Pair::new(&mut header.problem.graph, first, second),
                    _ => None,
                };
                header.pairs.push(pair.ok_or_else(|| lines.fail("expected one function twice in `pair`"))?);
            }
            "refute" => return Ok(header),
            _ => return Err(lines.fail(format!("`{word}`, expected `order`, `term`, `pair` or `refute`"))),
        }
    }
}

/// Checks one proof, or several that follow each other. Returns what each proved, and the script that it is about.
///
/// # Errors
/// The first step that proves nothing, and why.
pub fn check(text: &str) -> Result<Vec<(Report, String)>, String> {
    let mut lines = Lines { rest: text, number: 0 };
    let mut reports = vec![check_one(&mut lines)?];
    while !lines.rest.is_empty() {
        reports.push(check_one(&mut lines)?);
    }
    Ok(reports)
}

fn check_one(lines: &mut Lines<'_>) -> Result<(Report, String), String> {
    let header = header(lines)?;
    let problem = &header.problem;
    let prepared = Prepared::new(problem, &header.order, &header.pairs, &header.terms);
    let mut report = Report {
        check: header.check,
        variables: prepared.space.variables.len(),
        assertions: problem.assertions.len(),
        ..Report::default()
    };
    let mut open: Vec<Region> = Vec::new();
    match &prepared.root {
        Ok(root) => open.push(root.clone()),
        Err(Refuted) => report.leaves += 1,
    }
    while let Some(mut region) = open.pop() {
        report.steps += 1;
        let line = lines.next()?;
        let mut words = line.split(' ');
        let steps = words.next().unwrap_or_default();
        let mut refuted = false;
        for letter in steps.chars() {
            if !"hr".contains(letter) {
                return Err(lines.fail(format!("the step `{letter}`, expected `h` or `r`")));
            }
            refuted = prepared.step(&problem.graph, letter, &mut region).is_err();
            if refuted {
                break;
            }
        }
        match (words.next(), refuted) {
            (Some("."), true) => report.leaves += 1,
            (Some("."), false) => return Err(lines.fail("this region is not refuted")),
            (_, true) => return Err(lines.fail("this region is refuted already, expected `.`")),
            (Some("s"), _) => {
                let term =
                    words.next().and_then(|k| k.parse::<usize>().ok()).and_then(|k| header.terms.get(k).copied());
                let (Some(term), Some(at)) = (term, words.next().and_then(number)) else {
                    return Err(lines.fail("expected a term and a number after `s`"));
                };
                if !problem.graph.is_total(term) && !region.needed(&problem.graph)[term] {
                    return Err(lines.fail("a split of a term that need not have a value"));
                }
                let [below, above] = region.split(term, at);
                open.extend([above, below]);
            }
            (Some("c"), _) => {
                let clause = words.next().and_then(|k| k.parse::<usize>().ok()).filter(|k| *k < region.clauses.len());
                let clause = clause.ok_or_else(|| lines.fail("expected a disjunction after `c`"))?;
                let parts = region.clauses.remove(clause);
                for part in parts.iter().rev() {
                    let mut case = region.clone();
                    match case.assume(part) {
                        Ok(()) => open.push(case),
                        Err(Refuted) => report.leaves += 1,
                    }
                }
            }
            _ => return Err(lines.fail("expected `.`, `s` or `c`")),
        }
        if words.next().is_some() {
            return Err(lines.fail("more words than the step takes"));
        }
    }
    Ok((report, header.script))
}
