//! JSON objects in which what is absent is left out.

use jiff::Timestamp;
use serde_json::{Map, Number, Value};

/// An object under construction.
#[derive(Default)]
pub(super) struct Object(Map<String, Value>);

impl Object {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a member, if there is a value.
    pub fn with(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
        self
    }

    pub fn into_string(self) -> String {
        Value::from(self).to_string()
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object.0)
    }
}

/// The size of a page that a request asks for, which is `most` if it does not say; or what is wrong with it.
pub(super) fn asked_size(asked: &Value, most: usize) -> Result<usize, String> {
    if asked.is_null() {
        return Ok(most);
    }
    let size = asked.as_u64().and_then(|size| usize::try_from(size).ok());
    size.filter(|size| (1..=most).contains(size))
        .ok_or_else(|| format!("The size of a page is {asked}, not between 1 and {most}."))
}

/// A time as seconds since the epoch, exact to the millisecond as AWS's are.
pub(super) fn epoch_seconds(at: Timestamp) -> Value {
    let to_the_millisecond = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
    let seconds = to_the_millisecond.as_duration().as_secs_f64();
    Number::from_f64(seconds).map_or(Value::Null, Value::Number)
}
