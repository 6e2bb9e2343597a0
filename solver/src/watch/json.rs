//! The story as JSON, for the page: short keys, doubles to the last bit.
//!
//! A step is `{c: chapter, k: kind, b: box, s: sentence, q: constraint, x: [variable, before, after], v: variables,
//! u: values gone up, d: values come down, p: [point, values], t: [variable, at, lower part, upper part], l: linear bound}`;
//! what a step does not have is left out. An interval is `[lower, upper]`, an empty one `null`.

use super::{Chapter, Kind, Picture, Step, Story, WhatIf};
use crate::interval::Interval;
use crate::tape::Slot;

/// A text in quotes, safe inside a script element.
pub(super) fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '<' => quoted.push_str("\\u003c"),
            c if u32::from(c) < 0x20 => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A double that reads back as itself; what is too large for one reads back as an infinity.
fn number(x: f64) -> String {
    if x.is_nan() {
        "null".to_owned()
    } else if x.is_infinite() {
        if x > 0.0 { "1e999" } else { "-1e999" }.to_owned()
    } else if x != 0.0 && !(1e-5..1e15).contains(&x.abs()) {
        format!("{x:e}")
    } else {
        format!("{x}")
    }
}

fn interval(x: Interval) -> String {
    if x.is_empty() { "null".to_owned() } else { format!("[{},{}]", number(x.inf()), number(x.sup())) }
}

fn list<T>(items: impl IntoIterator<Item = T>, one: impl Fn(T) -> String) -> String {
    let items: Vec<String> = items.into_iter().map(one).collect();
    format!("[{}]", items.join(","))
}

fn numbers(x: &[f64]) -> String {
    list(x, |&x| number(x))
}

fn slots(values: &[(Slot, Interval)]) -> String {
    list(values, |&(slot, value)| format!("[{slot},{}]", interval(value)))
}

fn optional(x: Option<usize>) -> String {
    x.map_or("null".to_owned(), |x| x.to_string())
}

impl Kind {
    /// A word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Start => "start",
            Kind::Box => "box",
            Kind::Cut => "cut",
            Kind::Try => "try",
            Kind::Split => "split",
            Kind::Refute => "refute",
            Kind::Prune => "prune",
            Kind::Stuck => "stuck",
            Kind::Found => "found",
            Kind::Choose => "choose",
            Kind::Learn => "learn",
            Kind::End => "end",
        }
    }
}

fn step(step: &Step) -> String {
    let mut text = format!("{{\"c\":{},\"k\":\"{}\",\"s\":{}", step.chapter, step.kind.word(), string(&step.sentence));
    let mut add = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            text += &format!(",\"{key}\":{value}");
        }
    };
    add("b", step.id.map(|id| id.to_string()));
    add("q", step.constraint.map(|index| index.to_string()));
    add("x", step.cut.map(|(v, before, after)| format!("[{v},{},{}]", interval(before), interval(after))));
    add("v", (!step.variables.is_empty()).then(|| list(&step.variables, |&x| interval(x))));
    add("u", (!step.up.is_empty()).then(|| slots(&step.up)));
    add("d", (!step.down.is_empty()).then(|| slots(&step.down)));
    add("p", step.point.as_ref().map(|(at, values)| format!("[{},{}]", numbers(at), list(values, |&x| interval(x)))));
    add("t", step.parts.map(|(v, at, [a, b])| format!("[{},{},{a},{b}]", optional(v), number(at))));
    add("l", step.line.as_ref().map(picture));
    text + "}"
}

fn picture(picture: &Picture) -> String {
    let curves = list(&picture.curves, |curve| {
        // a picture needs no more digits
        let samples = list(&curve.samples, |&x| number((x * 1e5).round() / 1e5));
        format!(
            "{{\"text\":{},\"over\":{},\"samples\":{samples},\"slope\":{},\"offset\":{},\"upper\":{}}}",
            string(&curve.text),
            interval(curve.over),
            number(curve.slope),
            number(curve.offset),
            curve.upper
        )
    });
    format!("{{\"text\":{},\"curves\":{curves}}}", string(&picture.text))
}

fn chapter(chapter: &Chapter) -> String {
    let map = chapter.map.as_ref().map_or("null".to_owned(), |map| {
        format!(
            "{{\"frame\":{},\"cells\":{},\"others\":{},\"count\":{}}}",
            numbers(&map.frame),
            list(&map.cells, |cells| string(cells)),
            numbers(&map.others),
            map.count
        )
    });
    format!(
        "{{\"delta\":{},\"variables\":{},\"constraints\":{},\"objective\":{},\"nodes\":{},\"bounds\":{},\"map\":{map}}}",
        number(chapter.delta),
        list(&chapter.variables, |(name, domain)| format!("[{},{}]", string(name), interval(*domain))),
        list(&chapter.constraints, |c| {
            format!("[{},{},{},{}]", string(&c.text), c.slot, string(c.relation), c.implied)
        }),
        chapter.objective.as_deref().map_or("null".to_owned(), string),
        list(&chapter.nodes, |node| {
            format!("[{},{},{}]", node.slot, string(&node.text), list(&node.operands, |slot| slot.to_string()))
        }),
        list(&chapter.bounds, |&(steps, l, u)| format!("[{steps},{},{}]", number(l), number(u)))
    )
}

fn what_if(what_if: &WhatIf) -> String {
    format!(
        "{{\"label\":{},\"answer\":{},\"boxes\":{},\"picture\":{}}}",
        string(&what_if.label),
        string(&what_if.answer),
        what_if.boxes,
        string(&what_if.picture)
    )
}

impl Story {
    /// The story as one JSON object.
    pub fn json(&self) -> String {
        format!(
            "{{\"schema\":1,\"title\":{},\"about\":{},\"answer\":{},\"left\":{},\"chapters\":{},\"steps\":{},\"whatif\":{}}}",
            string(&self.title),
            string(&self.about),
            string(&self.answer),
            self.left_out,
            list(&self.chapters, chapter),
            list(&self.steps, step),
            list(&self.what_if, what_if)
        )
    }
}
