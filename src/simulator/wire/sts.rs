//! AWS STS: `GetCallerIdentity` and `AssumeRole`.

use jiff::{SignedDuration, Timestamp};

use super::xml::Xml;
use super::{Ask, Protocol, Refusal};
use crate::simulator::world::World;

/// The beginning of the access keys that `AssumeRole` gives out. The account and the second of their end follow.
const PREFIX: &str = "ASIA";
const ACCOUNT: usize = 12;

pub(super) fn answer(ask: &Ask, world: &World, now: Timestamp) -> Result<String, Refusal> {
    let Protocol::Query { namespace } = ask.service.protocol() else { return Err(Refusal::unknown_operation(ask)) };
    match ask.operation.as_str() {
        "GetCallerIdentity" => Ok(Xml::answer(ask, namespace, |xml| {
            xml.text("Arn", &ask.caller());
            xml.text("UserId", "AROASIMULATED:tidings");
            xml.text("Account", &ask.account);
        })),
        "AssumeRole" => assume_role(ask, world, namespace, now),
        _ => Err(Refusal::unknown_operation(ask)),
    }
}

fn assume_role(ask: &Ask, world: &World, namespace: &str, now: Timestamp) -> Result<String, Refusal> {
    let arn = ask.field("RoleArn").unwrap_or_default();
    let (account, role) = arn
        .split_once("::")
        .and_then(|(_, rest)| rest.split_once(":role/"))
        .ok_or_else(|| Refusal::new(400, "ValidationError", format!("{arn} is invalid")))?;
    let seconds: i64 = ask.field("DurationSeconds").and_then(|seconds| seconds.parse().ok()).unwrap_or(3_600);
    let member = world.organization.members.get(account);
    let known = member.and_then(|member| member.role.as_ref());
    let is_allowed = known.is_some_and(|known| {
        known.name == role && known.external_id.as_deref().is_none_or(|id| ask.field("ExternalId") == Some(id))
    });
    // STS says the same if the role does not exist and if it does not trust the caller.
    if !is_allowed {
        let message = format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}", ask.caller());
        return Err(Refusal::new(403, "AccessDenied", message));
    }
    let expires = now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
    Ok(Xml::answer(ask, namespace, |xml| {
        xml.element("AssumedRoleUser", |xml| {
            xml.text("AssumedRoleId", "AROASIMULATED:tidings");
            xml.text("Arn", &format!("arn:aws:sts::{account}:assumed-role/{role}/tidings"));
        });
        xml.element("Credentials", |xml| {
            xml.text("AccessKeyId", &format!("{PREFIX}{account}{}", expires.as_second()));
            xml.text("SecretAccessKey", "SIMULATED");
            xml.text("SessionToken", "SIMULATED");
            xml.text("Expiration", &expires.to_string());
        });
    }))
}

/// The account and the end of credentials that `AssumeRole` gave out.
pub(super) fn issued(key: &str) -> Option<(String, Timestamp)> {
    let (account, expires) = key.strip_prefix(PREFIX)?.split_at_checked(ACCOUNT)?;
    let is_account = account.bytes().all(|byte| byte.is_ascii_digit());
    let expires = Timestamp::from_second(expires.parse().ok()?).ok()?;
    is_account.then(|| (account.to_owned(), expires))
}
