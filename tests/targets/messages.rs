//! What people get of many targets.

use serde_json::Value;

use crate::stage::{Queues, REGION, Stage, account};
use crate::support::messages::event;

const TWO: [&str; 2] = [REGION, "us-east-1"];

#[tokio::test(start_paused = true)]
async fn the_baselines_of_many_accounts_are_a_few_messages() {
    for queues in [Queues::None, Queues::Both] {
        let settings = Stage::organization(&TWO).replace("[\"backup\"]", "[\"backup\", \"redshift\"]");
        let mut stage = Stage::of(45, &settings, queues);
        if queues == Queues::Both {
            stage.round().await;
        } else {
            stage.pass().await;
        }
        let messages = stage.messages();
        assert!((1..=8).contains(&messages.len()), "{queues:?}: {} messages", messages.len());
        let notices: usize = messages.iter().map(|message| crate::support::messages::notices(message).len()).sum();
        assert_eq!(notices, 46 * 2 * 2, "{queues:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_notice_names_the_account() {
    let mut stage = Stage::of(1, &Stage::organization(&[REGION]), Queues::None);
    stage.restore(1, "a", "RUNNING");
    stage.pass().await;
    stage.messages();
    stage.restore(1, "a", "FAILED");
    stage.wait(5).await;
    stage.pass().await;
    let messages = stage.messages();
    let [message] = messages.as_slice() else { panic!("one message, not {}", messages.len()) };
    let letter = message.copy("email");
    assert!(letter.contains(&format!("Where: team-1 ({}), {REGION}", account(1))), "{letter}");
    assert!(
        message.subject.as_deref().is_some_and(|subject| subject.ends_with("(team-1, eu-central-1)")),
        "{message:?}"
    );
    assert_eq!(message.attributes["account"].value, format!("[\"{}\"]", account(1)));
    assert_eq!(message.attributes["region"].value, format!("[\"{REGION}\"]"));
}

#[tokio::test(start_paused = true)]
async fn group_by_keeps_accounts_apart() {
    for (group_by, expected) in [("[]", 1), ("[\"account\"]", 3), ("[\"account\", \"region\"]", 6)] {
        let settings = format!("digest_above = 1\n{}group_by = {group_by}", Stage::organization(&TWO));
        let mut stage = Stage::of(3, &settings, Queues::Both);
        for number in 1..=3 {
            stage.restore(number, "a", "RUNNING");
            stage.restore(number, "b", "RUNNING");
        }
        stage.round().await;
        stage.messages();
        for number in 1..=3 {
            stage.restore(number, "a", "FAILED");
            stage.restore(number, "b", "FAILED");
        }
        stage.round().await;
        let messages = stage.messages();
        assert_eq!(messages.len(), expected, "{group_by}");
        let title = event(&messages[0])["data"]["summary"]["title"].clone();
        let expected = if expected == 1 { "FAILED 12: AWS Backup restore jobs in 3 accounts" } else { "FAILED" };
        assert!(title.as_str().is_some_and(|title| title.starts_with(expected)), "{title}");
        assert_ne!(title, Value::Null);
    }
}
