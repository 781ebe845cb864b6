//! AWS STS: `GetCallerIdentity`.

use super::xml::Xml;
use super::{Ask, Protocol, Refusal};
use crate::simulator::world::World;

pub(super) fn answer(ask: &Ask, world: &World) -> Result<String, Refusal> {
    match (ask.operation.as_str(), ask.service.protocol()) {
        ("GetCallerIdentity", Protocol::Query { namespace }) => Ok(Xml::answer(ask, namespace, |xml| {
            let account = &world.account;
            xml.text("Arn", &format!("arn:aws:sts::{account}:assumed-role/tidings/tidings"));
            xml.text("UserId", "AROASIMULATED:tidings");
            xml.text("Account", account);
        })),
        _ => Err(Refusal::unknown_operation(ask)),
    }
}
