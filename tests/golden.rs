//! What every command says, in each of its forms: text, JSON, the words of the page, and a digest of the picture.
//!
//! `tests/golden/cases.txt` has a line per command; its answer is kept beside it in `NAME.txt`. Seconds and numbers of boxes are masked. With
//! `QUANTPROOF_WRITE_GOLDENS=1` the files are written instead of compared: look at `git diff` then.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the command in the repository's folder: exit code and stdout, or stderr where there was no answer.
fn run(arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quantproof"));
    let output = command.args(arguments).current_dir(root()).stdin(Stdio::null()).output().unwrap();
    let bytes = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    (output.status.code().unwrap(), String::from_utf8(bytes).unwrap())
}

/// Replaces what stands between a start and an end on the same line, where that is a number.
fn masked(text: &str, start: &str, end: &str) -> String {
    let mut parts = text.split(start);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find(|c: char| !c.is_ascii_digit() && !".e-".contains(c)).unwrap_or(part.len());
        let number = digits > 0 && part[digits..].starts_with(end);
        let _ = write!(out, "{start}{}{}", if number { "#" } else { &part[..digits] }, &part[digits..]);
    }
    out
}

/// Everything but the effort: times, and numbers of boxes, which another search changes.
fn timeless(text: &str) -> String {
    let mut out = text.replace(" box in", " boxes in");
    let mut from = 0;
    while let Some(at) = out[from..].find(" boxes in").map(|at| from + at) {
        let digits = out[..at].bytes().rev().take_while(u8::is_ascii_digit).count();
        out.replace_range(at - digits..at, "#");
        from = at - digits + 2;
    }
    for (start, end) in [("in ", " s"), ("\"seconds\":", ""), ("\"boxes\":", "")] {
        out = masked(&out, start, end);
    }
    out
}

/// The words of a page, a line per block, without styles, scripts and pictures.
fn words(page: &str) -> String {
    let (mut out, mut rest) = (String::new(), page);
    while let Some((text, tag)) = rest.split_once('<') {
        out.push_str(text);
        let (tag, after) = tag.split_once('>').expect("a tag without an end");
        rest = after;
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        if ["style", "script", "svg"].contains(&name) {
            rest = rest.split_once(&format!("</{name}>")).expect("an end").1;
        } else if ["/p", "/h1", "/h2", "/dd", "/tr", "/caption", "/title", "/summary"].contains(&tag) {
            out.push('\n');
        } else if ["/th", "/td", "/dt"].contains(&tag) {
            out.push_str(" | ");
        }
    }
    let lines = out.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// A digest by which one sees that a picture is another one (FNV-1a).
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// All forms of the answer to one command.
fn forms(name: &str, command: &[&str]) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("golden-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| folder.join(name).display().to_string();
    let (html, svg) = (file("page.html"), file("picture.svg"));
    let mut out = format!("$ quantproof {}\n", command.join(" "));
    let mut arguments: Vec<&str> = command.iter().copied().filter(|&word| word != "+html" && word != "+svg").collect();
    if command.contains(&"+html") {
        arguments.extend(["--html", &html]);
    }
    if command.contains(&"+svg") {
        arguments.extend(["--svg", &svg]);
    }
    let (code, text) = run(&arguments);
    let _ = write!(out, "exit {code}\n\n== text\n{text}");
    arguments.push("--json");
    let (code_of_json, json) = run(&arguments);
    assert_eq!(code_of_json, code, "{command:?}: another exit code with --json: {json}");
    let _ = write!(out, "\n== json\n{}", json.replace(",\"", ",\n\"").replace("},{", "},\n{"));
    if let Ok(page) = std::fs::read_to_string(&html) {
        let _ = write!(out, "\n== page, {} pictures\n{}\n", page.matches("role=\"img\"").count(), words(&page));
    }
    if let Ok(picture) = std::fs::read_to_string(&svg) {
        let start = picture.find("<title>").unwrap() + "<title>".len();
        let title = &picture[start..start + picture[start..].find('<').unwrap()];
        let _ = write!(out, "\n== picture {:016x}\n{title}\n", digest(&picture));
    }
    // a failure to clean up harms no one
    let _ = std::fs::remove_dir_all(&folder);
    timeless(&out).replace(&folder.display().to_string(), "FOLDER")
}

#[test]
fn every_form_of_every_answer_is_as_it_was() {
    let folder = root().join("tests/golden");
    let cases = std::fs::read_to_string(folder.join("cases.txt")).unwrap();
    let write = std::env::var_os("QUANTPROOF_WRITE_GOLDENS").is_some();
    let mut wrong = Vec::new();
    for line in cases.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, command) = line.split_once(": ").expect("NAME: COMMAND");
        let command: Vec<&str> = command.split_whitespace().collect();
        let (path, found) = (folder.join(format!("{name}.txt")), forms(name, &command));
        if write {
            std::fs::write(&path, found).unwrap();
            continue;
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        if let Some((kept, found)) = kept.lines().zip(found.lines()).find(|(kept, found)| kept != found) {
            wrong.push(format!("{name}:\n  kept  {kept}\n  found {found}"));
        } else if kept != found {
            wrong.push(format!("{name}: {} lines kept, {} found", kept.lines().count(), found.lines().count()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
