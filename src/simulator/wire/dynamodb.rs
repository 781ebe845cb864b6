//! Amazon DynamoDB: the embedded one answers.

use dynoxide::Database;

use super::{Answer, Ask};
use crate::dynamodb::{self, CONTENT_TYPE};

pub(in crate::simulator) fn answer(database: &Database, ask: &Ask) -> Answer {
    let (status, body) = dynamodb::answer(database, &ask.operation, &ask.body);
    Answer { status, content_type: CONTENT_TYPE, error_type: None, query_error: None, body: body.into_bytes() }
}
