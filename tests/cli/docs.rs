//! The pages that are made out of the code say what the code says.

use crate::machine::{command, finish};

#[track_caller]
fn check(page: &str, arguments: &[&str]) {
    let ran = finish(&mut command(arguments));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let path = format!("{}/docs/{page}", env!("CARGO_MANIFEST_DIR"));
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = written.lines().zip(ran.stdout.lines()).position(|(written, made)| written != made);
    let line = differs.unwrap_or_else(|| written.lines().count().min(ran.stdout.lines().count())) + 1;
    assert!(
        written == ran.stdout,
        "docs/{page} is out of date from line {line} on: run `make docs` and read what changed"
    );
}

#[test]
fn the_gallery_of_notices_is_up_to_date() {
    check("notices.md", &["preview", "--markdown"]);
}

#[test]
fn the_reference_of_settings_is_up_to_date() {
    check("settings.md", &["check", "--reference"]);
}

/// What the page shows as an example is right.
#[test]
fn the_examples_of_the_reference_work() {
    let page = include_str!("../../docs/settings.md");
    let examples: Vec<&str> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [settings, cases] = examples.as_slice() else { panic!("two examples are expected: {examples:#?}") };
    let settings = crate::machine::written("example-settings.toml", settings);
    let cases = crate::machine::written("example-cases.toml", cases);
    let ran = finish(&mut command(&["check", "--config", &settings, "--test", &cases]));
    ran.expect(0, &["2 cases, all as expected"], &[]);
}
