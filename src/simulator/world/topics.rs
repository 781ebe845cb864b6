//! SNS topics and who subscribes to them.

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topic {
    pub subscriptions: Vec<Subscription>,
    /// `MaximumMessageSize` in bytes, 1,024 to 1,048,576; `None` when nobody set it, which means 262,144.
    pub maximum_message_size: Option<usize>,
    /// What `MaximumMessageSize` limits in a batch: AWS's pages disagree, so both readings exist.
    pub limits: BatchLimit,
}

impl Topic {
    /// The most bytes of a message with its attributes.
    pub fn most_bytes(&self) -> usize {
        self.maximum_message_size.unwrap_or(DEFAULT_SIZE)
    }
}

/// The `MaximumMessageSize` of a topic that has none.
pub const DEFAULT_SIZE: usize = 262_144;

/// What a topic's `MaximumMessageSize` limits when it is given a batch.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum BatchLimit {
    /// All messages together, as the page of `PublishBatch` has it: a batch that is longer fails as a whole.
    #[default]
    Together,
    /// Each message, as the guide to large messages has it: those that are longer fail one by one.
    Each,
}

/// One subscriber of a topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    /// `SubscriptionArn`, also before it is confirmed.
    pub arn: String,
    /// `email`, `https`, `sqs`, and so on.
    pub protocol: String,
    /// An address, a URL or an ARN, as the protocol has it.
    pub endpoint: String,
    /// Whether the subscriber has confirmed; mail and web addresses have not.
    pub confirmed: bool,
}
