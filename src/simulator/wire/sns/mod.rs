//! Amazon SNS: `CreateTopic`, `SetTopicAttributes`, `Subscribe`,
//! `ListSubscriptionsByTopic`, `Publish` and `PublishBatch`.
//!
//! Query requests, XML answers. What SNS would refuse is refused; what it would
//! accept lands in the inbox. Nothing is ever delivered.

mod draft;
mod publish;

use jiff::Timestamp;
use uuid::Uuid;

use super::page::page;
use super::xml::Xml;
use super::{Ask, Protocol, Refusal};
use crate::simulator::inbox::Inbox;
use crate::simulator::world::{Subscription, Topic, World};

const PAGE: usize = 100;
const PROTOCOLS: [&str; 9] =
    ["http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose"];

/// Where publications go, and which entries of a batch are to fail.
pub(in crate::simulator) struct Post<'a> {
    pub now: Timestamp,
    /// A batch entry whose message or id contains one of these fails.
    pub rejected: &'a [String],
    pub inbox: &'a mut Inbox,
}

pub(super) fn answer(ask: &Ask, world: &mut World, post: &mut Post) -> Result<String, Refusal> {
    match ask.operation.as_str() {
        "CreateTopic" => create_topic(ask, world),
        "SetTopicAttributes" => set_topic_attributes(ask, world),
        "Subscribe" => subscribe(ask, world),
        "ListSubscriptionsByTopic" => list_subscriptions(ask, world),
        "Publish" => publish::one(ask, world, post),
        "PublishBatch" => publish::batch(ask, world, post),
        _ => Err(Refusal::unknown_operation(ask)),
    }
}

fn create_topic(ask: &Ask, world: &mut World) -> Result<String, Refusal> {
    let name = ask.field("Name").unwrap_or_default();
    let letters = name.strip_suffix(".fifo").unwrap_or(name);
    let good = letters.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if letters.is_empty() || name.len() > 256 || !good {
        return Err(invalid("Topic Name"));
    }
    let arn = world.create_topic(&ask.region, name);
    Ok(xml_answer(ask, |xml| xml.text("TopicArn", &arn)))
}

/// Knows `MaximumMessageSize` only.
fn set_topic_attributes(ask: &Ask, world: &mut World) -> Result<String, Refusal> {
    let topic_arn = ask.field("TopicArn").ok_or_else(|| invalid("TopicArn"))?;
    let topic = world.topics.get_mut(topic_arn).ok_or_else(no_such_topic)?;
    if ask.field("AttributeName") != Some("MaximumMessageSize") {
        return Err(invalid("AttributeName"));
    }
    let size = ask
        .field("AttributeValue")
        .and_then(|value| value.parse().ok())
        .filter(|size| (1_024..=1_048_576).contains(size))
        .ok_or_else(|| invalid("MaximumMessageSize"))?;
    topic.maximum_message_size = Some(size);
    Ok(xml_answer(ask, |_| {}))
}

fn subscribe(ask: &Ask, world: &mut World) -> Result<String, Refusal> {
    let topic_arn = ask.field("TopicArn").ok_or_else(|| invalid("TopicArn"))?;
    let protocol = ask
        .field("Protocol")
        .filter(|protocol| PROTOCOLS.contains(protocol))
        .ok_or_else(|| invalid("Does not support this protocol"))?;
    let endpoint = ask.field("Endpoint").ok_or_else(|| invalid("Endpoint"))?;
    let topic = world.topics.get_mut(topic_arn).ok_or_else(no_such_topic)?;

    let new = subscription(topic_arn, protocol, endpoint);
    let known = topic.subscriptions.iter().find(|known| known.arn == new.arn).cloned();
    let subscription = known.unwrap_or_else(|| {
        topic.subscriptions.push(new.clone());
        new
    });
    let arn = if subscription.confirmed || ask.field("ReturnSubscriptionArn") == Some("true") {
        subscription.arn.as_str()
    } else {
        "pending confirmation"
    };
    Ok(xml_answer(ask, |xml| xml.text("SubscriptionArn", arn)))
}

/// A subscription as it begins: its ARN follows from what is subscribed to what,
/// and mail and web addresses have yet to confirm it.
fn subscription(topic_arn: &str, protocol: &str, endpoint: &str) -> Subscription {
    let name = format!("{topic_arn} {protocol} {endpoint}");
    let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes());
    Subscription {
        arn: format!("{topic_arn}:{id}"),
        protocol: protocol.to_owned(),
        endpoint: endpoint.to_owned(),
        confirmed: !["email", "email-json", "http", "https"].contains(&protocol),
    }
}

fn list_subscriptions(ask: &Ask, world: &World) -> Result<String, Refusal> {
    let topic_arn = ask.field("TopicArn").ok_or_else(|| invalid("TopicArn"))?;
    let topic: &Topic = world.topics.get(topic_arn).ok_or_else(no_such_topic)?;
    let listed: Vec<(String, &Subscription)> = topic
        .subscriptions
        .iter()
        .enumerate()
        .map(|(place, subscription)| (format!("{place:08}"), subscription))
        .collect();
    let size = world.page_size(PAGE);
    let page =
        page(listed, "ListSubscriptionsByTopic", ask.field("NextToken"), size).map_err(|_| invalid("NextToken"))?;
    Ok(xml_answer(ask, |xml| {
        xml.element("Subscriptions", |xml| {
            for subscription in &page.items {
                xml.element("member", |xml| {
                    let arn = if subscription.confirmed { subscription.arn.as_str() } else { "PendingConfirmation" };
                    xml.text("SubscriptionArn", arn);
                    xml.text("Owner", &world.account);
                    xml.text("Protocol", &subscription.protocol);
                    xml.text("Endpoint", &subscription.endpoint);
                    xml.text("TopicArn", topic_arn);
                });
            }
        });
        xml.optional("NextToken", page.next.as_ref());
    }))
}

fn xml_answer(ask: &Ask, content: impl FnOnce(&mut Xml)) -> String {
    let namespace = match ask.service.protocol() {
        Protocol::Query { namespace } => namespace,
        Protocol::Json { .. } | Protocol::Rest { .. } => "",
    };
    Xml::answer(ask, namespace, content)
}

fn invalid(what: &str) -> Refusal {
    Refusal::new(400, "InvalidParameter", format!("Invalid parameter: {what}"))
}

fn no_such_topic() -> Refusal {
    Refusal::new(404, "NotFound", "Topic does not exist")
}
