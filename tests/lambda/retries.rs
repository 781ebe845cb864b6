//! The same event again: Lambda tries failed and timed-out events once more, and `EventBridge` may deliver one twice.

use std::time::Duration;

use super::contract::{check_complete, check_report, counts};
use super::function::Function;
use super::stage::{REDSHIFT, Stage};
use super::{pass_over, tick};

const REQUEST: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
const MINUTE: Duration = Duration::from_mins(1);

/// How often the failure of the Redshift restore was told.
fn failures(stage: &Stage) -> usize {
    stage.told().iter().filter(|told| told.reason == "failed" && told.subject == REDSHIFT).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_with_the_same_request_id_tells_nothing_twice() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    check_complete(&function.report_to(&tick(), REQUEST, MINUTE).await);
    let again = function.report_to(&tick(), REQUEST, MINUTE).await;
    check_complete(&again);
    assert_eq!((counts(&again), stage.told().len()), ([0, 0, 0], 5));

    stage.fail_redshift();
    assert_eq!(counts(&function.report_to(&tick(), REQUEST, MINUTE).await), [1, 1, 0]);
    assert_eq!(counts(&function.report_to(&tick(), REQUEST, MINUTE).await), [0, 0, 0]);
    // A process that remembers nothing.
    let other = Function::start(&stage).await;
    assert_eq!(counts(&other.report_to(&tick(), REQUEST, MINUTE).await), [0, 0, 0]);
    assert_eq!((failures(&stage), stage.told().len()), (1, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_with_the_same_event_at_once_tell_it_once() {
    let stage = Stage::set();
    let (one, other) = (Function::start(&stage).await, Function::start(&stage).await);
    check_complete(&one.report(&tick()).await);
    check_report(&other.report(&pass_over(&["redshift"])).await, &["redshift"]);
    stage.fail_redshift();
    let event = tick();
    let (first, second) =
        tokio::join!(one.report_to(&event, REQUEST, MINUTE), other.report_to(&event, REQUEST, MINUTE));
    let published = counts(&first)[1] + counts(&second)[1];
    assert_eq!((published, failures(&stage)), (1, 1), "{first}\n{second}");
    // Whoever came second found the lease taken or nothing left to tell; either way nothing waits.
    assert_eq!(counts(&one.report(&tick()).await), [0, 0, 0]);
    assert_eq!(failures(&stage), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_named_twice_is_passed_over_once() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    check_complete(&function.report(&tick()).await);
    stage.fail_redshift();
    let report = function.report(&pass_over(&["redshift", "Redshift", "backup", "redshift"])).await;
    assert_eq!(failures(&stage), 1, "{report}");
    check_report(&report, &["redshift", "backup"]);
    assert_eq!(counts(&report), [1, 1, 0]);
}
