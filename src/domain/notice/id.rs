//! The id of a notice, and that of the trouble it is about. Both are UUIDs made of the content, so that every attempt at
//! the same notice gives the same ids.

use uuid::Uuid;

/// A UUID, version 5.
pub type NoticeId = Uuid;

/// The UUID namespace of notice ids, made for this project. It must never change: readers compare ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x7d1a_c1f0_52b4_4f0e_9a55_3c0f_6e74_6964);

/// The UUID namespace of incident keys, made for this project. It must never change, either.
const INCIDENTS: Uuid = Uuid::from_u128(0x0b54_9f6e_83c2_4a17_a6d0_57e1_9c3d_2f48);

/// The id of the trouble of one facet: the same from its start to its end.
pub(super) fn incident_key(scope: &str, subject: &str, facet: &str) -> Uuid {
    Uuid::new_v5(&INCIDENTS, [scope, subject, facet].join("\u{1f}").as_bytes())
}

/// The id of the notice with this content. No part contains the separator, U+001F.
pub(in crate::domain) fn notice_id(parts: &[&str]) -> NoticeId {
    Uuid::new_v5(&NAMESPACE, parts.join("\u{1f}").as_bytes())
}
