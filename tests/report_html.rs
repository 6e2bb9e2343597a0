//! Pages and pictures: that they say what was found, that no name breaks them, that they stay small, and, where Chromium is
//! installed, that a browser shows them without an error and sorts their tables.
//!
//! The browser is `chromium`, `chromium-browser`, `google-chrome` or `$QUANTPROOF_CHROMIUM`. With
//! `QUANTPROOF_REQUIRE_CHROMIUM=1`, as in `.ci/run`, its absence is a failure instead of a skipped test.

use deltasat::exact::{Rational, rational};
use quantproof::network::{Activation, Domain, Input, Layer, Network, Output};
use quantproof::perturbation::{Magnitude, Perturbation};
use quantproof::question::{Aim, Scope, Subject};
use quantproof::report::cell::Cell;
use quantproof::report::html::{self, Reproduce, digest};
use quantproof::report::model::{Column, Field, Part, Report, Row, Table, Witness};
use quantproof::report::stream::Kept;
use quantproof::report::svg::bars::{Bar, Bars};
use quantproof::report::svg::curve::{self, Curve};
use quantproof::report::svg::map::{Kind, Map, Mark, Point, Region};
use quantproof::report::svg::markup::Markup;
use quantproof::report::value::Members;
use quantproof::report::{Outcome, finding, table};
use quantproof::robustness::local::{Local, Scratch};
use quantproof::robustness::{ClassChoice, Settings};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const MODEL: &str = "models/moons_relu_2-8-2.json";
/// Names that would do harm in a careless page.
const HOSTILE: [&str; 4] = [
    "</script><img src=x onerror=alert(1)>",
    "\" onload=\"alert(2)",
    "a\u{202e}b\u{0}'&amp;",
    "]]>--><svg onload=alert(3)>",
];

/// A folder that is deleted when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("quantproof-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // a folder that stays behind harms no one
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs the command: exit code, stdout, stderr.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quantproof"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Checks that every element closes where it should, that only the program's elements and attributes occur, that there is
/// one script, and that the parts that readers of every kind need are there. Returns the names of all elements.
fn assert_sound(page: &str) -> Vec<&str> {
    let (mut open, mut seen, mut rest) = (Vec::new(), Vec::new(), page);
    while let Some((text, tag)) = rest.split_once('<') {
        assert!(!text.contains('>') || seen.is_empty(), "a bare > in {text:?}");
        let (tag, after) = tag.split_once('>').expect("a tag without an end");
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "closed");
            continue;
        }
        for attribute in tag.split_whitespace().filter_map(|part| part.split_once("=\"")) {
            assert!(!attribute.0.starts_with("on"), "a handler: {tag}");
        }
        seen.push(name);
        match name {
            "!DOCTYPE" | "meta" => {}
            "script" | "style" => {
                rest = rest.split_once(&format!("</{name}>")).expect("an end").1;
            }
            _ if tag.ends_with('/') => {}
            _ => open.push(name),
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    let known = "!DOCTYPE html head meta title style body main h1 h2 div p span strong small section dl dt dd figure figcaption \
                 svg desc defs pattern path circle rect g text table caption thead tbody tr th td code script details summary";
    let known: Vec<&str> = known.split_whitespace().collect();
    assert!(seen.iter().all(|name| known.contains(name)), "{seen:?}");
    let count = |name: &str| seen.iter().filter(|seen| **seen == name).count();
    assert_eq!((count("script"), count("h1"), count("main")), (1, 1, 1));
    assert_eq!(count("table"), count("caption"), "every table has a caption");
    // all pictures but the one that holds the hatchings
    let images = page.matches("role=\"img\"").count();
    assert_eq!(images, count("svg") - 1);
    assert_eq!(count("desc"), images, "every picture has a description");
    assert_eq!(page.matches("In words: ").count(), images, "and the same as text");
    assert_eq!(page.matches("<th ").count(), page.matches("<th scope=").count(), "every head has a scope");
    assert!(page.contains("<html lang=\"en\">"));
    for outside in ["http://", "https://", "src=", "@import", "url(//", "\u{202e}", "\u{0}"] {
        let page = page.replace("http://www.w3.org/2000/svg", "");
        assert!(
            !page.contains(outside) || outside == "src=" && page.contains("&lt;img src="),
            "{outside:?} in the page"
        );
    }
    for garbage in ["NaN", ">inf<"] {
        assert!(!seen.is_empty() && !page.split("<script>").next().unwrap().contains(garbage), "{garbage}");
    }
    seen
}

