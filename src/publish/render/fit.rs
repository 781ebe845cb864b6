//! Cleans and shortens the texts of a notice.

use std::sync::Arc;

use crate::domain::notice::{Baseline, Event, FacetEvent, FailingFacet, Parts, ScopeEvent, UnreadPart};
use crate::domain::{Facet, Labels, Notice, Scope, ScopeError, Silence, Subject, shorten};

use super::text::clean;

/// The size limits for the texts of a notice.
#[derive(Clone, Copy, Debug)]
pub(in crate::publish) struct Room {
    /// In bytes, for the status message.
    message: usize,
    /// In bytes, for every other text: ids, names, keys and values of labels.
    text: usize,
    /// The number of labels.
    labels: usize,
}

/// From no limit to limits with which twenty notices always fit. [`render()`](fn@super::render) tries them in this
/// order.
pub(in crate::publish) const ROOMS: [Room; 7] = [
    Room::new(usize::MAX, usize::MAX, usize::MAX),
    Room::new(32_768, 4_096, 200),
    Room::new(8_192, 2_048, 100),
    Room::new(2_048, 1_024, 50),
    Room::new(1_024, 512, 30),
    Room::new(512, 256, 20),
    Room::new(128, 64, 10),
];

impl Room {
    const fn new(message: usize, text: usize, labels: usize) -> Self {
        Self { message, text, labels }
    }

    /// Divides the room among `count` texts.
    fn divided_by(self, count: usize) -> Self {
        let count = count.max(1);
        Self { message: self.message / count, text: self.text / count, ..self }
    }
}

/// The name of the label that counts the labels that were left out.
const LEFT_OUT: &str = "labels_left_out";

/// The notice with clean texts that fit the room. Shortened texts, and labels that were left out, are marked.
pub(in crate::publish) fn fit(notice: &Notice, room: Room) -> Notice {
    let short = |text: &str| room.text(text);
    let event = match &notice.event {
        Event::Facet(event) => Event::Facet(Box::new(FacetEvent {
            subject: Arc::new(Subject {
                id: short(&event.subject.id).into(),
                name: short(&event.subject.name),
                labels: labels(&event.subject.labels, room),
            }),
            facet: match &event.facet {
                Facet::Destination(arn) => Facet::Destination(short(arn)),
                Facet::Job(job) => Facet::Job(short(job)),
                facet => facet.clone(),
            },
            aws_status: event.aws_status.as_deref().map(short),
            message: event.message.as_deref().map(|message| room.message(message)),
            silence: event.silence.as_deref().map(|silence| {
                let (reason, by) = (short(&silence.reason), silence.by.as_deref().map(short));
                Box::new(Silence { reason, by, ..silence.clone() })
            }),
            ..(**event).clone()
        })),
        Event::Scope(event) => Event::Scope(scope_event(event, room)),
    };
    let scope = Scope {
        account: short(&notice.scope.account),
        region: short(&notice.scope.region),
        source: notice.scope.source,
    };
    let account_name = notice.account_name.as_deref().map(short);
    Notice { scope, account_name, event, note: notice.note.as_deref().map(short), ..notice.clone() }
}

impl Room {
    /// Shortens a name, an id, or the key or value of a label.
    pub(in crate::publish) fn text(self, text: &str) -> String {
        shorten(&clean(text), self.text)
    }

    /// Shortens a status message or the text of an error.
    fn message(self, text: &str) -> String {
        shorten(&clean(text), self.message)
    }
}

fn labels(labels: &Labels, room: Room) -> Labels {
    let mut kept: Labels =
        labels.iter().take(room.labels).map(|(name, value)| (room.text(name), room.text(value))).collect();
    if labels.len() > room.labels {
        kept.insert(LEFT_OUT.to_owned(), (labels.len() - room.labels).to_string());
    }
    kept
}

fn scope_event(event: &ScopeEvent, room: Room) -> ScopeEvent {
    let error = |error: &ScopeError| ScopeError {
        message: room.message(&error.message),
        action: error.action.as_deref().map(|action| room.text(action)),
        ..error.clone()
    };
    // Several errors share the room of one, so that a notice with many parts fits too.
    let fit_parts = |parts: &Parts| {
        let room = room.divided_by(parts.named.len());
        let named = parts.named.iter().map(|part| UnreadPart {
            part: room.text(&part.part),
            exclude: part.exclude.iter().map(|glob| room.text(glob)).collect(),
            error: ScopeError { message: room.message(&part.error.message), ..error(&part.error) },
            ..part.clone()
        });
        Parts { named: named.collect(), ..parts.clone() }
    };
    match event {
        ScopeEvent::Baseline(baseline) => {
            let room = room.divided_by(baseline.named.len());
            let named = baseline.named.iter().map(|facet| FailingFacet {
                facet: room.text(&facet.facet),
                subject: room.text(&facet.subject),
                message: facet.message.as_deref().map(|message| room.message(message)),
            });
            let unread = baseline.unread.as_ref().map(fit_parts);
            ScopeEvent::Baseline(Baseline { named: named.collect(), unread, ..baseline.clone() })
        }
        ScopeEvent::Unreachable { unread, error: said } => {
            ScopeEvent::Unreachable { unread: *unread, error: error(said) }
        }
        ScopeEvent::Reachable(unread) => ScopeEvent::Reachable(*unread),
        ScopeEvent::PartlyUnreachable { unread, parts } => {
            ScopeEvent::PartlyUnreachable { unread: *unread, parts: fit_parts(parts) }
        }
        ScopeEvent::PartsReachable { unread, parts } => {
            ScopeEvent::PartsReachable { unread: *unread, parts: parts.iter().map(|part| room.text(part)).collect() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Source;
    use crate::domain::notice::FacetChange;
    use crate::samples::{bare, labeled};

    #[test]
    fn labels_that_do_not_fit_are_counted() {
        for (count, left_out) in [(2, None), (3, None), (5, Some("2"))] {
            let labels: Vec<(String, &str)> = (0..count).map(|n| (format!("label {n}"), "value")).collect();
            let labels: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            let notice = labeled(bare(Source::Redshift, FacetChange::Canceled), &labels);
            let fitted = fit(&notice, Room::new(100, 100, 3));
            let labels = &fitted.facet_event().expect("a facet").subject.labels;
            assert_eq!(labels.get(LEFT_OUT).map(String::as_str), left_out, "{count}");
            assert_eq!(labels.len(), count.min(3) + usize::from(left_out.is_some()));
        }
    }
}
