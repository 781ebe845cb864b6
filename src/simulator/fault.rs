//! Faults: calls that fail on purpose.

use serde::{Deserialize, Serialize};

use super::wire::{Answer, Ask, Protocol, Refusal, Service};

/// Something that goes wrong with the calls it matches.
///
/// Of several faults that match a call, the one injected first takes it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only calls to this service.
    #[serde(default)]
    pub service: Option<Service>,
    /// Only calls signed for this region.
    #[serde(default)]
    pub region: Option<String>,
    /// Only calls with the credentials of this account.
    #[serde(default)]
    pub account: Option<String>,
    /// Only calls of this operation, such as `ListRestoreJobs`.
    #[serde(default)]
    pub operation: Option<String>,
    /// Only calls whose decoded request contains this: an id, an ARN, a word.
    #[serde(default)]
    pub matching: Option<String>,
    /// How many calls it hits before it is spent; `None`: until cleared.
    #[serde(default)]
    pub times: Option<u32>,
    /// How many matching calls it lets pass first.
    #[serde(default)]
    pub skip: u32,
    /// The error code to use in the place of the service's usual one, for
    /// throttling, server errors and denied access.
    #[serde(default)]
    pub code: Option<String>,
    pub kind: FaultKind,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum FaultKind {
    /// Too many requests, in the service's own words.
    Throttle,
    /// HTTP 500 with the service's own code.
    ServerError,
    /// HTTP 503 with the service's own code.
    Unavailable,
    /// Denied by IAM, with the message that names the caller, the action and the resource.
    AccessDenied,
    /// Any other error of the service.
    Error { status: u16, code: String, message: String },
    /// HTTP 200 with a body that is not what the protocol expects.
    Malformed,
    /// The true answer, of which only the first half arrives. The call takes effect.
    Truncated,
    /// HTTP 502 with a page of HTML, as from a proxy.
    Html,
    /// No answer, ever. The call takes no effect.
    Hang,
    /// The connection breaks before the call takes effect.
    ConnectionReset,
    /// The service's host name does not exist, as in a region that does not have the service. Over a socket the
    /// connection breaks.
    NoSuchHost,
    /// The call takes effect; then the connection breaks.
    LostAnswer,
    /// `PublishBatch` accepts every entry but those whose id or message contains
    /// `matching`: they fail with `InternalError` under HTTP 200.
    RejectEntry {
        /// What the id or the message of the entry contains.
        matching: String,
    },
}

impl Fault {
    /// A fault that hits every call until it is cleared.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            service: None,
            region: None,
            account: None,
            operation: None,
            matching: None,
            times: None,
            skip: 0,
            code: None,
            kind,
        }
    }

    #[must_use]
    pub fn service(mut self, service: Service) -> Self {
        self.service = Some(service);
        self
    }

    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    #[must_use]
    pub fn operation(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// Only calls whose decoded request contains `text`.
    #[must_use]
    pub fn matching(mut self, text: impl Into<String>) -> Self {
        self.matching = Some(text.into());
        self
    }

    /// Only the first `times` calls that it would hit.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Only after `skip` matching calls.
    #[must_use]
    pub fn skip(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// With `code` in the place of the service's usual error code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    fn matches(&self, ask: &Ask) -> bool {
        let named = match &self.kind {
            FaultKind::RejectEntry { matching } => {
                ask.operation == "PublishBatch" && ask.parameters.contains(matching.as_str())
            }
            _ => true,
        };
        let contains = |text: &String| ask.parameters.contains(text.as_str());
        named
            && self.service.is_none_or(|service| service == ask.service)
            && self.region.as_ref().is_none_or(|region| *region == ask.region)
            && self.account.as_ref().is_none_or(|account| *account == ask.account)
            && self.operation.as_ref().is_none_or(|operation| *operation == ask.operation)
            && self.matching.as_ref().is_none_or(contains)
    }

    /// Whether it hits a call that it matches; counts the call.
    fn triggers(&mut self) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        match &mut self.times {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }

    /// The answer in the place of the service's; `None` if the service answers, or nothing does.
    pub(super) fn answer(&self, ask: &Ask) -> Option<Answer> {
        let refusal = match &self.kind {
            FaultKind::Throttle => Refusal::throttled(ask),
            FaultKind::ServerError => Refusal::server_error(ask, 500),
            FaultKind::Unavailable => Refusal::server_error(ask, 503),
            FaultKind::AccessDenied => Refusal::access_denied(ask),
            FaultKind::Error { status, code, message } => Refusal::new(*status, code, message),
            FaultKind::Malformed => {
                let (content_type, body) = match ask.service.protocol() {
                    Protocol::Query { .. } => ("text/xml", "{\"answer\": \"not the expected one\"}"),
                    Protocol::Json { content_type } => (content_type, "<answer>no JSON</answer>"),
                    Protocol::Rest { .. } => ("application/json", "<answer>no JSON</answer>"),
                };
                return Some(Answer {
                    status: 200,
                    content_type,
                    error_type: None,
                    query_error: None,
                    body: body.into(),
                });
            }
            FaultKind::Html => {
                return Some(Answer {
                    status: 502,
                    content_type: "text/html",
                    error_type: None,
                    query_error: None,
                    body: b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\
                        <body><h1>502 Bad Gateway</h1></body></html>\n"
                        .to_vec(),
                });
            }
            FaultKind::Truncated
            | FaultKind::Hang
            | FaultKind::ConnectionReset
            | FaultKind::NoSuchHost
            | FaultKind::LostAnswer
            | FaultKind::RejectEntry { .. } => return None,
        };
        let refusal = match &self.code {
            Some(code) => Refusal { code: code.clone(), ..refusal },
            None => refusal,
        };
        Some(refusal.on_the_wire(ask))
    }
}

/// What goes wrong with one call.
#[derive(Debug, Default)]
pub(super) struct Triggered {
    /// The fault that takes the whole call.
    pub fault: Option<Fault>,
    /// What marks the batch entries that fail.
    pub rejected: Vec<String>,
}

/// Finds what goes wrong with `ask` and removes the faults that are spent.
pub(super) fn trigger(faults: &mut Vec<Fault>, ask: &Ask) -> Triggered {
    let mut triggered = Triggered::default();
    for fault in faults.iter_mut().filter(|fault| fault.matches(ask)) {
        if let FaultKind::RejectEntry { matching } = &fault.kind {
            let matching = matching.clone();
            if fault.triggers() {
                triggered.rejected.push(matching);
            }
        } else if triggered.fault.is_none() && fault.triggers() {
            triggered.fault = Some(fault.clone());
        }
    }
    faults.retain(|fault| fault.times != Some(0));
    triggered
}
