//! `cargo mutants` for a crate that takes long to build: every mutant is compiled in at once, asleep, and an environment
//! variable wakes one of them.
//!
//! ```text
//! make mutants                      every mutant of src/domain, src/store and src/publish
//! make mutants ONLY="weigh late"    those whose file, line or description contains one of these
//! ```
//!
//! The tree is copied to target/mutants/tree and rewritten there ([`mutate`]); what the compiler refuses is left out, as
//! `cargo mutants` leaves out what does not build ([`build`]); then the crate's own tests and the scenarios run once per
//! mutant, and of those only the tests that reach it, until one fails ([`run`]).
//!
//! Mutants that are known to survive stand in survivors.txt, each with its reason. The status is 1 when another one survives,
//! and when a listed one does not.

mod build;
mod mutate;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

use crate::run::Verdict;

/// What is mutated.
const FOLDERS: [&str; 3] = ["src/domain", "src/store", "src/publish"];

/// One change to the code.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// The file, from the root of the tree.
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// In the words of `cargo mutants`.
    pub what: String,
}

impl Mutant {
    fn place(&self) -> String {
        format!("{}:{}:{}: {}", self.file, self.line, self.column, self.what)
    }

    /// What survivors.txt calls it: lines move too easily.
    fn name(&self) -> String {
        format!("{}: {}", self.file, self.what)
    }
}

fn main() -> ExitCode {
    let only = env::args().nth(1).unwrap_or_default();
    let is_wanted = |place: &str| only.is_empty() || only.split_whitespace().any(|word| place.contains(word));
    let tree = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the tree");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| tree.join("target"), PathBuf::from).join("mutants");
    fs::create_dir_all(&target).expect("a folder to work in");

    let built = build::build(&tree, &target);
    let chosen: Vec<usize> = (0..built.mutants.len())
        .filter(|id| !built.unviable.contains(id) && is_wanted(&built.mutants[*id].place()))
        .collect();
    println!(
        "{} mutants, {} of which do not compile; {} in constant functions left out; {} to try",
        built.mutants.len(),
        built.unviable.len(),
        built.left_out,
        chosen.len()
    );
    let verdicts = run::run(&built, &chosen);

    let reasons = reasons(&fs::read_to_string(tree.join("tests/mutants/survivors.txt")).unwrap_or_default());
    let mut figures: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    let mut log = Vec::new();
    let mut survivors = Vec::new();
    for (id, verdict) in &verdicts {
        let mutant = &built.mutants[*id];
        let folder = FOLDERS.iter().find(|folder| mutant.file.starts_with(**folder)).expect("one of ours");
        *figures.entry(folder).or_default().entry(verdict.by()).or_default() += 1;
        log.push(format!("{verdict}\t{}\n", mutant.place()));
        if let Verdict::Survived { .. } = verdict {
            survivors.push(mutant);
        }
    }
    fs::write(target.join("outcomes.txt"), log.concat()).expect("a log");
    for (folder, figures) in figures {
        println!("{folder}: {figures:?}");
    }
    let caught = verdicts.len() - survivors.len();
    println!("caught {caught} / {}; by which test: target/mutants/outcomes.txt", verdicts.len());

    let mut unexpected = 0;
    for mutant in &survivors {
        if let Some(reason) = reasons.get(&mutant.name()) {
            println!("survives  {}  ({reason})", mutant.place());
        } else {
            println!("SURVIVES  {}", mutant.place());
            unexpected += 1;
        }
    }
    let alive: BTreeSet<String> = survivors.iter().map(|mutant| mutant.name()).collect();
    let tried: BTreeSet<String> = chosen.iter().map(|id| built.mutants[*id].name()).collect();
    let known: BTreeSet<String> = built.mutants.iter().map(Mutant::name).collect();
    for name in reasons
        .keys()
        .filter(|name| !alive.contains(*name))
        .filter(|name| tried.contains(*name) || !known.contains(*name))
    {
        println!("LISTED, but does not survive  {name}");
        unexpected += 1;
    }
    if unexpected == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Names and reasons: a line without indentation is a reason, the indented ones after it are the mutants it holds for.
fn reasons(listed: &str) -> BTreeMap<String, String> {
    let mut reason = "";
    let mut reasons = BTreeMap::new();
    for line in listed.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        if line.starts_with(' ') {
            reasons.insert(line.trim().to_owned(), reason.to_owned());
        } else {
            reason = line;
        }
    }
    reasons
}
