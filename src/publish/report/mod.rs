//! The report about a week or a month as a message, with a copy for every channel. Pure: the same report gives the same
//! bytes.
//!
//! The lists of a report are shortened until the message fits. It says how much it leaves out, and which command shows all
//! of it.

mod chat;
mod letter;
mod machine;
mod shorten;
#[cfg(test)]
mod tests;
pub(crate) mod words;

use serde_json::{Map, Value};

use super::channel::cloudevents;
#[cfg(feature = "cli")]
pub(crate) use super::render::amounts::span;
use super::render::escape::shell_word;
#[cfg(feature = "cli")]
pub(crate) use super::render::text::one_line as on_one_line;
use super::render::text::{ascii, cut};
use super::render::{DEFAULT, attributes_of};
use super::{HttpsForm, Message};
use crate::domain::Target;
use crate::domain::report::{PeriodReport, report_id};
pub use letter::letter;
pub use machine::data;
use shorten::{Copies, EXTENTS};
#[cfg(test)]
pub(crate) use tests::bad_week;
use words::title;

/// The reason in the attributes for filter policies.
const REASON: &str = "report";
/// SNS accepts fewer than 100 characters.
const SUBJECT: usize = 99;
/// One text message has 160 characters. The rest is left for the name of a sender.
const SMS: usize = 140;

/// The deployment that sends the report.
#[derive(Clone, Debug)]
pub struct Deployment<'a> {
    /// The function's own account and region.
    pub home: &'a Target,
    /// The name of its state table.
    pub table: &'a str,
}

/// The message with this report, in at most `max_bytes` if that is possible.
pub fn render(report: &PeriodReport, deployment: &Deployment<'_>, https: HttpsForm, max_bytes: usize) -> Message {
    let mut message = None;
    for extent in EXTENTS {
        let shortened = shorten::shorten(report, extent);
        let fitting = in_form(&shortened, deployment, https, extent.copies);
        let fits = fitting.bytes() <= max_bytes;
        message = Some(fitting);
        if fits {
            break;
        }
    }
    message.unwrap_or_else(|| in_form(report, deployment, https, Copies::Whole))
}

fn in_form(report: &PeriodReport, deployment: &Deployment<'_>, https: HttpsForm, copies: Copies) -> Message {
    let home = deployment.home;
    let id = report_id(home, report.period.to);
    let title = title(report);
    let event =
        machine::event(report, id, &cloudevents::path([home.account.as_str(), &home.region]), copies == Copies::Whole);
    let mut body = Map::from_iter([(DEFAULT.to_owned(), Value::String(event.to_string()))]);
    let mut add = |protocol: &str, copy: String| drop(body.insert(protocol.to_owned(), Value::String(copy)));
    add("sms", cut(&ascii(&title), SMS));
    if copies != Copies::None {
        let command = command(report, deployment.table);
        let email = match copies {
            Copies::Whole => letter(report, Some(letter::ROWS), Some(&command)),
            _ => format!("{title}.\n\nThis topic takes no larger messages. All of it: {command}\n"),
        };
        add("email", format!("{email}\nReport: {id}\n"));
        if https == HttpsForm::AmazonQ {
            add("https", chat::notification(report, id, home, &command, copies == Copies::Whole));
        }
    }
    let sources = report.watched.iter().map(|watched| watched.source.as_str());
    Message {
        subject: cut(&ascii(&title), SUBJECT),
        body: Value::Object(body).to_string(),
        attributes: attributes_of(
            report.severity(),
            [REASON].into_iter(),
            sources,
            [home.account.as_str()].into_iter(),
            [home.region.as_str()].into_iter(),
            id,
        ),
        notices: vec![id],
    }
}

/// The command that shows all of the report.
fn command(report: &PeriodReport, table: &str) -> String {
    let (from, to) = (report.period.from, report.period.to);
    format!("tidings report --from {from} --to {to} --table {}", shell_word(table))
}
