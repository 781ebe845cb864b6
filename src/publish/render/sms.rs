//! The form for text messages.

use super::subject::subject;
use super::text::{ascii, cut};
use crate::domain::{Notice, Reason};

/// What one text message takes, with room to spare for a sender's name.
const MAX: usize = 140;

/// The rest of the line must be worth reading.
const WORTHWHILE: usize = 24;

/// One line of at most 140 ASCII characters: the subject, and as much of AWS's explanation as fits.
pub fn sms(notices: &[Notice]) -> String {
    let line = subject(notices);
    let said = match notices {
        [notice] if notice.reason != Reason::Baseline => notice.message.as_deref().map(ascii),
        _ => None,
    };
    match said.filter(|said| !said.is_empty()) {
        Some(said) if line.len() + 2 + said.len().min(WORTHWHILE) <= MAX => cut(&format!("{line}. {said}"), MAX),
        _ => cut(&line, MAX),
    }
}
