//! The id of a notice: a UUID made of its content, so that every attempt at the same notice gives the same id.

use uuid::Uuid;

/// A UUID, version 5.
pub type NoticeId = Uuid;

/// The UUID namespace of notice ids, made for this project. It must never change: readers compare ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x7d1a_c1f0_52b4_4f0e_9a55_3c0f_6e74_6964);

/// The id of the notice with this content. No part contains the separator, U+001F.
pub(in crate::domain) fn notice_id(parts: &[&str]) -> NoticeId {
    Uuid::new_v5(&NAMESPACE, parts.join("\u{1f}").as_bytes())
}
