//! `deltasat watch`: the steps as text, the page in a browser, the pictures, the gallery.
//!
//! The browser is `chromium`, `chromium-browser`, `google-chrome` or `$QUANTPROOF_CHROMIUM`; without one those tests are
//! skipped, and with `QUANTPROOF_REQUIRE_CHROMIUM` they fail. A script at the end of a copy of the page drives its controls
//! and leaves what it saw in the document.

use deltasat::search::{Event, Note, Observer, Wants};
use deltasat::smtlib::{Script, Session, Settings, Source};
use deltasat::watch::gallery::EXHIBITS;
use deltasat::watch::{Kind, Story};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

fn exhibit(name: &str) -> &'static str {
    EXHIBITS.iter().find(|exhibit| exhibit.name == name).expect("it is in the gallery").script
}

fn story(name: &str) -> Story {
    Story::of_script(exhibit(name), name, &Settings::default(), 1000).expect("a script")
}

/// A folder of its own for a test, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("deltasat-watch-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // a folder that stays does no harm
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn each_step_has_its_sentence() {
    let story = story("circle-and-exponential");
    let text = story.text();
    assert!(text.contains("Contract: x² + y² ≤ 1 allows no y above 1, so y loses (1, 2]."), "{text}");
    assert!(text.contains("Try the centre"), "{text}");
    assert!(text.contains("δ-sat. There may be a solution near, or none."), "{text}");
    assert!(story.answer.starts_with("delta-sat with delta = 0.01"), "{}", story.answer);
    assert!(story.answer.ends_with("says unsat"), "{}", story.answer);
    assert!(story.steps.iter().all(|step| step.sentence.ends_with(['.', '?'])), "{text}");
    assert!(!text.contains("NaN") && !text.contains("999999"), "{text}");
}

/// Any number of threads tells the same story.
#[test]
fn threads_do_not_change_the_story() {
    for exhibit in EXHIBITS.iter().take(10) {
        let tell = |jobs: usize| {
            let mut settings = Settings::default();
            settings.jobs.set(jobs, Source::CommandLine);
            Story::of_script(exhibit.script, exhibit.name, &settings, 300).expect("a script").json()
        };
        assert!(tell(1) == tell(2), "{}: another story with two threads", exhibit.name);
    }
}

/// What the engine says itself: the variables' intervals after every cut, in order.
#[derive(Default)]
struct Engine {
    variables: usize,
    cuts: Vec<(usize, f64, f64)>,
}

impl Observer for Engine {
    fn wants(&self) -> Wants {
        Wants { cuts: true, ..Wants::default() }
    }

    fn observe(&mut self, event: &Event<'_>) {
        match event {
            Event::Start { problem, .. } => self.variables = problem.tape.variables(),
            Event::Note { note: Note::Cut { slot, after, .. }, .. } if (*slot as usize) < self.variables => {
                self.cuts.push((*slot as usize, after.inf(), after.sup()));
            }
            _ => {}
        }
    }
}

/// Every interval of the story is one that the engine told, and in its order.
#[test]
fn every_interval_is_the_engines() {
    for exhibit in EXHIBITS.iter().filter(|exhibit| !exhibit.name.starts_with("moons") && exhibit.name != "disjunction")
    {
        let mut settings = Settings::default();
        settings.presolve.set(false, Source::CommandLine);
        settings.second_look = false;
        let (mut engine, mut script) = (Engine::default(), Script::new(exhibit.script));
        let mut session = Session::new(settings);
        while session.step(&mut script, &mut engine).expect("a script").is_some() {}
        let mut told = engine.cuts.iter();
        for step in &story(exhibit.name).steps {
            if let (Kind::Cut, Some((variable, before, after))) = (step.kind, step.cut) {
                assert!(after.subset(before), "{}: {}", exhibit.name, step.sentence);
                let cut = (variable, after.inf(), after.sup());
                assert!(told.any(|other| *other == cut), "{}: not the engine's: {}", exhibit.name, step.sentence);
            }
        }
    }
}

#[test]
fn long_searches_are_sampled_and_say_so() {
    let script = exhibit("moons-global");
    let story = Story::of_script(script, "moons", &Settings::default(), 200).expect("a script");
    assert!(story.left_out > 0 && story.steps.len() < 1000, "{} steps, {} left out", story.steps.len(), story.left_out);
    assert_eq!(story.steps.last().map(|step| step.kind), Some(Kind::End));
    let page = story.page();
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(!page.contains("http://") || page.matches("http://").count() == page.matches("http://www.w3.org").count());
}

