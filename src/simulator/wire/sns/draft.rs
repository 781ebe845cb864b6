//! A message on its way into SNS, and the checks it has to pass.

use std::collections::BTreeSet;

use super::{Refusal, invalid};
use crate::simulator::inbox::Attribute;
use crate::simulator::wire::Ask;

/// A message as its publisher sent it.
pub(super) struct Draft {
    pub message: String,
    pub subject: Option<String>,
    pub structure: Option<String>,
    pub attributes: Vec<(String, Attribute)>,
}

impl Draft {
    /// Reads the form fields whose names begin with `prefix`.
    pub fn read(ask: &Ask, prefix: &str) -> Self {
        let field = |name: &str| ask.raw_field(&format!("{prefix}{name}")).map(str::to_owned);
        let attributes = (1..)
            .map_while(|place| {
                let entry = format!("MessageAttributes.entry.{place}");
                let name = field(&format!("{entry}.Name"))?;
                let text = field(&format!("{entry}.Value.StringValue"));
                let bytes = field(&format!("{entry}.Value.BinaryValue"));
                let attribute = Attribute {
                    data_type: field(&format!("{entry}.Value.DataType")).unwrap_or_default(),
                    value: text.or(bytes).unwrap_or_default(),
                };
                Some((name, attribute))
            })
            .collect();
        Self {
            message: field("Message").unwrap_or_default(),
            subject: field("Subject"),
            structure: field("MessageStructure"),
            attributes,
        }
    }

    /// The bytes that count against the topic's `MaximumMessageSize`: everything but the subject.
    pub fn bytes(&self) -> usize {
        let attributes: usize = self
            .attributes
            .iter()
            .map(|(name, attribute)| name.len() + attribute.data_type.len() + attribute.value.len())
            .sum();
        self.message.len() + attributes
    }

    /// Refuses what SNS would refuse for a topic that takes `most_bytes`.
    pub fn check(&self, most_bytes: usize) -> Result<(), Refusal> {
        if self.message.is_empty() {
            return Err(invalid("Empty message"));
        }
        if self.subject.as_deref().is_some_and(|subject| !is_subject(subject)) {
            return Err(invalid("Subject"));
        }
        match self.structure.as_deref() {
            None => {}
            Some("json") => check_copies(&self.message)?,
            Some(_) => return Err(invalid("MessageStructure")),
        }
        let mut seen = BTreeSet::new();
        for (name, attribute) in &self.attributes {
            check_attribute(name, attribute)?;
            if !seen.insert(name) {
                return Err(bad_value(&format!("The attribute '{name}' occurs twice.")));
            }
        }
        if self.bytes() > most_bytes {
            return Err(invalid("Message too long"));
        }
        Ok(())
    }
}

/// Under a hundred printable ASCII characters, the first of them no space.
fn is_subject(subject: &str) -> bool {
    let printable = subject.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let begins_well = subject.bytes().next().is_some_and(|byte| byte != b' ');
    printable && begins_well && subject.len() < 100
}

/// A structured message is a JSON object with a string `default`; members that
/// are no strings are ignored, so a `default` that is none is missing.
fn check_copies(message: &str) -> Result<(), Refusal> {
    let copies: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(message).map_err(|_| invalid("Message Structure - JSON message body failed to parse"))?;
    match copies.get("default") {
        Some(serde_json::Value::String(_)) => Ok(()),
        _ => Err(invalid("Message Structure - No default entry in JSON message body")),
    }
}

fn check_attribute(name: &str, attribute: &Attribute) -> Result<(), Refusal> {
    let lower = name.to_ascii_lowercase();
    let good_name = !name.is_empty()
        && name.len() <= 256
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && !lower.starts_with("aws.")
        && !lower.starts_with("amazon.");
    if !good_name {
        return Err(bad_value(&format!("The attribute name '{name}' is not valid.")));
    }
    if attribute.value.is_empty() {
        let message = format!("The message attribute '{name}' must contain a non-empty value.");
        return Err(bad_value(&message));
    }
    let good_value = match attribute.data_type.split('.').next() {
        Some("String") if attribute.data_type == "String.Array" => {
            serde_json::from_str::<Vec<serde_json::Value>>(&attribute.value)
                .is_ok_and(|list| list.iter().all(|item| !item.is_object() && !item.is_array()))
        }
        Some("Number") => attribute.value.parse::<f64>().is_ok(),
        Some("String" | "Binary") => true,
        _ => false,
    };
    if good_value {
        return Ok(());
    }
    let data_type = &attribute.data_type;
    Err(bad_value(&format!("The message attribute '{name}' has a type or value that is not valid: {data_type}.")))
}

fn bad_value(message: &str) -> Refusal {
    Refusal::new(400, "ParameterValueInvalid", message)
}

#[cfg(test)]
mod tests {
    use super::{check_copies, is_subject};

    #[test]
    fn subjects_are_short_printable_lines() {
        let longest = "x".repeat(99);
        for good in ["Restore failed", "[critical] x", "1 failed", longest.as_str()] {
            assert!(is_subject(good), "{good}");
        }
        let too_long = "x".repeat(100);
        for bad in ["", " x", "a\nb", "a\tb", "é", "x\u{7f}", too_long.as_str()] {
            assert!(!is_subject(bad), "{bad}");
        }
    }

    #[test]
    fn structured_messages_need_a_default_that_is_a_string() {
        assert!(check_copies(r#"{"default":"x","sms":"y"}"#).is_ok());
        for bad in ["no json", "[]", "{}", r#"{"default":1}"#, r#"{"email":"x"}"#] {
            assert!(check_copies(bad).is_err(), "{bad}");
        }
    }
}
