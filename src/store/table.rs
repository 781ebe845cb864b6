//! Creates the table where no template does: for the command line and for tests.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};

use super::StoreError;
use crate::error::ApiError;

const CREATE: &str = "dynamodb:CreateTable";

/// Creates the state table if it does not exist: string keys `pk` and `sk`, on-demand capacity, time to live by
/// `expires_at`.
///
/// # Errors
/// DynamoDB refuses the call or cannot be reached.
pub async fn create_table(client: &Client, table: &str) -> Result<(), StoreError> {
    let failed = |source| StoreError::Api { table: table.to_owned(), source };
    let attribute =
        |name: &str| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build();
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let unset =
        |error: aws_smithy_types::error::operation::BuildError| failed(ApiError::malformed(CREATE, error.to_string()));
    let created = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk").map_err(unset)?)
        .attribute_definitions(attribute("sk").map_err(unset)?)
        .key_schema(key("pk", KeyType::Hash).map_err(unset)?)
        .key_schema(key("sk", KeyType::Range).map_err(unset)?)
        .send()
        .await;
    match created {
        Ok(_) => {}
        Err(error)
            if error.as_service_error().is_some_and(
                aws_sdk_dynamodb::operation::create_table::CreateTableError::is_resource_in_use_exception,
            ) =>
        {
            return Ok(());
        }
        Err(error) => return Err(failed(ApiError::new(CREATE, &error))),
    }
    let expiry =
        TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true).build().map_err(unset)?;
    let enabled = client.update_time_to_live().table_name(table).time_to_live_specification(expiry).send().await;
    enabled.map(|_| ()).map_err(|error| failed(ApiError::new("dynamodb:UpdateTimeToLive", &error)))
}
