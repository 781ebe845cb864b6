//! The form for text messages.

use super::digest::Digest;
use super::subject::{line, subject_of};
use super::text::{ascii, cut};
use crate::domain::{Notice, Reason};

/// What one text message takes, with room to spare for a sender's name.
const MAX: usize = 140;

/// The rest of the line must be worth reading.
const WORTHWHILE: usize = 24;

/// One line of at most 140 ASCII characters: the subject, and as much of AWS's explanation as fits.
pub fn sms(notices: &[Notice]) -> String {
    sms_of(&Digest::new(notices, None))
}

pub(super) fn sms_of(digest: &Digest<'_>) -> String {
    let [notice] = digest.notices else {
        return line(digest, MAX);
    };
    let line = subject_of(digest);
    let said = (notice.reason != Reason::Baseline).then(|| notice.message.as_deref().map(ascii)).flatten();
    match said.filter(|said| !said.is_empty()) {
        Some(said) if line.len() + 2 + said.len().min(WORTHWHILE) <= MAX => cut(&format!("{line}. {said}"), MAX),
        _ => cut(&line, MAX),
    }
}
