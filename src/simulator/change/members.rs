//! Changes of the organization.

use serde::Deserialize;

use crate::simulator::world::{Member, Role, World};

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
    /// The organizational unit that it is in.
    pub unit: Option<String>,
}

/// The id of the n-th account that `world = { accounts = .. }` creates.
fn id_of(number: usize) -> String {
    format!("{:012}", 200_000_000_000_usize + number)
}

/// The name of the n-th account.
fn name_of(number: usize) -> String {
    format!("team-{number}")
}

/// Creates an organization of the account itself and `count` others.
pub(super) fn create(world: &mut World, count: usize) {
    let hub = Member { role: None, ..Member::new("hub") };
    let members = &mut world.organization.members;
    members.insert(world.account.clone(), hub);
    members.extend((1..=count).map(|number| (id_of(number), Member::new(&name_of(number)))));
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
