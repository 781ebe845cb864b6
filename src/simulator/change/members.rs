//! Changes of the organization.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::simulator::world::{Member, Role, World, id_of};

/// An account of the organization that is added or changed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    /// Its name.
    pub name: String,
    /// Its twelve digits; those of the name's number for a new account.
    pub id: Option<String>,
    /// `ACTIVE`, `SUSPENDED`, `CLOSED`.
    pub state: Option<String>,
    /// Whether the role `tidings-reader` exists.
    pub role: Option<bool>,
    /// The external id that the role demands.
    pub external_id: Option<String>,
    /// The organizational unit that it is in.
    pub unit: Option<String>,
    /// Its tags, in place of all that it had.
    pub tags: Option<BTreeMap<String, String>>,
}

impl MemberChange {
    pub(super) fn apply(&self, world: &mut World) {
        let members = &mut world.organization.members;
        let known = members.iter().find(|(_, member)| member.name == self.name).map(|(id, _)| id.clone());
        let number = self.name.rsplit('-').next().and_then(|number| number.parse().ok());
        let new = || self.id.clone().unwrap_or_else(|| id_of(number.unwrap_or_default()));
        let member = members.entry(known.unwrap_or_else(new)).or_insert_with(|| Member::new(&self.name));
        if let Some(state) = &self.state {
            member.state.clone_from(state);
        }
        if let Some(has_role) = self.role {
            member.role = has_role.then(|| Role { name: "tidings-reader".to_owned(), external_id: None });
        }
        if let (Some(id), Some(role)) = (&self.external_id, &mut member.role) {
            role.external_id = Some(id.clone());
        }
        if let Some(tags) = &self.tags {
            member.tags.clone_from(tags);
        }
        if let Some(unit) = &self.unit {
            member.units = vec![unit.clone()];
        }
    }
}

/// The ids of the accounts with that name. A `*` at the end stands for any rest.
pub(crate) fn ids_of(world: &World, name: &str) -> Vec<String> {
    let members = world.organization.members.iter();
    let is_named = |member: &Member| match name.strip_suffix('*') {
        Some(beginning) => member.name.starts_with(beginning),
        None => member.name == name,
    };
    members.filter(|(_, member)| is_named(member)).map(|(id, _)| id.clone()).collect()
}
