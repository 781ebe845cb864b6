//! All calls to the simulator, in order.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::wire::{Ask, Service};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Call {
    /// Its place among all calls, from one.
    pub number: u64,
    /// When it arrived, by the simulator's clock.
    pub at: Timestamp,
    /// The region it was signed for.
    pub region: String,
    /// The account whose credentials it had.
    pub account: String,
    /// The service it was for.
    pub service: Service,
    /// The operation, such as `ListRestoreJobs`.
    pub operation: String,
    /// The request, decoded: form fields, path and query, or JSON body.
    pub parameters: String,
    /// The HTTP status of the answer; 0 if there is none (yet).
    pub status: u16,
}

/// Keeps the calls.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    calls: Vec<Call>,
    numbers: u64,
}

impl Recorder {
    pub fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub fn arrived(&mut self, number: u64, at: Timestamp, ask: &Ask) {
        self.calls.push(Call {
            number,
            at,
            region: ask.region.clone(),
            account: ask.account.clone(),
            service: ask.service,
            operation: ask.operation.clone(),
            parameters: ask.parameters.clone(),
            status: 0,
        });
    }

    pub fn answered(&mut self, number: u64, status: u16) {
        let call = self.calls.iter_mut().rev().find(|call| call.number == number);
        if let Some(call) = call {
            call.status = status;
        }
    }

    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    pub fn clear(&mut self) {
        self.calls.clear();
    }
}

/// The id of a call, the same in every run.
pub(super) fn request_id(number: u64) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("call {number}").as_bytes()).to_string()
}
