//! The copy for text messages.

use super::Channel;
use crate::domain::Reason;
use crate::publish::digest::Digest;
use crate::publish::render::subject::{line, subject_of};
use crate::publish::render::text::{ascii, cut};
use crate::publish::render::words::message;

/// In characters. One text message has 160. The rest is left for the name of a sender.
const MAX: usize = 140;

/// If fewer characters of the status message fit, it is left out.
const WORTHWHILE: usize = 24;

pub(super) struct Sms;

impl Channel for Sms {
    fn protocol(&self) -> &'static str {
        "sms"
    }

    /// One line of at most 140 ASCII characters: the subject, and as much of the status message as fits.
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

    fn brief(&self, digest: &Digest<'_>, _full: &Digest<'_>) -> String {
        self.copy(digest)
    }
}
