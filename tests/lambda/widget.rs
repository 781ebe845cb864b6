//! The custom widget of a CloudWatch dashboard: the page as HTML, read from the table and from nothing else.

use serde_json::{Value, json};
use tidings::simulator::{Fault, FaultKind, Service};

use super::function::Function;
use super::stage::{Stage, WHY};
use super::{sample, tick};

/// What the function answers to the widget.
async fn html(function: &Function, event: &Value) -> String {
    let answer = function.report(event).await;
    answer.as_str().unwrap_or_else(|| panic!("not a text: {answer}")).to_owned()
}

fn widget(parameters: &Value) -> Value {
    let mut event = sample("widget.json");
    event.as_object_mut().expect("fields").extend(parameters.as_object().expect("fields").clone());
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn it_shows_what_is_failing_and_only_reads_the_table() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    assert!(html(&function, &sample("widget.json")).await.contains("Nothing is watched yet"));
    function.report(&tick()).await;
    stage.fail_redshift();
    function.report(&tick()).await;
    let items = stage.items().await;
    stage.simulator.clear_calls();

    let shown = html(&function, &sample("widget.json")).await;
    let what = "table restore of dev.sales.orders on cluster analytics";
    for part in
        ["<b class=\"bad\">2 failing</b>", what, WHY, "tidings silence ", "What was told", "AWS Backup restore jobs"]
    {
        assert!(shown.contains(part), "{part:?} is missing: {shown}");
    }
    assert!(!shown.contains("<html") && !shown.contains("light-dark("), "{shown}");
    let operations: Vec<String> = stage.simulator.calls().into_iter().map(|call| call.operation).collect();
    assert_eq!(operations, ["Scan", "Query"]);
    assert_eq!(stage.items().await, items);
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_choose_and_the_theme_colours() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    function.report(&tick()).await;
    let of_backup = html(&function, &widget(&json!({"source": "backup", "rows": 1}))).await;
    assert!(of_backup.contains("Only backup.") && !of_backup.contains("Redshift"), "{of_backup}");
    for (theme, text) in [("light", "--text: #1b2027"), ("dark", "--text: #e4e8ed")] {
        let mut event = sample("widget.json");
        event["widgetContext"]["theme"] = json!(theme);
        let shown = html(&function, &event).await;
        assert!(shown.contains(text), "{theme}: {shown}");
    }
}

/// Whoever edits a dashboard chooses its parameters, and whoever looks at it calls the function.
#[tokio::test(flavor = "multi_thread")]
async fn no_parameter_makes_it_do_anything_else() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    function.report(&tick()).await;
    stage.simulator.clear_calls();
    for parameters in [
        json!({"command": "pass"}),
        json!({"command": "silence", "notice_id": "x", "for": "1h", "reason": "x"}),
        json!({"Records": [{"eventSource": "aws:sqs", "messageId": "1", "body": "{}"}]}),
        json!({"rows": 0}),
        json!({"source": "rds"}),
    ] {
        let shown = html(&function, &widget(&parameters)).await;
        assert!(shown.contains("The parameters of the widget are wrong"), "{shown}");
    }
    assert_eq!(stage.simulator.calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_cannot_be_read_is_a_sentence_and_no_error() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    for (operation, action) in [("Scan", "dynamodb:Scan"), ("Query", "dynamodb:Query")] {
        stage.simulator.inject(Fault::new(FaultKind::AccessDenied).service(Service::DynamoDb).operation(operation));
        let shown = html(&function, &sample("widget.json")).await;
        let sentence = format!(
            "The state table tidings-state cannot be read: allow {action} on it for the role of this function."
        );
        assert!(shown.contains(&sentence), "{shown}");
        stage.simulator.clear_faults();
    }
    stage.simulator.inject(
        Fault::new(FaultKind::Error {
            status: 400,
            code: "ResourceNotFoundException".to_owned(),
            message: "no <b>table</b>".to_owned(),
        })
        .service(Service::DynamoDb),
    );
    let shown = html(&function, &sample("widget.json")).await;
    assert!(shown.contains("The state cannot be read: ") && shown.contains("no &#60;b&#62;table"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_describes_itself() {
    let stage = Stage::set();
    let function = Function::start(&stage).await;
    let answer = function.report(&sample("widget-describe.json")).await;
    let markdown = answer.as_str().expect("Markdown");
    for part in ["### Widget parameters", "**source**", "**rows**", "``` yaml"] {
        assert!(markdown.contains(part), "{part:?} is missing: {markdown}");
    }
}
