//! AWS Organizations: `ListAccounts`, `ListRoots`, `ListOrganizationalUnitsForParent`, `ListAccountsForParent` and
//! `ListTagsForResource`.
//!
//! JSON 1.1 both ways. Pages have at most 20 entries.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::json::Object;
use super::page::page;
use super::{Ask, Refusal};
use crate::simulator::world::{Member, World};

const PAGE: usize = 20;
const ROOT: &str = "r-ab12";
/// The prefix of the token of the page after an empty one.
const EMPTY: &str = "empty.";

pub(super) fn answer(ask: &Ask, world: &World) -> Result<String, Refusal> {
    let request = ask.json().map_err(|_| Refusal::new(400, "SerializationException", "the body is not JSON"))?;
    let organization = &world.organization;
    if organization.members.is_empty() {
        return Err(Refusal::new(
            400,
            "AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
        ));
    }
    let parent = request["ParentId"].as_str().unwrap_or_default();
    let is_parent = || organization.members.values().any(|member| path(member).iter().any(|unit| unit == parent));
    if ask.operation.ends_with("ForParent") && !is_parent() {
        return Err(Refusal::new(400, "ParentNotFoundException", "You specified a parent that doesn't exist."));
    }
    match ask.operation.as_str() {
        "ListAccounts" => list(ask, &request, world, "Accounts", accounts(world, |_| true)),
        "ListRoots" => {
            let root = json!({"Id": ROOT, "Name": "Root", "Arn": format!("arn:aws:organizations::{}:root/o-sim/{ROOT}", ask.account)});
            Ok(Object::new().with("Roots", Some(vec![root])).into_string())
        }
        "ListAccountsForParent" => {
            let inside = accounts(world, |member| path(member).last().map(String::as_str) == Some(parent));
            list(ask, &request, world, "Accounts", inside)
        }
        "ListOrganizationalUnitsForParent" => {
            let below: BTreeSet<String> = organization
                .members
                .values()
                .filter_map(|member| {
                    let path = path(member);
                    let own = path.iter().position(|unit| unit == parent);
                    own.and_then(|own| path.get(own + 1).cloned())
                })
                .collect();
            let units = below.into_iter().map(|id| (id.clone(), json!({"Id": id, "Name": id}))).collect();
            list(ask, &request, world, "OrganizationalUnits", units)
        }
        "ListTagsForResource" => {
            let id = request["ResourceId"].as_str().unwrap_or_default();
            let member = organization.members.get(id).ok_or_else(|| {
                Refusal::new(400, "TargetNotFoundException", "You specified a target that doesn't exist.")
            })?;
            let tags: Vec<Value> = member.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            Ok(Object::new().with("Tags", Some(tags)).into_string())
        }
        _ => Err(Refusal::unknown_operation(ask)),
    }
}

/// The units of an account from the root.
fn path(member: &Member) -> Vec<String> {
    [vec![ROOT.to_owned()], member.units.clone()].concat()
}

fn accounts(world: &World, is_listed: impl Fn(&Member) -> bool) -> Vec<(String, Value)> {
    let members: &BTreeMap<String, Member> = &world.organization.members;
    let entry = |id: &String, member: &Member| {
        json!({
            "Id": id,
            "Arn": format!("arn:aws:organizations::{}:account/o-sim/{id}", world.account),
            "Email": format!("{id}@example.com"),
            "Name": member.name,
            "State": member.state,
            "JoinedMethod": "CREATED",
            "JoinedTimestamp": 1_700_000_000,
        })
    };
    members.iter().filter(|(_, member)| is_listed(member)).map(|(id, member)| (id.clone(), entry(id, member))).collect()
}

fn list(ask: &Ask, request: &Value, world: &World, name: &str, items: Vec<(String, Value)>) -> Result<String, Refusal> {
    let invalid = |what: &str| Refusal::new(400, "InvalidInputException", what);
    let size = match &request["MaxResults"] {
        Value::Null => PAGE,
        asked => {
            let size = asked.as_u64().and_then(|size| usize::try_from(size).ok());
            size.filter(|size| (1..=PAGE).contains(size))
                .ok_or_else(|| invalid("MaxResults is not between 1 and 20."))?
        }
    };
    let token = request["NextToken"].as_str();
    // An empty page whose token leads to the page that was asked for.
    if world.organization.empty_pages && token.is_none_or(|token| !token.starts_with(EMPTY)) {
        let next = format!("{EMPTY}{}", token.unwrap_or_default());
        return Ok(Object::new().with(name, Some(Vec::<Value>::new())).with("NextToken", Some(next)).into_string());
    }
    let token = token.map(|token| token.trim_start_matches(EMPTY)).filter(|token| !token.is_empty());
    let page = page(items, &ask.operation, token, size).map_err(|_| invalid("The NextToken is not valid."))?;
    Ok(Object::new().with(name, Some(page.items)).with("NextToken", page.next).into_string())
}
