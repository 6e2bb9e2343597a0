//! The README and the guide tell the truth: every example prints what its page says, and every link leads somewhere.
//!
//! `QUANTPROOF_BLESS=1` writes what the commands print now into the pages.

mod examples;

use std::process::Command;

/// What a command prints on stdout, run in the repository's folder.
fn printed(command: &str) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_quantproof"));
    let output = program.args(command.split_whitespace()).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let text = String::from_utf8(output.expect("the command starts").stdout).expect("UTF-8");
    text.trim_end().to_owned()
}

/// The lines of an output, without the figures of one run.
fn steady(text: &str) -> Vec<String> {
    let line = |line: &str| match line.trim_start().starts_with("search ") {
        true => "search".to_owned(),
        false => line.trim_end().to_owned(),
    };
    text.lines().map(line).collect()
}

#[test]
fn examples_print_what_the_pages_say() {
    let bless = std::env::var_os("QUANTPROOF_BLESS").is_some();
    let mut count = 0;
    for page in examples::pages() {
        let mut text = page.text.clone();
        for example in examples::of(&page) {
            count += 1;
            let found = printed(&example.command);
            if steady(&found) == steady(&example.output) {
                continue;
            }
            assert!(bless, "{}: quantproof {} prints\n{found}\nnot\n{}", page.name, example.command, example.output);
            let stood = format!("$ quantproof {}\n{}", example.command, example.output);
            text = text.replace(&stood, &format!("$ quantproof {}\n{found}", example.command));
        }
        if text != page.text {
            std::fs::write(&page.path, text).expect("a page that can be written");
        }
    }
    assert!(count >= 20, "{count} examples");
}

#[test]
fn links_lead_somewhere() {
    for page in examples::pages() {
        for link in page.text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = page.path.with_file_name(link);
            assert!(link.contains("://") || link.starts_with("super::") || path.exists(), "{}: {link}", page.name);
        }
    }
}
