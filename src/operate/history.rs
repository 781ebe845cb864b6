//! What people were told, out of the histories of all items.

use jiff::Timestamp;

use crate::domain::{Notice, NoticeId, ToldNotice, Tracked};
use crate::store::Loaded;

/// A notice that people were told.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub notice: &'a Notice,
    pub told_at: Timestamp,
}

/// What people were told at `since` or later, the oldest first.
pub fn history<'a>(scopes: impl IntoIterator<Item = &'a Loaded>, since: Timestamp) -> Vec<Entry<'a>> {
    let told = scopes.into_iter().flat_map(|scope| {
        let records = scope.known.records.values().flat_map(|tracked| &tracked.history);
        records.chain(&scope.known.checkpoint.history)
    });
    let told = told.filter(|told| told.told_at >= since);
    let mut entries: Vec<Entry<'a>> =
        told.map(|ToldNotice { notice, told_at }| Entry { notice, told_at: *told_at }).collect();
    // Notices of one pass are in the order in which they happened.
    entries.sort_by_key(|entry| (entry.told_at, entry.notice.changed_at(), entry.notice.id));
    entries
}

/// The notice with this id: one that waits, or one that is remembered.
pub fn find_notice(scopes: &[Loaded], id: NoticeId) -> Option<&Notice> {
    let known = scopes.iter().map(|loaded| &loaded.known);
    let mut all = known.flat_map(|known| known.records.values().flat_map(notices).chain(notices(&known.checkpoint)));
    all.find(|notice| notice.id == id)
}

fn notices<T>(tracked: &Tracked<T>) -> impl Iterator<Item = &Notice> {
    tracked.history.iter().map(|told| &told.notice).chain(tracked.outbox.notices.values())
}