/// The numbers behind two words in what is said of a term.
fn sides(page: &str, term: &str, words: [&str; 2]) -> [Rational; 2] {
    let said = page.split(&format!("<dt>{term}</dt><dd>")).nth(1).unwrap_or_else(|| panic!("no {term:?}"));
    let said = said.split('<').next().unwrap();
    words.map(|word| read(said.split(word).nth(1).unwrap().split([' ', ',', ';']).next().unwrap()))
}

fn read(text: &str) -> Rational {
    rational::parse(text).unwrap_or_else(|_| panic!("{text}"))
}

#[test]
fn a_page_accompanies_every_answer_and_changes_none() {
    let folder = Folder::new("answers");
    let (html, svg) = (folder.file("page.html"), folder.file("map.svg"));
    let questions: [&[&str]; 12] = [
        &["local", MODEL, "--input", "0.3,-0.2", "--epsilon", "0.02", "--deviation", "0.05"],
        &["local", MODEL, "--inputs", "models/moons_test.csv", "--epsilon", "0.1", "--class-change"],
        &["global", MODEL, "--epsilon", "0.01"],
        &["global", MODEL, "--epsilon", "0.002", "--class-change", "--confidence-at-least", "0.9"],
        &["radius", "global", MODEL, "--deviation", "0.05", "--tolerance", "0.1"],
        &["verify", MODEL, "models/moons_corner.vnnlib", "--output", "none", "--epsilon", "0.05"],
        &["bits", MODEL, "--deviation", "0.05", "--least", "6", "--most", "9"],
        &["sensitivity", MODEL, "--epsilon", "0.01"],
        &["flips", MODEL, "--quantize", "int4"],
        &["safe-region", MODEL, "--epsilon", "0.01", "--gap", "0.2"],
        &["difference", MODEL, "models/moons_relu_2-4-2.json"],
        &["global", MODEL, "--quantize", "int8", "--activations", "int8", "--calibrate", "models/moons_test.csv"],
    ];
    for question in questions {
        let (code, answer, _) = run(question);
        let (with_code, with_answer, problem) = run(&[question, &["--html", &html, "--svg", &svg]].concat());
        let timeless = |text: &str| text.lines().filter(|l| !l.starts_with("  search")).collect::<Vec<_>>().join("\n");
        assert_eq!((code, timeless(&answer)), (with_code, timeless(&with_answer)), "{question:?}: {problem}");
        let page = fs::read_to_string(&html).unwrap();
        assert_sound(&page);
        assert!(page.len() < 400_000, "{question:?}: {}", page.len());
        // the verdict is the first sentence of the answer, which the page begins with a capital letter
        let sentence = answer.lines().next().unwrap();
        let sentence = sentence.split_once(": ").map_or(sentence, |(_, rest)| rest);
        if !question.contains(&"--inputs") && question[0] != "flips" {
            let told = sentence.replace('"', "&quot;");
            let told = told.get(1..).unwrap();
            assert!(page.contains(told), "{question:?}: {told}");
        }
        let hash = digest::hexadecimal(&digest::sha256(&fs::read(MODEL).unwrap()));
        assert!(page.contains(&hash) && page.contains(&format!("quantproof {}", question.join(" "))));
        let map = fs::read_to_string(&svg).unwrap();
        assert!(map.starts_with("<svg xmlns=") && map.contains("fill=\"#1a1a1a\"") && !map.contains("var("));
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 2, "nothing else is left behind");
    }
}

#[test]
fn bounds_on_a_page_are_directed() {
    let folder = Folder::new("bounds");
    let html = folder.file("page.html");
    for model in [MODEL, "models/moons_relu_2-16-16-2.json", "models/iris_relu_4-8-3.json"] {
        let (_, json, _) = run(&["global", model, "--epsilon", "0.003", "--delta", "0.05", "--json", "--html", &html]);
        let value: Value = serde_json::from_str(&json).unwrap();
        let page = fs::read_to_string(&html).unwrap();
        let [lower, upper] = sides(&page, "Largest deviation", ["at least ", "at most "]);
        assert!(lower <= read(&value["lower"].to_string()), "{model}: {lower}");
        assert!(upper >= read(&value["upper"].to_string()), "{model}: {upper}");
        assert_eq!(page.contains("class=\"picture\""), value["domain"].as_array().unwrap().len() == 2);
    }
    let (_, json, _) =
        run(&["radius", "local", MODEL, "--input", "0.3,-0.2", "--class-change", "--json", "--html", &html]);
    let value: Value = serde_json::from_str(&json).unwrap();
    let page = fs::read_to_string(&html).unwrap();
    let [lower, upper] = sides(&page, "Largest safe epsilon", ["safe up to ", "refuted from "]);
    assert!(lower <= read(&value["lower"].to_string()) && upper >= read(&value["upper"].to_string()));
}

