//! The form for text messages.

use super::Channel;
use crate::domain::Reason;
use crate::publish::digest::Digest;
use crate::publish::render::subject::{line, subject_of};
use crate::publish::render::text::{ascii, cut};
use crate::publish::render::words::message;

/// What one text message takes, with room to spare for a sender's name.
const MAX: usize = 140;

/// The rest of the line must be worth reading.
const WORTHWHILE: usize = 24;

/// Text messages, by the key `sms`.
pub(super) struct Sms;

impl Channel for Sms {
    fn protocol(&self) -> &'static str {
        "sms"
    }

    /// One line of at most 140 ASCII characters: the subject, and as much of AWS's explanation as fits.
    fn copy(&self, digest: &Digest<'_>) -> String {
        let [notice] = digest.notices else {
            return line(digest, MAX);
        };
        let line = subject_of(digest);
        let said = (notice.reason() != Reason::Baseline).then(|| message(notice)).flatten();
        match said.map(|said| ascii(&said)).filter(|said| !said.is_empty()) {
            Some(said) if line.len() + 2 + said.len().min(WORTHWHILE) <= MAX => cut(&format!("{line}. {said}"), MAX),
            _ => cut(&line, MAX),
        }
    }

    fn brief(&self, digest: &Digest<'_>, _whole: &Digest<'_>) -> String {
        self.copy(digest)
    }
}