fn deltasat(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_deltasat")).args(arguments).output().expect("it runs")
}

#[test]
fn the_command_writes_text_pages_and_pictures() {
    let folder = Folder::new("command");
    let file = folder.0.join("tangent.smt2");
    std::fs::write(&file, exhibit("tangency")).expect("a file");
    let file = file.to_str().expect("a name");
    let output = deltasat(&["watch", file]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success() && text.contains("Start:") && text.contains("delta-sat"), "{text}");
    let (page, slides) = (folder.0.join("page.html"), folder.0.join("slides"));
    let output = deltasat(&[
        "watch",
        file,
        "--html",
        page.to_str().expect("a name"),
        "--svg-steps",
        slides.to_str().expect("a name"),
        "--what-if",
    ]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    let html = std::fs::read_to_string(page).expect("a page");
    assert!(html.contains("δ = 0.001") && html.len() < 300_000, "{} bytes", html.len());
    assert!(std::fs::read_dir(slides).expect("a folder").count() > 3);
    let output = deltasat(&["watch", folder.0.join("none.smt2").to_str().expect("a name")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot read"), "{output:?}");
    assert_eq!(deltasat(&["watch"]).status.code(), Some(2));
}

fn chromium() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("QUANTPROOF_CHROMIUM") {
        return Some(given.into());
    }
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|path| path.is_file())
}

/// Opens a page at the end of which a script drives it; what the script returns, and what the console said.
fn drive(chromium: &Path, folder: &Folder, page: &str, script: &str) -> (String, String) {
    let driven = page.replace(
        "</body>",
        &format!(
            "<pre id=seen></pre><script>(() => {{ let seen; try {{ seen = JSON.stringify((() => {{ {script} }})()); }} \
             catch (error) {{ seen = 'failed: ' + error.stack; }} document.getElementById('seen').textContent = seen; }})()\
             </script></body>"
        ),
    );
    let file = folder.0.join("driven.html");
    std::fs::write(&file, driven).expect("a file");
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.0.join("profile").display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .expect("a browser");
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, rest) = dom.split_once("<pre id=\"seen\">").expect("the script ran");
    let seen =
        rest.split("</pre>").next().unwrap_or_default().replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&");
    let errors = String::from_utf8_lossy(&output.stderr);
    let console: Vec<&str> = errors.lines().filter(|line| line.contains("CONSOLE")).collect();
    (seen, console.join("\n"))
}

/// The browser, or a reason to skip.
fn browser() -> Option<PathBuf> {
    let found = chromium();
    if found.is_none() {
        assert!(std::env::var_os("QUANTPROOF_REQUIRE_CHROMIUM").is_none(), "no chromium on the path");
        #[allow(clippy::print_stderr)] // whoever reads the test's output should know
        {
            eprintln!("skipped: no chromium, chromium-browser or google-chrome on the path");
        }
    }
    found
}