/// The ends of the boundary's pieces are where the network is undecided, and the witness stands where it should.
#[test]
fn the_map_shows_the_network() {
    let folder = Folder::new("map");
    let svg = folder.file("map.svg");
    let domain = ["--domain", "x1=-0.5..1,x2=-1..0.5"];
    let (_, json, _) = run(&[&["global", MODEL, "--epsilon", "0.01", "--json", "--svg", &svg], &domain[..]].concat());
    let map = fs::read_to_string(&svg).unwrap();
    let boundary = map.split("class=\"boundary\" d=\"").nth(1).unwrap().split('"').next().unwrap();
    let ends: Vec<f64> =
        boundary.split(['M', 'L', ' ']).filter(|t| !t.is_empty()).map(|t| t.parse().unwrap()).collect();
    assert!(ends.len() > 100, "{boundary}");
    let network = Network::load(MODEL).unwrap();
    for end in ends.chunks(2) {
        let point = [-0.5 + 1.5 * end[0] / 96.0, -1.0 + 1.5 * end[1] / 96.0];
        let confidence = network.evaluate(&point).unwrap().confidence();
        assert!(confidence < 0.53, "{point:?}: {confidence}");
    }
    let value: Value = serde_json::from_str(&json).unwrap();
    let at: Vec<f64> = value["witness"]["input"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    let (x, y) = (64.0 + 400.0 * (at[0] + 0.5) / 1.5, 414.0 - 400.0 * (at[1] + 1.0) / 1.5);
    let star = map.split("class=\"point\" d=\"M").nth(1).unwrap().split(['v', '"']).next().unwrap();
    let star: Vec<f64> = star.split(' ').map(|t| t.parse().unwrap()).collect();
    assert!((star[0] - x).abs() < 0.02 && (star[1] + 6.0 - y).abs() < 0.02, "{star:?} {x} {y}");
}

#[test]
fn problems_are_named_before_the_search_and_files_stay_whole() {
    let folder = Folder::new("problems");
    let wrong = |arguments: &[&str]| {
        let (code, answer, problem) = run(&[&["global", MODEL, "--epsilon", "0.01"], arguments].concat());
        assert_eq!((code, answer.as_str()), (2, ""), "{arguments:?}");
        problem
    };
    assert!(wrong(&["--html", "/nowhere/a.html"]).contains("--html /nowhere/a.html: no folder /nowhere, expected one"));
    assert!(wrong(&["--svg", "models"]).contains("--svg models: a folder, expected a file"));
    assert!(wrong(&["--html", MODEL]).contains("a file that is read, expected another"));
    let same = folder.file("same");
    assert!(wrong(&["--html", &same, "--svg", &same]).contains("expected two files"));
    let (code, _, problem) = run(&["global", "models/iris_relu_4-8-3.json", "--epsilon", "0.01", "--svg", &same]);
    assert_eq!(code, 2);
    assert!(problem.contains("--svg: iris_relu_4-8-3 has 4 inputs, expected 2 for a map"), "{problem}");
    assert!(!Path::new(&same).exists());
}

/// A network of two inputs whose names are all hostile.
fn hostile() -> Network {
    let long = "name ".repeat(200);
    let input = |text: &str| text.to_owned();
    let domain = || Domain::new(read("-1"), read("1")).unwrap();
    let inputs = Input::new(vec![input(HOSTILE[0]), input(&long)], vec![domain(), domain()]).unwrap();
    let layer = Layer::new(2, vec![1.0, -2.0, 0.5, 1.0, -1.0, 0.25], vec![0.1, -0.2, 0.0], Activation::Linear).unwrap();
    let classes = HOSTILE[1..].iter().map(|name| (*name).to_owned()).collect();
    Network::new(HOSTILE.join(" "), inputs, vec![layer], Output::Softmax, classes, None).unwrap()
}

#[test]
fn no_name_breaks_a_page() {
    let network = hostile();
    let perturbation = Perturbation::uniform(Magnitude::Absolute(read("0.01"))).unwrap();
    let input = [read("1/3"), read("-0.25")];
    let aim = Aim::Deviation { choice: ClassChoice::Worst, threshold: Some(read("0.001")) };
    let local = Local::new(&network, &perturbation, Settings::default());
    let threshold = read("0.001");
    let mut scratch = Scratch::default();
    let found = local.deviation(&input, ClassChoice::Worst, Some(&threshold), &mut scratch, &mut ());
    let subject =
        Subject { network: &network, perturbation: &perturbation, scope: Scope::Local(&input), aim, delta: 0.001 };
    let reproduce = || Reproduce {
        command: HOSTILE.join(" "),
        version: "quantproof".to_owned(),
        files: vec![html::File { name: HOSTILE[0].to_owned(), bytes: 1, sha256: "0".repeat(64) }],
    };
    let report = finding::report(&subject, &found, None);
    assert_everywhere(&report);
    let page = report.page(reproduce()).html();
    assert_sound(&page);
    assert!(page.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
    let stream = table::stream(&subject, false, 1, &[9, 9]);
    let mut kept = Kept::default();
    kept.add(table::row(&subject, &stream, 1, &HOSTILE[..2], &input, &found), None);
    let summary = table::Summary { inputs: 1, ..Default::default() };
    let report = summary.report(&subject, &stream, &kept);
    assert_sound(&report.page(reproduce()).html());
    assert_everywhere(&report);
    assert_sound(&page_of(&odd_report(3)));
    assert_everywhere(&odd_report(3));
    let map = finding::report(&subject, &found, None).picture().unwrap();
    assert!(!map.contains("<img") && !map.contains('\u{202e}'));
}

/// A report with so many rows in every picture and table, and with names that are hostile.
fn odd_report(rows: usize) -> Report<'static> {
    let name = |i: usize| format!("{} {i}", HOSTILE[i % HOSTILE.len()]);
    let odd = |i: usize, x: f64| match i % 7 {
        5 => f64::NAN,
        6 => f64::INFINITY,
        _ => x,
    };
    let point = |i: usize| {
        let upper = 1.0 / (i + 1) as f64;
        curve::Point { at: i as i64, lower: upper / 2.0, upper: odd(i, upper) }
    };
    let curve = Curve {
        title: HOSTILE[0].to_owned(),
        across: "bits".to_owned(),
        up: "deviation".to_owned(),
        points: (0..rows).map(point).collect(),
        threshold: Some((0.05, "allowed: 0.05".to_owned())),
    };
    let bar = |i: usize| Bar { name: name(i), lower: odd(i + 1, 0.1), upper: odd(i, 0.2) };
    let bars = Bars { title: name(1), across: "deviation".to_owned(), bars: (0..rows).map(bar).collect() };
    let plane = [(-1.0, 1.0), (-1.0, 1.0)];
    let mut map: Map = html::confidence::map(&hostile(), plane, HOSTILE[0]).unwrap();
    let region = |i: usize| {
        let at = i as f64 / rows as f64 * 2.0 - 1.0;
        let kind = [Kind::Never, Kind::Can, Kind::Open][i % 3];
        Region { lower: [at, -1.0], upper: [at + 2.0 / rows as f64, 1.0], kind }
    };
    map.regions = (0..rows).map(region).collect();
    let place = |i: usize| {
        let mark = [Mark::Input, Mark::Never, Mark::Can, Mark::Open, Mark::Witness][i % 5];
        Point { at: [odd(i, 0.0), i as f64 / rows as f64], mark, label: name(i) }
    };
    map.points = (0..rows).map(place).collect();
    let cells = |i: usize| vec![Cell::text(name(i)), Cell::lower(odd(i + 1, 0.1)), Cell::upper(odd(i, 0.2))];
    let table = Table {
        heading: HOSTILE[1].to_owned(),
        key: "rows",
        columns: vec![Column::text(HOSTILE[2]), Column::number("at least"), Column::number("at most")],
        rows: (0..rows).map(|i| Row::new(cells(i), name(i))).collect(),
        ..Table::default()
    };
    let witness = Witness {
        heading: name(0),
        input: (0..rows.min(100)).map(|i| (name(i), read("1/3"))).collect(),
        shows: vec![(name(1), name(2))],
        moved: Some((0..rows).map(|i| (name(i), 1.0, 2.0)).collect()),
        ..Witness::default()
    };
    Report {
        asked: Members::new().with("schema", 1u32),
        title: "parts".to_owned(),
        outcome: Outcome::Unknown,
        answer: Some("unknown"),
        sentence: "nothing was asked".to_owned(),
        meaning: String::new(),
        assumptions: Vec::new(),
        parts: vec![Field::new(name(3), name(0), Members::new()).into(), table.into(), witness.into()],
        pictures: vec![
            Box::new(move || Some(curve.draw())),
            Box::new(move || Some(bars.draw())),
            Box::new(move || Some(map.draw())),
        ],
    }
}

fn page_of(report: &Report<'_>) -> String {
    report.page(Reproduce::default()).html()
}

/// Fails unless every field, table and witness of a report is in its text, in its JSON and on its page.
fn assert_everywhere(report: &Report<'_>) {
    let (mut text, page) = (Vec::new(), page_of(report));
    report.text(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let json = serde_json::to_value(report.data()).unwrap();
    let both = |said: &str| {
        let mut markup = Markup::new();
        markup.text(said);
        assert!(text.contains(said), "{said:?} is not in the text: {text}");
        assert!(page.to_lowercase().contains(&markup.as_str().to_lowercase()), "{said:?} is not on the page");
    };
    for part in &report.parts {
        let data = match part {
            Part::Field(field) => {
                both(&field.label);
                assert!(page.contains(&field.term[1.min(field.term.len())..]) || field.term.contains('<'));
                let same = field.long == field.text;
                if same {
                    both(&field.text)
                } else {
                    assert!(text.contains(&field.text), "{field:?}")
                }
                field.data.clone()
            }
            Part::Table(table) if table.aside => continue,
            Part::Table(table) => {
                table.columns.iter().for_each(|column| both(&column.title));
                table.rows.iter().flat_map(|row| &row.cells).for_each(|cell| both(cell.as_str()));
                Members::new().with(table.key, table.rows.len())
            }
            Part::Witness(witness) => {
                witness.shows.iter().for_each(|(label, said)| [label, said].into_iter().for_each(|said| both(said)));
                witness.data.clone()
            }
        };
        data.iter().for_each(|(key, _)| assert!(json.get(key).is_some(), "{key} is not in the JSON"));
    }
    assert!(text.starts_with(&report.sentence));
}

#[test]
fn any_number_of_rows_gives_a_page_that_can_be_read() {
    for (rows, most) in [(0, 150_000), (1, 150_000), (100, 300_000), (10_000, 5_000_000)] {
        let page = page_of(&odd_report(rows));
        assert_sound(&page);
        assert!(page.len() < most, "{rows} rows: {} bytes", page.len());
        assert_eq!(page.contains("The first 5000 of 10000 rows."), rows == 10_000);
    }
}

#[test]
fn of_many_inputs_those_that_matter_are_kept() {
    let folder = Folder::new("many");
    let (csv, html) = (folder.file("many.csv"), folder.file("page.html"));
    let lines: Vec<String> =
        (0..6000).map(|i| format!("{:.3},{:.3}", (i % 77) as f64 / 38.5 - 1.0, (i / 77) as f64 / 39.0 - 1.0)).collect();
    fs::write(&csv, lines.join("\n")).unwrap();
    let (code, answer, _) =
        run(&["local", MODEL, "--inputs", &csv, "--epsilon", "0.02", "--class-change", "--html", &html]);
    assert_eq!(code, 1);
    let violated = answer.lines().filter(|line| line.ends_with("violated")).count();
    let page = fs::read_to_string(&html).unwrap();
    assert_sound(&page);
    assert!(violated > 0 && violated < 5000);
    assert_eq!(page.matches("<td dir=\"auto\">violated</td>").count(), violated, "no counterexample is left out");
    assert!(page.contains("5000 of 6000 rows"), "and the page says that others are");
    assert!(page.contains("not drawn: 4000 points"));
}

/// The browser, if there is one.
fn chromium() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("QUANTPROOF_CHROMIUM") {
        return Some(given.into());
    }
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|path| path.is_file())
}

