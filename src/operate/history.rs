//! What people were told, out of the histories of all items.

use jiff::Timestamp;

use crate::domain::{Notice, NoticeId, ToldNotice, Tracked};
use crate::store::Loaded;

/// What people were told at `since` or later, the oldest first.
pub fn history<'a>(scopes: impl IntoIterator<Item = &'a Loaded>, since: Timestamp) -> Vec<ToldNotice> {
    let told = scopes.into_iter().flat_map(|scope| {
        let records = scope.known.records.iter().flat_map(|tracked| tracked.history);
        records.chain(scope.known.checkpoint.history.iter().cloned())
    });
    let mut entries: Vec<ToldNotice> = told.filter(|told| told.told_at >= since).collect();
    // Notices of one pass are in the order in which they happened.
    entries.sort_unstable_by_key(|entry| (entry.told_at, entry.notice.changed_at(), entry.notice.id));
    entries
}

/// The notice with this id: one that waits, or one that is remembered.
pub fn find_notice(scopes: &[Loaded], id: NoticeId) -> Option<Notice> {
    let known = scopes.iter().map(|loaded| &loaded.known);
    let mut all =
        known.flat_map(|known| known.records.iter().flat_map(notices).chain(notices(known.checkpoint.clone())));
    all.find(|notice| notice.id == id)
}

fn notices<T>(tracked: Tracked<T>) -> impl Iterator<Item = Notice> {
    tracked.history.into_iter().map(|told| told.notice).chain(tracked.outbox.notices.into_values())
}
