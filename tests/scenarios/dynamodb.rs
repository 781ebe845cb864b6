//! Exports and imports of DynamoDB tables: what is told besides what holds for every kind of job.

use tidings::domain::Source;
use tidings::simulator::{TableExport, TableImport};

use crate::stage::Stage;

fn id(stage: &Stage) -> String {
    format!("{:014}-2d8752fd", stage.now().as_millisecond())
}

#[tokio::test(start_paused = true)]
async fn a_failed_export_tells_the_table_the_bucket_and_the_code() {
    let mut stage = Stage::of(&[Source::DynamoDbExports]);
    stage.baseline().await;
    stage.sim.world().put_export(TableExport {
        status: Some("FAILED".to_owned()),
        start: Some(stage.now()),
        bucket: Some("analytics".to_owned()),
        prefix: Some("daily".to_owned()),
        failure_code: Some("S3NoSuchBucket".to_owned()),
        message: Some("The bucket does not exist.".to_owned()),
        table: "orders".to_owned(),
        ..TableExport::new(id(&stage))
    });
    stage.wait(5);
    stage.pass().await;
    let told = stage.notices();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["message"], "The bucket does not exist. (S3NoSuchBucket)");
    let attributes = &told[0]["attributes"];
    assert_eq!(
        [&attributes["table"], &attributes["s3_bucket"], &attributes["s3_prefix"]],
        ["orders", "analytics", "daily"]
    );
    assert!(told[0]["title"].as_str().is_some_and(|title| title == "Failed: export of table orders (2d8752fd)"));
}

#[tokio::test(start_paused = true)]
async fn an_import_with_errors_is_a_warning_even_if_aws_gives_no_message() {
    for (errors, severity) in [(0, "info"), (12, "warning")] {
        let mut stage = Stage::of(&[Source::DynamoDbImports]);
        stage.baseline().await;
        stage.sim.world().put_import(TableImport {
            status: Some("COMPLETED".to_owned()),
            start: Some(stage.now()),
            end: Some(stage.now()),
            errors: Some(errors),
            imported_items: Some(1_000),
            table: "orders".to_owned(),
            ..TableImport::new(id(&stage))
        });
        stage.wait(5);
        stage.pass().await;
        let told = stage.notices();
        assert_eq!(told.len(), 1);
        assert_eq!((&told[0]["reason"], &told[0]["severity"]), (&"completed".into(), &severity.into()));
        assert_eq!(told[0]["message"].as_str(), (errors > 0).then_some("ErrorCount: 12"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_import_that_is_being_cancelled_has_not_ended() {
    let mut stage = Stage::of(&[Source::DynamoDbImports]);
    stage.baseline().await;
    let id = id(&stage);
    let status = |word: &str| Some(word.to_owned());
    let import = TableImport {
        status: status("IN_PROGRESS"),
        start: Some(stage.now()),
        table: "orders".to_owned(),
        ..TableImport::new(&*id)
    };
    stage.sim.world().put_import(import);
    assert!(stage.tick().await.is_empty());
    for (word, told) in
        [("CANCELLING", vec![]), ("CANCELLED", vec![format!("canceled import {id}: running -> canceled")])]
    {
        stage.sim.world().imports.get_mut(&id).expect("an import").status = status(word);
        assert_eq!(stage.tick().await, told);
    }
}

#[tokio::test(start_paused = true)]
async fn an_import_that_moves_does_not_stall() {
    let mut stage = Stage::of(&[Source::DynamoDbImports]);
    stage.baseline().await;
    let id = id(&stage);
    let import = TableImport {
        status: Some("IN_PROGRESS".to_owned()),
        start: Some(stage.now()),
        processed_bytes: Some(0),
        table: "orders".to_owned(),
        ..TableImport::new(&*id)
    };
    stage.sim.world().put_import(import);
    for step in 1..6 {
        assert!(stage.tick().await.is_empty());
        stage.wait(10 * 60);
        stage.sim.world().imports.get_mut(&id).expect("an import").processed_bytes = Some(step << 30);
    }
    assert!(stage.tick().await.is_empty());
}
