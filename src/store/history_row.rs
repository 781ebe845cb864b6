//! Notices that people were told, as they are stored in the history of an item.
//!
//! A row is that of the outbox without what the item says anyway, and with short texts, because the history makes every
//! write of the item larger.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::notice_row::{self, NoticeRow};
use crate::domain::notice::Event;
use crate::domain::{Notice, Scope, Subject, ToldNotice};

/// The attribute with the history: a list, the oldest notice first.
pub(super) const HISTORY: &str = "history";

/// The values to append to the history.
pub(super) fn to_values<'n>(notices: impl IntoIterator<Item = &'n Notice>, told_at: Timestamp) -> AttributeValue {
    let row = |notice| notice_row::to_told_row(notice, told_at);
    // This cannot fail, for the same reason as an item.
    let values = notices.into_iter().filter_map(|notice| serde_dynamo::to_attribute_value(row(notice)).ok());
    AttributeValue::L(values.collect())
}

/// The notice, unless only a later version knows its reason or it has no time. `subject` is that of the item.
pub(super) fn from_row(scope: &Scope, subject: Option<&Arc<Subject>>, row: NoticeRow) -> Option<ToldNotice> {
    let told_at = row.told_at?;
    let mut notice = notice_row::from_row(scope, "", row)?;
    if let (Event::Facet(event), Some(subject)) = (&mut notice.event, subject) {
        event.subject = Arc::clone(subject);
    }
    Some(ToldNotice { notice, told_at })
}
