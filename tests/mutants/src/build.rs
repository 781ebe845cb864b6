//! Copies the tree, puts the mutants in, and compiles the tests; whatever mutant the compiler refuses is left out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use serde_json::Value;
use syn::visit::{self, Visit};

use crate::mutate::{Mutated, Places};
use crate::{FOLDERS, Mutant};

/// What the mutants ask whether they are awake. With `TIDINGS_MUTANTS_SEEN` it writes down which test asked for which.
const SWITCH: &str = r#"
#[doc(hidden)]
pub mod mutants {
    use std::{cell::RefCell, collections::HashSet, env, fs, io::Write, sync::OnceLock};

    pub fn is(mutant: u32) -> bool {
        static AWAKE: OnceLock<Option<u32>> = OnceLock::new();
        static SEEN: OnceLock<Option<fs::File>> = OnceLock::new();
        thread_local!(static OWN: RefCell<HashSet<u32>> = RefCell::default());
        if let Some(mut file) = SEEN.get_or_init(|| {
            let path = env::var_os("TIDINGS_MUTANTS_SEEN")?;
            Some(fs::File::options().append(true).create(true).open(path).expect("a file"))
        }).as_ref() {
            if OWN.with(|own| own.borrow_mut().insert(mutant)) {
                let test = std::thread::current().name().unwrap_or("").to_owned();
                file.write_all(format!("{mutant} {test}\n").as_bytes()).expect("room");
            }
        }
        *AWAKE.get_or_init(|| env::var("TIDINGS_MUTANT").ok()?.parse().ok()) == Some(mutant)
    }
}
"#;

/// Dependencies and code are optimised a little: quick to compile, and quick enough to run a thousand times. Overflow still
/// panics, as it does in `cargo test`.
const PROFILE: [&str; 4] = [
    r#"profile.mutants.inherits="dev""#,
    "profile.mutants.opt-level=1",
    "profile.mutants.debug=false",
    "profile.mutants.incremental=false",
];

/// All mutants, and the tests that they are compiled into.
pub struct Built {
    pub mutants: Vec<Mutant>,
    pub unviable: BTreeSet<usize>,
    /// How many constant functions had to stay so.
    pub left_out: usize,
    pub tree: PathBuf,
    /// The tests, from cheap to dear.
    pub tests: Vec<(&'static str, PathBuf)>,
}

pub fn build(tree: &Path, target: &Path) -> Built {
    let copy = target.join("tree");
    let files = listed(tree);
    let sources: Vec<(&String, String)> = files
        .iter()
        .filter(|file| Path::new(file).extension().is_some_and(|extension| extension == "rs"))
        .map(|file| (file, fs::read_to_string(tree.join(file)).expect("a source file")))
        .collect();
    let needed = needed_by_constants(sources.iter().map(|(_, source)| source.as_str()));

    let ours = |file: &str| FOLDERS.iter().any(|folder| file.starts_with(&format!("{folder}/")));
    let ours: Vec<_> = sources.iter().filter(|(file, _)| ours(file)).collect();
    // Which files hold tests only is known when all have been read.
    let read = ours.iter().map(|(file, source)| Mutated::of(file, source, 0, &needed));
    let of_tests: Vec<String> = read.flat_map(|mutated| mutated.test_modules).collect();
    let is_of_tests = |file: &str| {
        let module = file.trim_end_matches(".rs");
        of_tests.iter().any(|test| module == test || module.starts_with(&format!("{test}/")))
    };
    let (mut mutants, mut mutated) = (Vec::new(), Vec::new());
    for (file, source) in ours.into_iter().filter(|(file, _)| !is_of_tests(file)) {
        let one = Mutated::of(file, source, mutants.len(), &needed);
        mutants.extend(one.mutants.iter().cloned());
        mutated.push((*file, one));
    }

    for file in &files {
        if !mutated.iter().any(|(mutated, _)| *mutated == file) {
            let source = sources.iter().find(|(source, _)| *source == file && file.starts_with("src/"));
            let mut text = match source {
                Some((_, source)) => Mutated::of(file, source, 0, &needed).without_constants().into_bytes(),
                None => fs::read(tree.join(file)).expect("a file"),
            };
            if file == "src/lib.rs" {
                text.splice(0..0, *b"#![allow(warnings, arithmetic_overflow, unconditional_panic)]\n");
                text.extend_from_slice(SWITCH.as_bytes());
            }
            put(&copy.join(file), &text);
        }
    }
    let mut unviable = BTreeSet::new();
    loop {
        let mut places = Vec::new();
        for (file, mutated) in &mutated {
            let (text, own) = mutated.text(&unviable);
            put(&copy.join(file), text.as_bytes());
            places.push((file.as_str(), own));
        }
        println!("compiling {} mutants", mutants.len() - unviable.len());
        match compile(&copy, target, &places) {
            Ok(tests) => {
                let left_out = mutated.iter().map(|(_, mutated)| mutated.left_out).sum();
                return Built { mutants, unviable, left_out, tree: copy, tests };
            }
            Err(refused) => unviable.extend(refused),
        }
    }
}

/// What git knows or would know.
fn listed(tree: &Path) -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "-co", "--exclude-standard"]).current_dir(tree).output();
    let listed = String::from_utf8(listed.expect("git").stdout).expect("names");
    listed.lines().filter(|file| tree.join(file).is_file()).map(str::to_owned).collect()
}