/// A newcomer's three questions, answered by the page's own controls; and step, back, keyboard, breakpoint, zoom.
#[test]
fn a_newcomer_finds_the_answers_by_clicking() {
    let Some(chromium) = browser() else { return };
    let folder = Folder::new("newcomer");
    let mut story = story("circle-and-exponential");
    story.add_what_if(exhibit("circle-and-exponential"), &Settings::default()).expect("a script");
    let script = r##"
        const w = window.watch, $ = id => document.getElementById(id), seen = {};
        const key = k => dispatchEvent(new KeyboardEvent("keydown", { key: k }));
        // which constraint removed this corner?
        seen.corner = w.ask([1.9, -1.9]);
        seen.top = w.ask([-0.4, 1.9]).by;
        // a click asks too
        const r = $("boxes").getBoundingClientRect();
        $("boxes").dispatchEvent(new MouseEvent("click", { clientX: r.left + r.width * .05, clientY: r.top + r.height * .95, bubbles: true }));
        seen.clicked = $("why").textContent;
        $("why").querySelector("button").click();
        seen.shown = $("sentence").textContent;
        // why is the answer δ-sat?
        seen.why = $("verdict").textContent;
        const last = w.story.steps[w.story.steps.length - 1];
        seen.inside = w.whyNot(last.p[0]).fate;
        // what would δ = 0.001 change?
        seen.whatif = [...document.querySelectorAll("#whatif figure")].map(f => [f.dataset.label, f.dataset.answer]);
        // step, back, keyboard
        w.go(0); $("step").click(); $("step").click(); key("ArrowRight"); key("ArrowLeft"); seen.at = w.now;
        seen.hash = location.hash;
        key("s"); seen.split = w.story.steps[w.now].k; key("r"); seen.refute = w.story.steps[w.now].k;
        key("Home"); seen.home = w.now; key("End"); seen.end = w.now; key("+"); key("-"); key("m");
        // what is shown of every step
        const shown = [];
        const start = performance.now();
        for (let i = 0; i < w.story.steps.length; i++) { w.go(i); shown.push([...document.querySelectorAll("#expressions .iv")].map(e => [e.dataset.lo, e.dataset.hi])); }
        seen.rate = w.story.steps.length / (performance.now() - start) * 1000;
        seen.values = shown.flat().filter(x => x[0] !== undefined).length;
        const told = new Set(w.story.steps.flatMap(s => [...(s.u || []), ...(s.d || [])]).filter(x => x[1]).map(x => String(x[1])));
        seen.strange = shown.flat().filter(x => x[0] !== undefined && !told.has(String(x.map(Number)))).length;
        // the tree
        document.querySelectorAll("#tree details").forEach(d => d.open = true);
        seen.tree = $("tree").textContent;
        return seen;
    "##;
    let (seen, console) = drive(&chromium, &folder, &story.page(), script);
    assert_eq!(console, "", "the console is not empty");
    let has = |text: &str| assert!(seen.contains(text), "no {text:?} in {seen}");
    has(r#""fate":"excluded","by":"y − exp(x) ≥ 0.262""#);
    has(r#""top":"x² + y² ≤ 1""#);
    has("excludes it, by y − exp(x) ≥ 0.262");
    has(r#""shown":"Contract: "#);
    has("fails, but by no more than δ");
    has(r#""inside":"delta-sat""#);
    has(r#"["δ = 0.01","delta-sat with delta = 0.01"]"#);
    has(r#"["δ = 0.001","unsat"]"#);
    has(r#""at":2"#);
    has(r##""hash":"#step=2""##);
    has(r#""split":"split","refute":"refute","home":0"#);
    has(r#""strange":0"#);
    has("box 0");
    let number = |key: &str| -> f64 {
        let rest = seen.split_once(&format!("\"{key}\":")).expect("it is there").1;
        rest.split([',', '}']).next().and_then(|text| text.parse().ok()).expect("a number")
    };
    assert!(number("values") > 100.0 && number("rate") > 30.0, "{seen}");
}

/// Every page of the gallery opens without a word on the console, and asking for any point gives an answer.
#[test]
fn the_gallery_opens() {
    let Some(chromium) = browser() else { return };
    let folder = Folder::new("gallery");
    let pages = deltasat::watch::gallery::pages(&Settings::default(), 1000).expect("scripts");
    assert_eq!(pages.len(), EXHIBITS.len() + 1);
    for page in &pages[..EXHIBITS.len()] {
        assert!(page.html.len() < 1_000_000, "{}: {} bytes", page.name, page.html.len());
        let script = "const w = watch, c = w.story.chapters[0]; w.go(0); w.go(w.story.steps.length - 1); \
                      const at = c.variables.map(v => isFinite(v[1][0]) && isFinite(v[1][1]) ? v[1][0] * .3 + v[1][1] * .7 : 0); \
                      w.go(1); return [w.ask(at).text.length > 10, performance.now()]";
        let (seen, console) = drive(&chromium, &folder, &page.html, script);
        assert!(console.is_empty() && seen.starts_with("[true,"), "{}: {seen} {console}", page.name);
        let milliseconds: f64 = seen[6..].trim_end_matches(']').parse().expect("a number");
        assert!(milliseconds < 500.0 * slack().as_secs_f64(), "{}: first step after {milliseconds} ms", page.name);
    }
}

/// How much slower the machine may be than one that does nothing else, as seconds for one.
fn slack() -> Duration {
    Duration::from_secs(10)
}
