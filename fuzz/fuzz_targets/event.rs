//! Bytes into the handler's reading of events: whatever they are, it neither panics nor talks without end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings::domain::Source;
use tidings::handler;

fuzz_target!(|bytes: &[u8]| {
    let Ok(event) = serde_json::from_slice(bytes) else { return };
    if let Err(error) = handler::read(&event, &Source::ALL, ("123456789012", "eu-central-1")) {
        assert!(error.to_string().len() < 1_000);
    }
});
