//! The commands `silence` and `unsilence`, which a person, a program or a button in a chat channel may send.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::HandlerError;
use crate::operate::{self, SilenceError, SilenceRequest, Silenced};
use crate::store::{Store, Writer};

/// What an event asks for.
#[derive(Debug, Deserialize)]
#[serde(tag = "command", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Command {
    Silence {
        notice_id: String,
        r#for: String,
        reason: String,
        #[serde(default)]
        by: Option<String>,
    },
    Unsilence {
        notice_id: String,
    },
}

/// The answer. Chat applications show it as it is, so the sentence comes first.
#[derive(Clone, Debug, Serialize)]
pub struct SilenceAnswer {
    message: String,
    silence: Silenced,
}

/// Whether the event has one of these commands.
pub(super) fn is_command(event: &Value) -> bool {
    matches!(event.get("command").and_then(Value::as_str), Some("silence" | "unsilence"))
}

/// Carries out the command in the event.
pub(super) async fn answer(store: &Store, event: Value, writer: &Writer) -> Result<SilenceAnswer, HandlerError> {
    let command = serde_json::from_value(event).map_err(|error| HandlerError::invalid(&error.to_string()))?;
    let (silence, message) = match command {
        Command::Silence { notice_id, r#for, reason, by } => {
            let request = SilenceRequest::new(&notice_id, &r#for, &reason, by.as_deref()).map_err(refusal)?;
            let silenced = operate::silence(store, &request, writer).await.map_err(refusal)?;
            let until = silenced.until.strftime("%Y-%m-%d %H:%M UTC");
            let message = format!("Silenced until {until}: {}. You will be told when it recovers.", silenced.what);
            (silenced, message)
        }
        Command::Unsilence { notice_id } => {
            let silenced = operate::unsilence(store, &notice_id, writer).await.map_err(refusal)?;
            let message = format!("No longer silenced: {}.", silenced.what);
            (silenced, message)
        }
    };
    tracing::info!(notice_id = %silence.notice_id, subject = silence.subject, facet = silence.facet, "{message}");
    Ok(SilenceAnswer { message, silence })
}

fn refusal(error: SilenceError) -> HandlerError {
    match error {
        SilenceError::Store(error) => HandlerError::NothingDone(error.to_string()),
        error => HandlerError::invalid(&error.to_string()),
    }
}
