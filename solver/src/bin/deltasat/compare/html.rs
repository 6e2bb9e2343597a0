//! The comparison as one page that needs nothing else: the verdict, the findings, tables, plots, how to read them.
//!
//! Everything that comes from outside (file names, solver names, commands, what solvers printed) passes through
//! [`escape`]. A few lines of script make the tables sortable; without them the page says the same.

use super::answer::{Verdict, tally};
use super::check::Kind;
use super::plot;
use super::summary::Cell;
use super::table::{self, PAIRS, TOTALS, count, mark, ratio, seconds};
use super::{Comparison, Row};
use std::fmt::Write;

/// From so many items on, a list of what is no error is folded.
const LONG: usize = 9;

/// Text as HTML, also inside quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The page.
pub(super) fn page(comparison: &Comparison) -> String {
    let names: Vec<&str> = comparison.solvers.iter().map(|solver| solver.name.as_str()).collect();
    let title = escape(&names.join(" / "));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{title}: comparison</title>\n<style>\n{}</style>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n",
        include_str!("page.css")
    );
    verdict(comparison, &mut out);
    out.push_str("<h2>Solvers</h2>\n");
    let totals = (0..comparison.solvers.len()).map(|solver| table::total(comparison, solver));
    plain_table(&TOTALS, totals.collect(), &mut out);
    let pairs = table::pair_rows(comparison);
    if !pairs.is_empty() {
        let own = escape(&comparison.solvers[0].name);
        let _ = writeln!(
            out,
            "<h2>Peers against {own}</h2>\n<p>A peer's time by that of {own} on the files that both solved: the geometric mean, \
             the least and the largest ratio. Above 1 {own} is quicker.</p>"
        );
        plain_table(&PAIRS, pairs, &mut out);
    }
    plots(comparison, &mut out);
    files(comparison, &mut out);
    errors(comparison, &mut out);
    about(comparison, &mut out);
    let _ = write!(out, "</main>\n<script>\n{}</script>\n</body>\n</html>\n", include_str!("page.js"));
    out
}

fn verdict(comparison: &Comparison, out: &mut String) {
    let class = if comparison.contradictions() > 0 { "bad" } else { "good" };
    let mut sentence = table::verdict(comparison);
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let repeats = match comparison.repeat {
        1 => "one run each".to_owned(),
        n => format!("medians of {n} runs each"),
    };
    let _ = writeln!(out, "<p class=\"verdict {class}\" role=\"status\">{}</p>", escape(&sentence));
    let _ = writeln!(
        out,
        "<p>δ = {}, limit {} s of wall time, {repeats}; deltasat {}, {} {}, {} hardware threads.</p>",
        escape(&comparison.delta),
        comparison.timeout.as_secs_f64(),
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        std::thread::available_parallelism().map_or("?".to_owned(), |n| n.to_string())
    );
    if comparison.interrupted {
        let _ = writeln!(out, "<p><strong>Interrupted after {} of {}.</strong></p>", comparison.rows.len(), {
            count(comparison.files, "file", "files")
        });
    }
    for peer in 1..comparison.solvers.len() {
        let items: Vec<String> =
            table::missed_lines(comparison, peer).map(|line| format!("<li>{}</li>\n", escape(&line))).collect();
        if !items.is_empty() {
            let title = escape(&table::missed_title(comparison, peer, items.len()));
            let _ = writeln!(out, "<h2>S{}</h2>\n<ul>\n{}</ul>", title.get(1..).unwrap_or_default(), items.concat());
        }
    }
    for (kind, title) in [
        (Kind::Contradiction, "Contradictions"),
        (Kind::DeltaApart, "δ apart: no contradiction, a smaller δ would tell"),
        (Kind::Miss, "Missed: .expected has unsat"),
    ] {
        let items: Vec<String> = comparison
            .rows
            .iter()
            .flat_map(|row| row.findings.iter().map(move |finding| (row, finding)))
            .filter(|(_, finding)| finding.kind == kind)
            .map(|(row, finding)| {
                let text = finding.text(row.task.checks, &comparison.solvers);
                format!("<li><code>{}</code>: {}</li>\n", escape(&row.task.name), escape(&text))
            })
            .collect();
        let (list, n) = (format!("<ul>\n{}</ul>", items.concat()), items.len());
        // what is wrong is never folded away
        let _ = match (n, kind) {
            (0, _) => Ok(()),
            (LONG.., Kind::DeltaApart | Kind::Miss) => {
                writeln!(out, "<h2>{title}</h2>\n<details><summary>{n} checks</summary>\n{list}\n</details>")
            }
            _ => writeln!(out, "<h2>{title}</h2>\n{list}"),
        };
    }
}

