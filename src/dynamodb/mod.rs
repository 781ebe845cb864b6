//! An embedded DynamoDB, by dynoxide: the state of the command line and of the simulator. This module takes requests
//! apart and writes answers and errors the way DynamoDB does. It is never part of the Lambda binary.

#[cfg(feature = "cli")]
mod client;

use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};

#[cfg(feature = "cli")]
pub(crate) use client::client;

pub(crate) const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

type Outcome = Result<String, DynoxideError>;

/// The HTTP status and the body of the answer to a request.
pub(crate) fn answer(database: &Database, operation: &str, body: &[u8]) -> (u16, String) {
    match dispatch(database, operation, &String::from_utf8_lossy(body)) {
        Ok(body) => (200, body),
        Err(error) => {
            let error = on_the_wire(operation, error);
            (error.status_code(), error.to_json())
        }
    }
}

/// Creates a table with the keys `pk` and `sk`, and expiry by `expires_at`.
pub(crate) fn create_table(database: &Database, name: &str) -> Result<(), DynoxideError> {
    let table = serde_json::json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
    });
    match dispatch(database, "CreateTable", &table.to_string()) {
        Err(DynoxideError::ResourceInUseException(_)) => return Ok(()),
        created => created?,
    };
    let expiry = serde_json::json!({
        "TableName": name,
        "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "expires_at"},
    });
    dispatch(database, "UpdateTimeToLive", &expiry.to_string()).map(drop)
}

fn dispatch(database: &Database, operation: &str, body: &str) -> Outcome {
    match operation {
        "CreateTable" => run(body, |request| database.create_table(request)),
        "DeleteTable" => run(body, |request| database.delete_table(request)),
        "DescribeTable" => run(body, |request| database.describe_table(request)),
        "ListTables" => run(body, |request| database.list_tables(request)),
        "UpdateTimeToLive" => run(body, |request| database.update_time_to_live(request)),
        "DescribeTimeToLive" => run(body, |request| database.describe_time_to_live(request)),
        "GetItem" => run(body, |request| database.get_item(request)),
        "PutItem" => run(body, |request| database.put_item(request)),
        "UpdateItem" => run(body, |request| database.update_item(request)),
        "DeleteItem" => run(body, |request| database.delete_item(request)),
        "Query" => run(body, |request| database.query(request)),
        "Scan" => run(body, |request| database.scan(request)),
        "BatchGetItem" => run(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => run(body, |request| database.batch_write_item(request)),
        "TransactGetItems" => run(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => run(body, |request| database.transact_write_items(request)),
        other => Err(DynoxideError::UnsupportedCapability(other.to_owned())),
    }
}

fn run<Q: DeserializeOwned, A: Serialize>(
    body: &str,
    operation: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Outcome {
    let request = serde_json::from_str(body).map_err(|error| unreadable(&error))?;
    let answer = operation(request)?;
    serde_json::to_string(&answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// dynoxide marks the class of a request it cannot read at the front of serde's
/// message; the marks are not for the wire.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let message = error.to_string();
    let text = match message.rfind(" at line ") {
        Some(end) => &message[..end],
        None => &message,
    };
    match text.split_once(':') {
        Some(("VALIDATION" | "VALIDATION_AS_READ", text)) => DynoxideError::ValidationException(text.to_owned()),
        Some(("VALIDATION_REQUEST", text)) => DynoxideError::EnvelopedValidation(text.to_owned()),
        Some(("SERIALIZATION" | "SERIALIZATION_AS_READ", text)) => {
            DynoxideError::SerializationException(text.to_owned())
        }
        _ if text.contains("missing field") || text.contains("unknown variant") => {
            DynoxideError::ValidationException(text.to_owned())
        }
        _ => DynoxideError::SerializationException(text.to_owned()),
    }
}

/// Puts the envelope around the errors that DynamoDB wraps in one.
fn on_the_wire(operation: &str, error: DynoxideError) -> DynoxideError {
    match (operation, error) {
        ("PutItem" | "UpdateItem" | "DeleteItem", DynoxideError::EnvelopedValidation(text)) => {
            DynoxideError::ValidationException(format!("1 validation error detected: {text}"))
        }
        (_, error) => error,
    }
}
