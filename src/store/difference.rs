//! The update that turns one item into another: only what differs is written, down to nested attributes, so that what a
//! later version put beside it survives.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::Item;

/// An update expression under construction.
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
    /// The update from `before` to `after`. Attributes that neither has are not touched.
    pub(super) fn between(before: &Item, after: &Item) -> Self {
        let mut update = Self::default();
        update.compare("", before, after);
        update
    }

    /// Sets a top-level attribute.
    pub(super) fn set(&mut self, name: &str, value: AttributeValue) {
        let (path, value) = (self.name(name), self.value(value));
        self.sets.push(format!("{path} = {value}"));
    }

    /// Sets a top-level attribute unless the item has it already.
    pub(super) fn set_once(&mut self, name: &str, value: AttributeValue) {
        let (path, value) = (self.name(name), self.value(value));
        self.sets.push(format!("{path} = if_not_exists({path}, {value})"));
    }

    /// Removes a top-level attribute.
    pub(super) fn remove(&mut self, name: &str) {
        let path = self.name(name);
        self.removes.push(path);
    }

    /// The expression, with those values that the condition needs: DynamoDB refuses values that nothing refers to.
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

    fn compare(&mut self, parent: &str, before: &Item, after: &Item) {
        let mut keys: Vec<&String> = after.keys().collect();
        keys.sort_unstable();
        for key in keys {
            let is_same = match (before.get(key), &after[key]) {
                (Some(AttributeValue::M(old)), AttributeValue::M(new)) => {
                    let path = self.path(parent, key);
                    self.compare(&path, old, new);
                    true
                }
                (old, new) => old == Some(new),
            };
            if !is_same {
                let (path, value) = (self.path(parent, key), self.value(after[key].clone()));
                self.sets.push(format!("{path} = {value}"));
            }
        }
        let mut gone: Vec<&String> = before.keys().filter(|key| !after.contains_key(*key)).collect();
        gone.sort_unstable();
        for key in gone {
            let path = self.path(parent, key);
            self.removes.push(path);
        }
    }

    fn path(&mut self, parent: &str, key: &str) -> String {
        let name = self.name(key);
        if parent.is_empty() { name } else { format!("{parent}.{name}") }
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
