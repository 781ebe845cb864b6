//! `Publish` and `PublishBatch`.

use std::collections::BTreeSet;

use super::draft::Draft;
use super::{Post, Refusal, invalid, no_such_topic, xml_answer};
use crate::simulator::inbox::Publication;
use crate::simulator::wire::Ask;
use crate::simulator::world::{BatchLimit, DEFAULT_SIZE, World};

const MOST_ENTRIES: usize = 10;

pub(super) fn one(ask: &Ask, world: &World, post: &mut Post) -> Result<String, Refusal> {
    let topic_arn = ask
        .field("TopicArn")
        .or_else(|| ask.field("TargetArn"))
        .ok_or_else(|| invalid("TopicArn or TargetArn Reason: no value for required parameter"))?;
    let topic = world.topics.get(topic_arn).ok_or_else(no_such_topic)?;
    let draft = Draft::read(ask, "");
    draft.check(topic.most_bytes())?;
    let message_id = accept(draft, topic_arn, post);
    Ok(xml_answer(ask, |xml| xml.text("MessageId", &message_id)))
}

pub(super) fn batch(ask: &Ask, world: &World, post: &mut Post) -> Result<String, Refusal> {
    let topic_arn = ask.field("TopicArn").ok_or_else(|| invalid("TopicArn"))?;
    let topic = world.topics.get(topic_arn).ok_or_else(no_such_topic)?;
    let entries = entries(ask);
    let together = match topic.limits {
        BatchLimit::Together => topic.most_bytes(),
        BatchLimit::Each => topic.most_bytes().max(DEFAULT_SIZE),
    };
    check_whole(&entries, together)?;

    let mut accepted = Vec::new();
    let mut failed = Vec::new();
    for (id, draft) in entries {
        let hit = |word: &String| id.contains(word) || draft.message.contains(word.as_str());
        let outcome = if post.rejected.iter().any(hit) {
            Err(Refusal::new(500, "InternalError", "The entry could not be published."))
        } else {
            draft.check(topic.most_bytes())
        };
        match outcome {
            Ok(()) => accepted.push((id, accept(draft, topic_arn, post))),
            Err(refusal) => failed.push((id, refusal)),
        }
    }
    Ok(xml_answer(ask, |xml| {
        xml.element("Successful", |xml| {
            for (id, message_id) in &accepted {
                xml.element("member", |xml| {
                    xml.text("MessageId", message_id);
                    xml.text("Id", id);
                });
            }
        });
        xml.element("Failed", |xml| {
            for (id, refusal) in &failed {
                xml.element("member", |xml| {
                    xml.text("Id", id);
                    xml.text("Code", &refusal.code);
                    xml.text("Message", &refusal.message);
                    xml.text("SenderFault", &(refusal.status < 500).to_string());
                });
            }
        });
    }))
}

/// The entries, as far as they are numbered without a gap from one.
fn entries(ask: &Ask) -> Vec<(String, Draft)> {
    let numbers: BTreeSet<usize> = ask
        .fields_under("PublishBatchRequestEntries.member.")
        .filter_map(|(name, _)| name.split('.').next()?.parse().ok())
        .collect();
    numbers
        .into_iter()
        .map(|number| {
            let prefix = format!("PublishBatchRequestEntries.member.{number}.");
            let id = ask.raw_field(&format!("{prefix}Id")).unwrap_or_default();
            (id.to_owned(), Draft::read(ask, &prefix))
        })
        .collect()
}

/// The checks that a batch fails as a whole.
fn check_whole(entries: &[(String, Draft)], most_bytes: usize) -> Result<(), Refusal> {
    let refuse = |code: &str, message: &str| Err(Refusal::new(400, code, message));
    if entries.is_empty() {
        return refuse("EmptyBatchRequest", "The batch request doesn't contain any entries.");
    }
    if entries.len() > MOST_ENTRIES {
        let message = "The batch request contains more entries than permissible (more than 10).";
        return refuse("TooManyEntriesInBatchRequest", message);
    }
    let good_id = |id: &str| {
        (1..=80).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    if !entries.iter().all(|(id, _)| good_id(id)) {
        let message = "The Id of a batch entry in a batch request doesn't abide by the specification.";
        return refuse("InvalidBatchEntryId", message);
    }
    let distinct: BTreeSet<&str> = entries.iter().map(|(id, _)| id.as_str()).collect();
    if distinct.len() < entries.len() {
        let message = "Two or more batch entries in the request have the same Id.";
        return refuse("BatchEntryIdsNotDistinct", message);
    }
    if entries.iter().map(|(_, draft)| draft.bytes()).sum::<usize>() > most_bytes {
        let message = "The length of all the batch messages put together is more than the limit.";
        return refuse("BatchRequestTooLong", message);
    }
    Ok(())
}

/// Puts a checked message into the inbox; returns its id.
fn accept(draft: Draft, topic_arn: &str, post: &mut Post) -> String {
    let message_id = post.inbox.next_message_id();
    post.inbox.accept(Publication {
        at: post.now,
        message_id: message_id.clone(),
        topic_arn: topic_arn.to_owned(),
        subject: draft.subject,
        message: draft.message,
        structured: draft.structure.is_some(),
        attributes: draft.attributes.into_iter().collect(),
    });
    message_id
}
