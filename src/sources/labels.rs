//! Labels of subjects. Each source declares in one list which labels it makes, and from what.

use std::borrow::Cow;

use crate::domain::Labels;

/// A label's name, and how to read its value from what the API said.
pub(super) type Label<T> = (&'static str, fn(&T) -> Option<Cow<'_, str>>);

/// The labels of `subject` that have a value.
pub(super) fn labels<T>(declared: &[Label<T>], subject: &T) -> Labels {
    // There may be a hundred thousand subjects, so no more room than they need.
    let mut labels = Labels::with_capacity(declared.len());
    for (name, value) in declared {
        if let Some(value) = value(subject).filter(|value| !value.is_empty()) {
            labels.insert((*name).to_owned(), value.into_owned());
        }
    }
    labels
}

/// Whether a label of that name is declared.
pub(super) fn has<T>(declared: &[Label<T>], name: &str) -> bool {
    declared.iter().any(|(declared, _)| *declared == name)
}
