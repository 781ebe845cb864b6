//! The item that says which report was sent last: `pk` is `report/` and the function's own account, `sk` is `#report`.
//!
//! An invocation that finds a report due claims it, publishes it, and then writes that it was sent. If it dies in between,
//! the claim expires with the invocation, and the next tick sends the report again, with the same id.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use super::item::{Item, Refusal, refusal};
use super::{Store, StoreError, UPDATE, Writer, from_millis, millis};

const SORT_KEY: &str = "#report";

/// The result of claiming a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportClaim {
    /// This invocation has to send it. Contains the end of the period of the last report.
    Ours(Timestamp),
    /// Another invocation is sending it.
    Busy,
    /// It was sent, or it was due before reports were switched on.
    Done,
}

impl Store {
    /// Claims the report that was due at that time, if it was not sent yet. If this deployment never had a report, that of
    /// the next due time is the first one.
    ///
    /// # Errors
    /// The table cannot be read or written.
    pub async fn claim_report(&self, home: &str, due: Timestamp, writer: &Writer) -> Result<ReportClaim, StoreError> {
        // If the answer is lost, the SDK tries again, and finds the claim with its own token.
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(home)))
            .update_expression("SET claim_token = :token, claim_until = :until")
            .condition_expression(
                "sent_for < :due AND (attribute_not_exists(claim_token) OR claim_until <= :now OR claim_token = :token)",
            )
            .expression_attribute_values(":token", AttributeValue::S(writer.token.clone()))
            .expression_attribute_values(":until", millis(writer.until))
            .expression_attribute_values(":now", millis(writer.now))
            .expression_attribute_values(":due", millis(due))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match answer {
            Ok(answer) => {
                let last = answer.attributes.as_ref().and_then(sent_for);
                return Ok(ReportClaim::Ours(last.unwrap_or(due)));
            }
            Err(error) => error,
        };
        match refusal(&error) {
            Refusal::Condition(Some(item)) => match sent_for(item) {
                Some(last) if last < due => Ok(ReportClaim::Busy),
                Some(_) => Ok(ReportClaim::Done),
                None => self.begin_reports(home, due).await,
            },
            Refusal::Condition(None) => self.begin_reports(home, due).await,
            Refusal::Other => Err(self.api_error(UPDATE, &error)),
        }
    }

    /// Writes that the next report is the first one.
    async fn begin_reports(&self, home: &str, due: Timestamp) -> Result<ReportClaim, StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(home)))
            .update_expression("SET sent_for = if_not_exists(sent_for, :due)")
            .expression_attribute_values(":due", millis(due))
            .send()
            .await
            .map(|_| ReportClaim::Done)
            .map_err(|error| self.api_error(UPDATE, &error))
    }

    /// Writes that the report for that due time was sent, and gives the claim back. If another invocation has taken the
    /// claim over or has sent the report too, nothing changes.
    ///
    /// # Errors
    /// The table cannot be written.
    pub async fn note_report(&self, home: &str, due: Timestamp) -> Result<(), StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(home)))
            .update_expression("SET sent_for = :due REMOVE claim_token, claim_until")
            .condition_expression("attribute_not_exists(sent_for) OR sent_for < :due")
            .expression_attribute_values(":due", millis(due))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(()),
            Err(error) => match refusal(&error) {
                Refusal::Condition(_) => Ok(()),
                Refusal::Other => Err(self.api_error(UPDATE, &error)),
            },
        }
    }
}

fn key(home: &str) -> Item {
    let key = [("pk", format!("report/{home}")), ("sk", SORT_KEY.to_owned())];
    key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value))).into()
}

fn sent_for(item: &Item) -> Option<Timestamp> {
    item.get("sent_for").and_then(from_millis)
}
