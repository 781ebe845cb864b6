//! Rejects XML answers that are cut off.
//!
//! The SDK's XML reader accepts half a document: a listing that is cut off looks like a complete one with fewer entries.
//! JSON answers need no such check, because their reader rejects half a document.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Checks that a successful answer ends with the end tag of its operation.
#[derive(Debug)]
pub(super) struct WholeXml {
    /// The root element's end tag.
    pub(super) end_tag: &'static str,
}

#[dyn_dispatch_hint]
impl Intercept for WholeXml {
    fn name(&self) -> &'static str {
        "WholeXml"
    }

    // Before deserialization an answer from the network has no body yet.
    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.output_or_error().is_err() {
            return Ok(());
        }
        let body = context.response().body().bytes().unwrap_or_default();
        if !body.trim_ascii_end().ends_with(self.end_tag.as_bytes()) {
            return Err(format!("the answer does not end with {}", self.end_tag).into());
        }
        Ok(())
    }
}
