//! The update that turns one item into another. It writes only the attributes that differ, also inside nested maps, so
//! that the attributes of a later version survive.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::Item;

/// An update expression that is being built.
#[derive(Debug, Default)]
pub(super) struct Update {
    sets: Vec<String>,
    removes: Vec<String>,
    names: Vec<String>,
    values: Vec<AttributeValue>,
}

/// An update expression with the names and values it refers to.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) text: String,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl Update {
    /// The update from `before` to `after`. Attributes that neither has stay as they are: this version does not know
    /// them.
    pub(super) fn between(before: &Item, after: &Item) -> Self {
        let mut update = Self::default();
        update.compare(&[], before, after);
        update
    }

    /// `name` is a top-level attribute, here and below.
    pub(super) fn set(&mut self, name: &str, value: AttributeValue) {
        let (path, value) = (self.name(name), self.value(value));
        self.sets.push(format!("{path} = {value}"));
    }

    /// Sets the attribute only if the item does not have it.
    pub(super) fn set_once(&mut self, name: &str, value: AttributeValue) {
        let (path, value) = (self.name(name), self.value(value));
        self.sets.push(format!("{path} = if_not_exists({path}, {value})"));
    }

    pub(super) fn remove(&mut self, name: &str) {
        let path = self.name(name);
        self.removes.push(path);
    }

    /// Removes the first elements of a list.
    pub(super) fn remove_first(&mut self, name: &str, count: usize) {
        for index in 0..count {
            let path = self.name(name);
            self.removes.push(format!("{path}[{index}]"));
        }
    }

    /// The expression, with only those of the values that the condition uses. DynamoDB refuses a request with unused
    /// values.
    pub(super) fn build<const N: usize>(self, condition: &str, values: [(&str, AttributeValue); N]) -> Expression {
        let mut text = String::new();
        if !self.sets.is_empty() {
            text.push_str("SET ");
            text.push_str(&self.sets.join(", "));
        }
        if !self.removes.is_empty() {
            text.push_str(" REMOVE ");
            text.push_str(&self.removes.join(", "));
        }
        let names = self.names.into_iter().enumerate().map(|(index, name)| (format!("#n{index}"), name)).collect();
        let own = self.values.into_iter().enumerate().map(|(index, value)| (format!(":v{index}"), value));
        let of_condition = values.into_iter().filter(|(name, _)| condition.contains(name));
        let values = own.chain(of_condition.map(|(name, value)| (name.to_owned(), value))).collect();
        Expression { text, names, values }
    }

    /// Compares two maps at the path `parents`. Adds names only for what it writes, because DynamoDB refuses a request
    /// with unused names.
    fn compare<'k>(&mut self, parents: &[&'k str], before: &'k Item, after: &'k Item) {
        let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let path: Vec<&str> = parents.iter().copied().chain([key.as_str()]).collect();
            match (before.get(key), after.get(key)) {
                // A map that both have is never set as a whole. It may contain keys of a later version.
                (Some(AttributeValue::M(old)), Some(AttributeValue::M(new))) => self.compare(&path, old, new),
                (old, Some(new)) if old != Some(new) => {
                    let (path, value) = (self.path(&path), self.value(new.clone()));
                    self.sets.push(format!("{path} = {value}"));
                }
                (Some(_), None) => {
                    let path = self.path(&path);
                    self.removes.push(path);
                }
                _ => {}
            }
        }
    }

    fn path(&mut self, names: &[&str]) -> String {
        let names: Vec<String> = names.iter().map(|name| self.name(name)).collect();
        names.join(".")
    }

    fn name(&mut self, name: &str) -> String {
        let index = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        format!("#n{index}")
    }

    fn value(&mut self, value: AttributeValue) -> String {
        self.values.push(value);
        format!(":v{}", self.values.len() - 1)
    }
}
