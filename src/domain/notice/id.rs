//! The identity of a notice: a UUID made of what the notice says, so that it is the same whoever computes it and whenever.

use uuid::Uuid;

/// A UUID, version 5.
pub type NoticeId = Uuid;

/// The name space of notice ids: a constant of this project.
const NAMESPACE: Uuid = Uuid::from_u128(0x7d1a_c1f0_52b4_4f0e_9a55_3c0f_6e74_6964);

/// The id of the notice that says these parts. No part contains the character that joins them.
pub(in crate::domain) fn notice_id(parts: &[&str]) -> NoticeId {
    Uuid::new_v5(&NAMESPACE, parts.join("\u{1f}").as_bytes())
}
