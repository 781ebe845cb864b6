//! The custom widget of a CloudWatch dashboard: the page as HTML, and its documentation.
//!
//! The dashboard calls the function with the viewer's permissions, and with parameters that whoever edits the dashboard can
//! choose. So nothing here writes, whatever else the event contains.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio::time::timeout_at;

use super::{HandlerError, named};
use crate::domain::{ErrorKind, Source, shorten};
use crate::page::{self, Form, Options, Theme, page};
use crate::pass::{Invocation, Tidings};
use crate::store::{Store, StoreError};

/// What the dashboard shows to whoever adds the widget.
const DOCUMENTATION: &str = include_str!("widget.md");
/// How many entries each section has if the parameters do not say.
const ROWS: usize = 10;
/// The most that the parameters may ask for.
const MOST_ROWS: usize = 100;
/// How many bytes of an error the widget shows.
const LONGEST: usize = 600;

/// The parameters of the widget, with the context that CloudWatch adds.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html>
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    #[serde(rename = "widgetContext")]
    _context: IgnoredAny,
    source: Option<OneOrMore>,
    rows: Option<usize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// Whether the event asks for the documentation.
pub(super) fn asks_for_documentation(event: &Value) -> bool {
    event.get("describe").and_then(Value::as_bool) == Some(true)
}

/// Whether a dashboard wants to show the widget.
pub(super) fn is_widget(event: &Value) -> bool {
    event.get("widgetContext").is_some()
}

/// In Markdown, as the custom widgets of AWS's own samples return it.
pub(super) fn documentation() -> String {
    DOCUMENTATION.to_owned()
}

/// The HTML. If something is wrong, it says what, because a dashboard shows little of an error.
pub(super) async fn answer(tidings: &Tidings, event: &Value, invocation: &Invocation) -> String {
    let theme = theme(event);
    let options = match options(event, theme) {
        Ok(options) => options,
        Err(mistake) => return page::apology(&mistake, theme),
    };
    let read = timeout_at(invocation.act_until, show(&tidings.store, invocation, &options)).await;
    let said = match read {
        Ok(Ok(html)) => return html,
        Ok(Err(error)) => sentence(&error),
        Err(_) => {
            "The state table is too large to be read in the time that this function has: give it more.".to_owned()
        }
    };
    tracing::warn!("the widget shows an error: {said}");
    page::apology(&said, theme)
}

async fn show(store: &Store, invocation: &Invocation, options: &Options) -> Result<String, StoreError> {
    let scopes = store.everything().await?;
    let accounts = store.accounts(&invocation.account).await?.accounts;
    let now: Timestamp = invocation.writer.now;
    let html = page(&scopes, &accounts, now, options);
    tracing::info!(scopes = scopes.len(), bytes = html.len(), "the widget was shown, in {} bytes", html.len());
    Ok(html)
}

fn theme(event: &Value) -> Theme {
    match event.pointer("/widgetContext/theme").and_then(Value::as_str) {
        Some("dark") => Theme::Dark,
        _ => Theme::Light,
    }
}

fn options(event: &Value, theme: Theme) -> Result<Options, String> {
    let wrong = |error: &str| format!("The parameters of the widget are wrong: {}.", shorten(error, LONGEST));
    let event: Event = serde_json::from_value(event.clone()).map_err(|error| wrong(&error.to_string()))?;
    let names = event.source.map(|source| match source {
        OneOrMore::One(name) => vec![name],
        OneOrMore::More(names) => names,
    });
    let sources: Vec<Source> = match names.as_deref().map(named).transpose() {
        Ok(sources) => sources.unwrap_or_default(),
        Err(HandlerError::InvalidEvent(mistake)) => return Err(wrong(&mistake)),
        Err(error) => return Err(wrong(&error.to_string())),
    };
    let rows = event.rows.unwrap_or(ROWS);
    if !(1..=MOST_ROWS).contains(&rows) {
        return Err(wrong(&format!("rows has to be from 1 to {MOST_ROWS}")));
    }
    Ok(Options { form: Form::Fragment(theme), rows, sources: sources.into_iter().collect() })
}

/// The error, and the action to allow if one is missing.
fn sentence(error: &StoreError) -> String {
    match error {
        StoreError::Api { table, source } if source.kind == ErrorKind::Denied => format!(
            "The state table {table} cannot be read: allow {} on it for the role of this function.",
            source.action
        ),
        error => shorten(&format!("The state cannot be read: {error}."), LONGEST),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(event: &Value) -> Result<(usize, Vec<Source>), String> {
        options(event, theme(event)).map(|options| (options.rows, options.sources.into_iter().collect()))
    }

    #[test]
    fn parameters_choose_sources_and_rows() {
        let context = json!({"theme": "dark", "width": 588});
        assert_eq!(theme(&json!({"widgetContext": context})), Theme::Dark);
        assert_eq!(theme(&json!({"widgetContext": {}})), Theme::Light);
        assert_eq!(read(&json!({"widgetContext": context})), Ok((ROWS, Vec::new())));
        let some = json!({"widgetContext": context, "source": "backup", "rows": 20});
        assert_eq!(read(&some), Ok((20, vec![Source::Backup])));
        let more = json!({"widgetContext": {}, "source": ["backup", "redshift"]});
        assert_eq!(read(&more), Ok((ROWS, vec![Source::Redshift, Source::Backup])));
    }

    #[test]
    fn wrong_parameters_are_named() {
        for (parameters, said) in [
            (json!({"row": 5}), "unknown field `row`"),
            (json!({"rows": 0}), "rows has to be from 1 to 100"),
            (json!({"rows": 101}), "rows has to be from 1 to 100"),
            (json!({"rows": "many"}), "invalid type: string"),
            (json!({"source": "rds"}), "unknown source \"rds\"; the sources are redshift,"),
            (json!({"source": []}), "no sources in an empty list"),
        ] {
            let mut event = parameters;
            event["widgetContext"] = json!({"theme": "light"});
            let mistake = read(&event).expect_err("a mistake");
            assert!(
                mistake.contains(said) && mistake.starts_with("The parameters of the widget are wrong"),
                "{mistake}"
            );
        }
    }
}
