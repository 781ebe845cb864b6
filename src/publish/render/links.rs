//! Where to look in the AWS console.

use std::fmt::Write as _;

use crate::domain::{Notice, Source};

/// The console page nearest to the notice's subject. For a notice about a scope it is the page that lists its subjects.
/// `None` when the region is not known.
///
/// S3 Tables pages are linked by region only: a table bucket's own page has no documented address.
pub fn console(notice: &Notice) -> Option<String> {
    let region = notice.scope.region.as_str();
    if region.is_empty() || !region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return None;
    }
    let label = |name: &str| {
        let value = notice.labels.get(name).filter(|value| !value.is_empty());
        value.map(|value| encode(value))
    };
    let about_scope = notice.facet == "scope";
    let page = match notice.scope.source {
        Source::Redshift => match label("cluster") {
            Some(cluster) => {
                format!("redshiftv2/home?region={region}#cluster-details?cluster={cluster}")
            }
            None => format!("redshiftv2/home?region={region}#clusters"),
        },
        Source::RedshiftServerless => match label("workgroup") {
            Some(workgroup) => {
                format!("redshiftv2/home?region={region}#serverless-workgroup?workgroup={workgroup}")
            }
            None => format!("redshiftv2/home?region={region}#serverless-dashboard"),
        },
        Source::Backup if about_scope => format!("backup/home?region={region}#/jobs/restore"),
        Source::Backup => format!("backup/home?region={region}#/jobs/restore/details/{}", encode(&notice.subject)),
        Source::S3TablesReplication | Source::S3TablesMaintenance => {
            format!("s3/table-buckets?region={region}")
        }
    };
    Some(format!("https://{region}.{}/{page}", domain(region)))
}

/// The console's domain in the region's partition: `aws`, `aws-cn` or `aws-us-gov`.
fn domain(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "console.amazonaws.cn",
        _ if region.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    }
}

/// Percent-encodes everything that is not unreserved in a URI.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}
