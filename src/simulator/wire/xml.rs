//! Just enough XML to write the query services' answers.

use std::fmt::{Arguments, Write};

use quick_xml::escape::escape;

/// A document under construction.
pub(super) struct Xml {
    text: String,
}

impl Xml {
    pub fn new() -> Self {
        Self { text: String::new() }
    }

    /// The outermost element, in the service's namespace.
    pub fn root(&mut self, name: &str, namespace: &str, content: impl FnOnce(&mut Self)) {
        self.write(format_args!("<{name} xmlns=\"{namespace}\">"));
        content(self);
        self.close(name);
    }

    /// An element with elements inside.
    pub fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.write(format_args!("<{name}>"));
        content(self);
        self.close(name);
    }

    /// An element with text inside.
    pub fn text(&mut self, name: &str, value: &str) {
        self.element(name, |xml| xml.text.push_str(&escape(value)));
    }

    /// An element with text inside, left out if there is no value.
    pub fn optional(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.text(name, &value.to_string());
        }
    }

    /// A whole answer: `<{operation}Response>` around `<{operation}Result>`.
    pub fn answer(ask: &super::Ask, namespace: &str, content: impl FnOnce(&mut Self)) -> String {
        let mut xml = Self::new();
        xml.root(&format!("{}Response", ask.operation), namespace, |xml| {
            xml.element(&format!("{}Result", ask.operation), content);
            xml.element("ResponseMetadata", |xml| {
                xml.text("RequestId", &ask.request_id);
            });
        });
        xml.into_string()
    }

    pub fn into_string(self) -> String {
        self.text
    }

    fn write(&mut self, tag: Arguments<'_>) {
        // Writing to a string does not fail.
        self.text.write_fmt(tag).ok();
    }

    fn close(&mut self, name: &str) {
        self.write(format_args!("</{name}>"));
    }
}