/// Loads a page and returns the document after its scripts ran, and what the console says.
fn browse(chromium: &Path, folder: &Folder, page: &str) -> (String, Vec<String>) {
    let (dom, log) = (folder.file("dom"), folder.file("log"));
    let mut child = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.file("profile")))
        .arg(format!("file://{page}"))
        .stdin(Stdio::null())
        .stdout(fs::File::create(&dom).unwrap())
        .stderr(fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > Duration::from_secs(120) {
            child.kill().unwrap();
            panic!("the browser did not end: {}", fs::read_to_string(&log).unwrap());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let log = String::from_utf8_lossy(&fs::read(&log).unwrap()).into_owned();
    let console = log.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect();
    (fs::read_to_string(&dom).unwrap(), console)
}

// a test that is skipped has to say so
#[allow(clippy::print_stderr)]
#[test]
fn a_browser_shows_pages_without_errors_and_sorts_tables() {
    let Some(chromium) = chromium() else {
        assert!(std::env::var_os("QUANTPROOF_REQUIRE_CHROMIUM").is_none(), "no chromium on the path");
        eprintln!("skipped: no chromium, chromium-browser or google-chrome on the path, nor $QUANTPROOF_CHROMIUM");
        return;
    };
    let folder = Folder::new("browser");
    let file = folder.file("page.html");
    let (code, ..) = run(&["local", MODEL, "--inputs", "models/moons_test.csv", "--epsilon", "0.1", "--html", &file]);
    assert_eq!(code, 0);
    let page = fs::read_to_string(&file).unwrap();

    // as it is: no error, everything is there, and the one script ran
    let (dom, console) = browse(&chromium, &folder, &file);
    assert_eq!(console, Vec::<String>::new());
    let count = |what: &str| (page.matches(what).count(), dom.matches(what).count());
    for what in ["<svg", "<path", "<table", "<tr>", "<h2>", "<figure>"] {
        let (written, shown) = count(what);
        assert!(written > 0 && written == shown, "{what}: {written} written, {shown} shown");
    }
    assert!(dom.matches("<button type=\"button\">").count() >= 7, "heads became buttons");

    // sorted by a column of numbers and by one of text; the policy has to be taken away for the test's own script
    let policy = page.lines().find(|line| line.contains("Content-Security-Policy")).unwrap();
    for (column, number) in [("upper", true), ("class change", false)] {
        let script = include_str!("page/sort.js").replace("SORTED_COLUMN", &format!("{column:?}"));
        let last = script.replace("querySelector(\"table.sortable\")", "querySelector(\".low table.sortable\")");
        let tested = page.replace(policy, "").replace("</body>", &format!("<script>{last}</script></body>"));
        fs::write(&file, tested).unwrap();
        let (dom, console) = browse(&chromium, &folder, &file);
        assert_eq!(console, Vec::<String>::new());
        let title = dom.split("<title>sorted:").nth(1).expect("the test's script ran").split('<').next().unwrap();
        let told: Value = serde_json::from_slice(&base64(title)).unwrap();
        let keys = |value: &Value| {
            value.as_array().unwrap().iter().map(|k| k.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (written, up, down) = (keys(&told["written"]), keys(&told["up"][0]), keys(&told["down"][0]));
        assert_eq!(written.len(), 100);
        let mut expected = written.clone();
        if number {
            expected.sort_by(|a, b| a.parse::<f64>().unwrap().total_cmp(&b.parse().unwrap()));
        } else {
            expected.sort();
        }
        assert_ne!(written, expected, "there is something to sort");
        assert_eq!(up, expected);
        expected.reverse();
        assert_eq!(down, expected);
        assert_eq!((told["up"][1].as_str(), told["down"][1].as_str()), (Some("ascending"), Some("descending")));
    }

    // a script that is not the page's own does not run
    let foreign = page.replace("</body>", "<script>document.title = 'foreign'</script></body>");
    fs::write(&file, foreign).unwrap();
    let (dom, console) = browse(&chromium, &folder, &file);
    assert!(!dom.contains("<title>foreign") && console.iter().any(|line| line.contains("Content Security Policy")));

    // names that would do harm
    fs::write(&file, page_of(&odd_report(40))).unwrap();
    let (dom, console) = browse(&chromium, &folder, &file);
    assert_eq!(console, Vec::<String>::new());
    assert!(!dom.contains("<img") && dom.matches("<script").count() == 1);
}

/// Decodes base64.
fn base64(text: &str) -> Vec<u8> {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = text.trim_end_matches('=').chars().flat_map(|c| {
        let value = digits.find(c).unwrap();
        (0..6).rev().map(move |bit| value >> bit & 1)
    });
    let bits: Vec<usize> = bits.collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |value, bit| value << 1 | *bit as u8)).collect()
}
