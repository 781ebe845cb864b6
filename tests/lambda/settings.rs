//! Settings: a wrong one ends the start and is named; a right one is obeyed.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::contract::check_report;
use super::function::{Ended, Function};
use super::stage::Stage;
use super::tick;

/// A settings file of this test alone, removed at its end.
pub struct File(PathBuf);

impl File {
    pub fn new(text: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.toml", uuid::Uuid::new_v4()));
        std::fs::write(&path, text).expect("the file can be written");
        Self(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().expect("a path")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // What could not be removed lies in the build's own folder.
        drop(std::fs::remove_file(&self.0));
    }
}

/// Starts the function with a wrong setting and waits for its end.
async fn refused(variables: &[(&str, Option<&str>)]) -> (Ended, String) {
    let stage = Stage::set();
    let ended = Function::start_with(&stage, variables).await.ended().await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert_eq!((ended.asked, stage.simulator.calls().len()), (0, 0), "nothing is begun: {ended:?}");
    let errors: Vec<Value> = ended
        .stdout
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .filter(|line: &Value| line["level"] == "ERROR")
        .collect();
    let [error] = errors.as_slice() else { panic!("one error is expected: {ended:?}") };
    let message = error["message"].as_str().expect("a message").to_owned();
    (ended, message)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_setting_ends_the_start_and_is_named() {
    let cases: [(&str, Option<&str>, &[&str]); 10] = [
        ("TIDINGS_TABLE_NAME", None, &["TIDINGS_TABLE_NAME is not set"]),
        ("TIDINGS_TABLE_NAME", Some(""), &["TIDINGS_TABLE_NAME is not set"]),
        ("TIDINGS_TOPIC_ARN", None, &["TIDINGS_TOPIC_ARN is not set"]),
        ("TIDINGS_TOPIC_ARN", Some(""), &["TIDINGS_TOPIC_ARN is not set"]),
        ("TIDINGS_TOPIC_ARN", Some("tidings"), &["TIDINGS_TOPIC_ARN is \"tidings\"", "the ARN of an SNS topic"]),
        ("TIDINGS_TABEL_NAME", Some("state"), &["unknown setting TIDINGS_TABEL_NAME", "TIDINGS_TABLE_NAME"]),
        ("TIDINGS_DRY_RUN", Some("1"), &["unknown setting TIDINGS_DRY_RUN", "TIDINGS_CONFIG", "TIDINGS_LOG"]),
        ("TIDINGS_CONFIG", Some("nowhere/tidings.toml"), &["nowhere/tidings.toml", "No such file"]),
        ("TIDINGS_LOG", Some("tidings=loud"), &["TIDINGS_LOG is \"tidings=loud\""]),
        ("TIDINGS_SOURCES", Some("backup,rds"), &["TIDINGS_SOURCES is \"backup,rds\"", "redshift-serverless"]),
    ];
    for (name, value, words) in cases {
        let (_, message) = refused(&[(name, value)]).await;
        for word in words {
            assert!(message.contains(word), "{word:?} is not in: {message}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settings_file_narrows_the_sources() {
    let stage = Stage::set();
    let file = File::new("# Two of five.\nsources = [\"backup\", \"redshift\"]\n");
    let function = Function::start_with(&stage, &[("TIDINGS_CONFIG", Some(file.path()))]).await;
    let report = function.report(&tick()).await;
    check_report(&report, &["redshift", "backup"]);
    assert_eq!(stage.told().len(), 2);
    let asked: Vec<String> = stage.simulator.calls().into_iter().map(|call| call.operation).collect();
    assert!(asked.iter().any(|operation| operation == "ListRestoreJobs"), "{asked:?}");
    for elsewhere in ["ListTableRestoreStatus", "ListTableBuckets"] {
        assert!(!asked.iter().any(|operation| operation == elsewhere), "{asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_names_the_sources_whatever_the_file_says() {
    let stage = Stage::set();
    let file = File::new("sources = [\"backup\", \"redshift\"]\n");
    for (named, expected) in
        [("s3tables-maintenance, redshift", &["redshift", "s3tables-maintenance"]), ("", &["redshift", "backup"])]
    {
        let variables = [("TIDINGS_CONFIG", Some(file.path())), ("TIDINGS_SOURCES", Some(named))];
        let function = Function::start_with(&stage, &variables).await;
        check_report(&function.report(&tick()).await, expected);
    }
}

/// What a deployment may package: every key is there to be changed, and none changes anything as it stands.
#[tokio::test(flavor = "multi_thread")]
async fn the_settings_file_of_the_repository_is_accepted() {
    let stage = Stage::set();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("settings/tidings.toml");
    let function = Function::start_with(&stage, &[("TIDINGS_CONFIG", path.to_str())]).await;
    let report = function.report(&tick()).await;
    assert_eq!(report["scopes"].as_array().map(Vec::len), Some(5), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_settings_file_is_refused_with_the_line() {
    let cases: [(&str, &str, &str); 8] = [
        ("sources = [\n  \"backup\",\n  \"rds\",\n]\n", "line 3", "unknown source \"rds\""),
        ("# A comment.\n\nsuorces = [\"backup\"]\n", "line 3", "suorces"),
        ("sources = [\"backup\"]\nroutine = [\n", "line ", "array"),
        ("[backup]\nlook_back = \"yesterday\"\n", "line 2", "look_back"),
        ("[s3tables]\nconcurrency = 0\n", "line 2", "concurrency"),
        ("[s3tables]\ninclude = [\n  \"lake/*\",\n  \"[\",\n]\n", "line 4", "\"[\" is not a pattern"),
        ("[[rule]]\nmatch = { sorce = \"backup\" }\nmute = true\n", "line 2, column 11", "did you mean \"source\"?"),
        (
            "[[rule]]\nmatch = { source = \"*\" }\ntopic_arn = \"arn:aws:sns:ap-south-1:123456789012:news\"\n",
            "line 3, column 13",
            "the topic is in ap-south-1",
        ),
    ];
    for (text, line, words) in cases {
        let file = File::new(text);
        let (_, message) = refused(&[("TIDINGS_CONFIG", Some(file.path()))]).await;
        for wanted in [file.path(), line, words] {
            assert!(message.contains(wanted), "{wanted:?} is not in: {message}");
        }
    }
}
