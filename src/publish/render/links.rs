//! Where to look for more: the AWS console and the AWS CLI.

use super::escape::shell_word;
use crate::domain::Notice;
use crate::publish::about::about;

/// The console page nearest to the notice's subject. For a notice about a scope it is the page that lists its subjects.
/// `None` when the region is not known.
pub fn console(notice: &Notice) -> Option<String> {
    let region = notice.scope.region.as_str();
    if region.is_empty() || !region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return None;
    }
    let page = about(notice.scope.source).console(notice.facet_event(), region);
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

/// A line for the AWS CLI that asks for the notice's subject, or lists those of its scope. `None` when a part of the
/// line is not known.
pub(in crate::publish) fn command(notice: &Notice) -> Option<String> {
    let command = about(notice.scope.source).command(notice.facet_event())?;
    Some(format!("aws {command} --region {}", shell_word(&notice.scope.region)))
}

#[cfg(test)]
mod tests {
    use super::command;
    use crate::domain::Source;
    use crate::domain::notice::FacetChange;
    use crate::samples::{bare, unreachable};

    #[test]
    fn a_scope_is_listed_and_a_subject_asked_for() {
        let cases = [
            (Source::Redshift, "redshift describe-table-restore-status", " --table-restore-request-id subject"),
            (Source::RedshiftServerless, "redshift-serverless list-table-restore-status", ""),
            (Source::Backup, "backup list-restore-jobs", ""),
            (Source::S3TablesReplication, "s3tables list-table-buckets", ""),
            (Source::S3TablesMaintenance, "s3tables list-table-buckets", ""),
        ];
        for (source, list, of_subject) in cases {
            let scope = unreachable(source, "denied");
            assert_eq!(command(&scope).as_deref(), Some(format!("aws {list} --region us-east-1").as_str()));
            if !of_subject.is_empty() {
                let line = command(&bare(source, FacetChange::Canceled)).expect("a line");
                assert!(line.contains(of_subject), "{line}");
            }
        }
    }
}