/// A table whose first column names the row, and whose others are numbers.
fn plain_table(heads: &[&str], rows: Vec<Vec<String>>, out: &mut String) {
    out.push_str("<div class=\"scroll\"><table>\n<thead><tr>");
    for (i, head) in heads.iter().enumerate() {
        let class = if i == 0 { "" } else { " class=\"number\"" };
        let _ = write!(out, "<th scope=\"col\"{class}>{head}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (i, text) in row.iter().enumerate() {
            let text = escape(text);
            let _ = if i == 0 {
                write!(out, "<th scope=\"row\">{text}</th>")
            } else {
                write!(out, "<td class=\"number\">{text}</td>")
            };
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}

fn plots(comparison: &Comparison, out: &mut String) {
    let solved = |solver| comparison.rows.iter().any(|row| row.cell(solver).is_some_and(|cell| cell.solved()));
    if !(0..comparison.solvers.len()).any(solved) {
        out.push_str("<h2>Plots</h2>\n<p>No file was solved, so there is nothing to plot.</p>\n");
        return;
    }
    let _ = writeln!(
        out,
        "<h2>Cactus plot</h2>\n<p>Further right: more files solved. Lower: solved quicker.</p>\n<figure>{}</figure>",
        plot::cactus(comparison)
    );
    if comparison.solvers.len() > 1 {
        let _ = writeln!(
            out,
            "<h2>File by file</h2>\n<p>A point for each file; above the diagonal {} is quicker. The dotted lines are a factor \
             of ten.</p>\n<div class=\"plots\">",
            escape(&comparison.solvers[0].name)
        );
        for peer in 1..comparison.solvers.len() {
            let _ = writeln!(out, "<figure>{}</figure>", plot::scatter(comparison, peer));
        }
        out.push_str("</div>\n");
    }
}

fn files(comparison: &Comparison, out: &mut String) {
    out.push_str(
        "<h2>Files</h2>\n<div class=\"scroll\"><table class=\"sortable\">\n<thead>\n<tr><th scope=\"col\" rowspan=\"2\">file</th>\
         <th scope=\"col\" rowspan=\"2\">notable</th><th scope=\"col\" rowspan=\"2\">known</th>",
    );
    for (i, solver) in comparison.solvers.iter().enumerate() {
        let span = if i > 0 { 4 } else { 3 };
        let name = escape(&solver.name);
        let _ = write!(out, "<th scope=\"colgroup\" colspan=\"{span}\" class=\"group\">{name}</th>");
    }
    out.push_str("</tr>\n<tr>");
    for i in 0..comparison.solvers.len() {
        out.push_str(
            "<th scope=\"col\" class=\"group\">answer</th><th scope=\"col\" class=\"number\">seconds</th>\
             <th scope=\"col\" class=\"number\">peak MB</th>",
        );
        if i > 0 {
            out.push_str("<th scope=\"col\" class=\"number\">ratio</th>");
        }
    }
    out.push_str("</tr>\n</thead>\n<tbody>\n");
    for row in &comparison.rows {
        let notable = match mark(row) {
            "!" => "contradiction",
            "δ" => "δ apart",
            "m" => "missed",
            other => other,
        };
        let class = if row.contradicts() { " class=\"bad\"" } else { "" };
        let _ = write!(
            out,
            "<tr{class}><th scope=\"row\"><code>{}</code></th><td>{notable}</td><td>{}</td>",
            escape(&row.task.name),
            escape(&known(row))
        );
        for i in 0..comparison.solvers.len() {
            cell(comparison, row, i, out);
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}

/// What is known about the answers.
fn known(row: &Row) -> String {
    let status: Vec<Verdict> = row.task.status.iter().flatten().cloned().collect();
    tally(if status.is_empty() { &row.task.expected } else { &status })
}

fn cell(comparison: &Comparison, row: &Row, solver: usize, out: &mut String) {
    let Some(cell) = row.cell(solver) else {
        let columns = if solver > 0 { 4 } else { 3 };
        out.push_str("<td class=\"group\">–</td>");
        out.push_str(&"<td></td>".repeat(columns - 1));
        return;
    };
    let said = |of: fn(&super::check::Finding) -> &Vec<usize>| row.findings.iter().any(|f| of(f).contains(&solver));
    let doubt = if said(|finding| &finding.wrong) {
        " <strong>wrong</strong>"
    } else if said(|finding| &finding.disputed) {
        " <strong>disputed</strong>"
    } else {
        ""
    };
    let Cell { label, delta, peak, .. } = &cell;
    let delta = delta.as_ref().filter(|delta| **delta != comparison.delta);
    let delta = delta.map_or(String::new(), |delta| format!(" <small>δ = {}</small>", escape(delta)));
    let _ = write!(
        out,
        "<td class=\"group\">{}{doubt}{delta}</td><td class=\"number\" data-key=\"{}\">{}</td>\
         <td class=\"number\" data-key=\"{peak}\">{}</td>",
        escape(label),
        cell.wall.as_secs_f64(),
        seconds(&cell),
        table::megabytes(*peak)
    );
    if solver > 0 {
        let _ = match row.ratio(solver) {
            Some(x) => write!(out, "<td class=\"number\" data-key=\"{x}\">{}</td>", ratio(x)),
            None => write!(out, "<td class=\"number\"></td>"),
        };
    }
}

fn errors(comparison: &Comparison, out: &mut String) {
    let (mut items, mut n) = (String::new(), 0);
    for (i, solver) in comparison.solvers.iter().enumerate() {
        for (row, label, message) in comparison.errors(i) {
            n += 1;
            let message = message.map_or(String::new(), |message| format!(": <small>{}</small>", escape(message)));
            let (file, name, label) = (escape(&row.task.name), escape(&solver.name), escape(&label));
            let _ = writeln!(items, "<li>{name} on <code>{file}</code>: {label}{message}</li>");
        }
    }
    let _ = match n {
        0 => Ok(()),
        LONG.. => {
            writeln!(out, "<h2>Errors</h2>\n<details><summary>{n} errors</summary>\n<ul>{items}</ul>\n</details>")
        }
        _ => writeln!(out, "<h2>Errors</h2>\n<ul>{items}</ul>"),
    };
}

fn about(comparison: &Comparison, out: &mut String) {
    out.push_str("<h2>How it was measured</h2>\n<dl>\n");
    for solver in &comparison.solvers {
        let _ = writeln!(
            out,
            "<dt>{}</dt><dd><code>{}</code></dd>",
            escape(&solver.name),
            escape(&super::files::printable(&solver.line()))
        );
    }
    out.push_str(
        "</dl>\n<p>Every run is a process of its own; the solvers take turns on each file. Seconds are wall time with the start of \
         the program; <em>cpu</em> adds program and system. A run is killed with all that it started at the limit; it counts with the \
         time it had. <em>Peak</em> is the largest resident memory; below some megabytes it cannot be told apart.</p>\n\
         <p><em>unsat</em> and <em>sat</em> speak of the formula itself and contradict each other. <em>delta-sat</em> speaks of the \
         formula weakened by δ and contradicts neither. A file counts as <em>solved</em> where every check has an answer other than \
         <em>unknown</em> that no one contradicts; one that <em>:status</em> (or a <em>.expected</em> file) contradicts is \
         <em>wrong</em>, and in brackets with a question mark stand those that another solver contradicts where nothing tells who is \
         right.</p>\n",
    );
}

#[cfg(test)]
mod tests {
    use super::super::answer::{End, Trial};
    use super::super::check;
    use super::super::command::Solver;
    use super::super::files::Task;
    use super::*;
    use std::time::Duration;

    /// A comparison on so many files; every third is a contradiction, every fifth a timeout.
    fn comparison(files: u64) -> Comparison {
        let solvers = ["deltasat", "<b>peer</b>"].map(|name| {
            Solver::parse(&format!("{name}=/x/y '<i>' {{file}}")).unwrap_or_else(|error| panic!("{error}"))
        });
        let trial = |verdict: &Verdict, end, micros| Trial {
            end,
            answers: vec![verdict.clone()],
            message: Some("<u>".to_owned()),
            wall: Duration::from_micros(micros),
            user: Duration::ZERO,
            system: Duration::ZERO,
            peak: 1 << 20,
        };
        let rows = (0..files).map(|n| {
            let name = format!("<script>{n}");
            let task = Task { path: name.clone().into(), name, checks: 1, status: vec![None], expected: Vec::new() };
            let theirs = if n % 3 == 0 { Verdict::Sat } else { Verdict::Unsat };
            let end = if n % 5 == 0 { End::Timeout } else { End::Exit(0) };
            let trials = vec![
                vec![trial(&Verdict::Unsat, End::Exit(0), 1000 + 17 * n)],
                vec![trial(&theirs, end, 2000 + n * n)],
            ];
            let findings = check::findings(&solvers, &task, &trials);
            Row { task, trials, findings }
        });
        Comparison {
            rows: rows.collect(),
            solvers: solvers.to_vec(),
            delta: "0.001".to_owned(),
            timeout: Duration::from_secs(1),
            repeat: 1,
            files: usize::try_from(files).unwrap_or_default(),
            interrupted: false,
        }
    }

    /// Every tag that opens closes, in the right order, and nothing but these tags occurs.
    fn assert_well_formed(page: &str) {
        let mut open: Vec<&str> = Vec::new();
        let mut rest = page;
        while let Some((_, tag)) = rest.split_once('<') {
            let (tag, after) = tag.split_once('>').unwrap_or_else(|| panic!("a tag without an end"));
            rest = after;
            let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
            match name {
                "!DOCTYPE" | "meta" | "br" => {}
                // what is inside is no markup
                "script" | "style" if !tag.starts_with('/') => {
                    rest = rest.split_once(&format!("</{name}>")).unwrap_or_else(|| panic!("{name} without an end")).1;
                }
                _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name), "closed"),
                _ if tag.ends_with('/') => assert_eq!(name, "path"),
                _ => open.push(name),
            }
        }
        assert!(open.is_empty(), "{open:?}");
        for markup in ["<script>0", "<b>", "<i>", "<u>", "NaN", "inf"] {
            assert!(!page.contains(markup), "{markup}");
        }
    }

    #[test]
    fn pages_of_no_one_and_a_thousand_rows() {
        for (files, contradictions) in [(0, 0), (1, 1), (2, 1), (1000, 334)] {
            let comparison = comparison(files);
            assert_eq!(comparison.contradictions(), contradictions);
            let page = page(&comparison);
            assert_well_formed(&page);
            let rows = page.matches("<tr class=\"bad\">").count();
            assert_eq!(rows, contradictions);
            assert_eq!(page.matches("<th scope=\"row\"><code>").count() as u64, files);
            assert_eq!(page.contains("<svg"), files > 1, "the only file of one is in dispute, so nobody solved any");
            assert!(page.len() < 3_000_000, "{}", page.len());
        }
    }

    #[test]
    fn markup_is_text() {
        assert_eq!(escape("<a href='x'>\"&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;&lt;/a&gt;");
    }
}
