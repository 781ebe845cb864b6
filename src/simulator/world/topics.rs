//! SNS topics and who subscribes to them.

/// A topic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topic {
    /// Its subscriptions, oldest first.
    pub subscriptions: Vec<Subscription>,
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