/// Writes what differs, so that cargo compiles little.
fn put(path: &Path, text: &[u8]) {
    if fs::read(path).is_ok_and(|there| there == text) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// The test binaries, or the mutants that do not compile.
fn compile(
    copy: &Path,
    target: &Path,
    places: &[(&str, Places)],
) -> Result<Vec<(&'static str, PathBuf)>, BTreeSet<usize>> {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(PROFILE.iter().flat_map(|setting| ["--config", setting]));
    command.args(["test", "--profile", "mutants", "--no-run", "--message-format=json", "--lib", "--test", "scenarios"]);
    command.env("CARGO_TARGET_DIR", target.join("target")).current_dir(copy).stderr(Stdio::null());
    let output = String::from_utf8(command.output().expect("cargo").stdout).expect("messages");
    let messages: Vec<Value> = output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();

    let mut refused = BTreeSet::new();
    let errors = messages.iter().map(|message| &message["message"]).filter(|message| message["level"] == "error");
    for error in errors {
        let spans = error["spans"].as_array().expect("spans");
        let ids: BTreeSet<usize> = spans.iter().flat_map(|span| mutants_at(span, places)).collect();
        assert!(
            !ids.is_empty() || spans.is_empty(),
            "no mutant's fault:\n{}",
            error["rendered"].as_str().unwrap_or("?")
        );
        refused.extend(ids);
    }
    if !refused.is_empty() {
        return Err(refused);
    }
    let binary = |name: &str| {
        let of = |message: &&Value| message["target"]["name"] == name && message["profile"]["test"] == true;
        let path = messages.iter().filter(of).find_map(|message| message["executable"].as_str());
        PathBuf::from(path.unwrap_or_else(|| panic!("{name} was not built:\n{output}")))
    };
    Ok(vec![("own tests", binary("tidings")), ("scenarios", binary("scenarios"))])
}

fn mutants_at(span: &Value, places: &[(&str, Places)]) -> Vec<usize> {
    let number = |key: &str| usize::try_from(span[key].as_u64().expect("an offset")).expect("a file");
    let (begin, end) = (number("byte_start"), number("byte_end"));
    let of_file = places.iter().filter(|(file, _)| span["file_name"] == **file);
    let within = of_file.flat_map(|(_, own)| own).filter(|(place, _)| place.start <= begin && end <= place.end);
    within.map(|(_, id)| *id).collect()
}

/// Every name in the values of constants and statics: functions of that name stay constant.
fn needed_by_constants<'s>(sources: impl Iterator<Item = &'s str>) -> BTreeSet<String> {
    #[derive(Default)]
    struct Constants(BTreeSet<String>);
    impl Constants {
        fn take(&mut self, value: &syn::Expr) {
            struct Names<'n>(&'n mut BTreeSet<String>);
            impl Visit<'_> for Names<'_> {
                fn visit_ident(&mut self, name: &proc_macro2::Ident) {
                    self.0.insert(name.to_string());
                }
            }
            Names(&mut self.0).visit_expr(value);
        }
    }
    impl<'ast> Visit<'ast> for Constants {
        fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
            self.take(&item.expr);
        }
        fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
            self.take(&item.expr);
        }
        fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
            self.take(&item.expr);
        }
    }
    let mut constants = Constants::default();
    for source in sources {
        visit::visit_file(&mut constants, &syn::parse_file(source).expect("Rust"));
    }
    constants.0
}
