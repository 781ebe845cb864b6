//! The access to accounts: the role that tidings assumes. There are only notices about the scope, none about subjects.

use super::{About, Fact, MuteKey};
use crate::domain::Notice;
use crate::domain::notice::FacetEvent;

pub(super) struct Access;

impl About for Access {
    fn subjects(&self, _event: &FacetEvent) -> (&'static str, &'static str) {
        ("account", "accounts")
    }

    fn facts(&self, _event: &FacetEvent) -> Vec<Fact> {
        Vec::new()
    }

    fn next_steps(&self, _notice: &Notice, _event: &FacetEvent) -> Vec<String> {
        Vec::new()
    }

    fn console(&self, _event: Option<&FacetEvent>, region: &str) -> String {
        format!("iam/home?region={region}#/roles")
    }

    fn command(&self, _event: Option<&FacetEvent>) -> Option<String> {
        None
    }

    fn mute_keys(&self, _event: &FacetEvent) -> Vec<MuteKey> {
        Vec::new()
    }

    fn parameter(&self) -> &'static str {
        ""
    }
}
