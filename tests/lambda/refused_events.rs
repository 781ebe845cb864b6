//! Events that make no sense: a typed error that names what is accepted, and the process goes on.

use serde_json::{Value, json};

use super::contract::check_complete;
use super::function::Function;
use super::stage::Stage;
use super::tick;

const UNKNOWN: &str = "Tidings.UnknownEvent";
const INVALID: &str = "Tidings.InvalidEvent";

/// Broken events with the type of the error and words that must be in its message.
fn broken() -> Vec<(Value, &'static str, &'static [&'static str])> {
    vec![
        (json!({}), UNKNOWN, &["an empty object"]),
        (json!(null), UNKNOWN, &["null"]),
        (json!([]), UNKNOWN, &["a list"]),
        (json!("pass"), UNKNOWN, &["a text"]),
        (json!(42), UNKNOWN, &["a number"]),
        (json!({"key1": "value1", "key2": "value2"}), UNKNOWN, &["key1, key2"]),
        (json!({"Records": [{"body": "hunter2"}]}), UNKNOWN, &["Records"]),
        (json!({"source": "aws.ec2", "detail-type": "EC2 Instance State-change", "detail": {}}), UNKNOWN, &["aws.ec2"]),
        (
            json!({"source": "aws.backup", "detail-type": "Backup Job State Change", "detail": {}}),
            UNKNOWN,
            &["Backup Job"],
        ),
        (
            json!({"source": "aws.backup", "detail-type": "Restore Job State Change", "detail": {"state": "FAILED"}}),
            INVALID,
            &["detail.restoreJobId"],
        ),
        (
            json!({"source": "aws.backup", "detail-type": "Restore Job State Change", "detail": {"restoreJobId": ""}}),
            INVALID,
            &["detail.restoreJobId"],
        ),
        (json!({"source": 1, "detail-type": "Scheduled Event"}), INVALID, &["EventBridge event"]),
        (json!({"command": "dance"}), INVALID, &["dance", "the commands are \"pass\""]),
        (json!({"command": 7}), INVALID, &["expected a string"]),
        (json!({"command": "pass", "dryrun": true}), INVALID, &["`dryrun`", "`sources`", "`dry_run`"]),
        (json!({"command": "pass", "dry_run": "yes"}), INVALID, &["\"yes\"", "expected a boolean"]),
        (json!({"command": "pass", "sources": "backup"}), INVALID, &["\"backup\"", "expected a sequence"]),
        (
            json!({"command": "pass", "sources": ["rds"]}),
            INVALID,
            &["\"rds\"", "redshift-serverless", "s3tables-replication"],
        ),
        (json!({"command": "pass", "sources": []}), INVALID, &["sources", "redshift-serverless"]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_event_is_refused_by_type_and_the_process_lives_on() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    for (event, error_type, words) in broken() {
        let failure = function.failure(&event).await;
        assert_eq!(failure.error_type, error_type, "{event}: {}", failure.message);
        for word in words {
            assert!(failure.message.contains(word), "{word:?} is not in the answer to {event}: {}", failure.message);
        }
        if error_type == UNKNOWN {
            for accepted in ["scheduled events", "Restore Job State Change", "\"command\": \"pass\""] {
                assert!(failure.message.contains(accepted), "{accepted:?} is not in: {}", failure.message);
            }
        }
        assert!(!failure.message.contains("hunter2"), "what an event holds is not repeated: {}", failure.message);
    }
    assert_eq!(stage.simulator.calls(), [], "nothing was asked for the sake of a broken event");

    check_complete(&function.report(&tick()).await);
    let ended = function.kill().await;
    let logged = ended.stdout.iter().filter(|line| line.contains("\"ERROR\"")).count();
    assert!(logged >= broken().len(), "every refusal is logged: {logged}");
}
