//! Making notices fit: clean text, and as much of it as there is room for.

use crate::domain::{Labels, Notice, shorten};

use super::text::clean;

/// How much of a notice may be kept, in bytes. AWS's explanation goes last and is cut first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// For the message.
    message: usize,
    /// For any other text: ids, names, keys and values of labels.
    text: usize,
    /// How many labels.
    labels: usize,
}

/// From all there is to what always fits: the rooms that [`render()`](fn@super::render) tries in turn.
pub(super) const ROOMS: [Room; 7] = [
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
}

/// The label that says how many labels were left out.
const LEFT_OUT: &str = "labels_left_out";

/// The notice in that room: cleaned, shortened with a mark, and saying how many labels it had to leave out.
pub(super) fn fit(notice: &Notice, room: Room) -> Notice {
    let short = |text: &str| shorten(&clean(text), room.text);
    let mut labels: Labels =
        notice.labels.iter().take(room.labels).map(|(name, value)| (short(name), short(value))).collect();
    if notice.labels.len() > room.labels {
        let left_out = notice.labels.len() - room.labels;
        labels.insert(LEFT_OUT.to_owned(), left_out.to_string());
    }
    let mut scope = notice.scope.clone();
    scope.account = short(&scope.account);
    scope.region = short(&scope.region);
    Notice {
        scope,
        subject: short(&notice.subject),
        facet: short(&notice.facet),
        title: short(&notice.title),
        from: notice.from.as_deref().map(short),
        to: short(&notice.to),
        aws_status: notice.aws_status.as_deref().map(short),
        message: notice.message.as_deref().map(|message| shorten(&clean(message), room.message)),
        labels,
        ..notice.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Reason, Source};
    use crate::publish::samples::bare;

    #[test]
    fn labels_that_do_not_fit_are_counted_and_nothing_is_said_of_none() {
        for (count, left_out) in [(2, None), (3, None), (5, Some("2"))] {
            let mut notice = bare(Source::Redshift, Reason::Failed);
            notice.labels = (0..count).map(|n| (format!("label {n}"), "value".to_owned())).collect();
            let fitted = fit(&notice, Room::new(100, 100, 3));
            assert_eq!(fitted.labels.get(LEFT_OUT).map(String::as_str), left_out, "{count}");
            assert_eq!(fitted.labels.len(), count.min(3) + usize::from(left_out.is_some()));
        }
    }
}
