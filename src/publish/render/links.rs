//! The console link and the AWS CLI command of a notice.

use super::escape::shell_word;
use crate::domain::Notice;
use crate::publish::about::about;

/// The console page of the subject, or as close to it as a link can get. For a notice about a scope, the page that
/// lists its subjects. `None` if the region is not known.
pub fn console(notice: &Notice) -> Option<String> {
    let region = notice.scope.region.as_str();
    if region.is_empty() || !region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return None;
    }
    let page = about(notice.scope.source).console(notice.facet_event(), region);
    Some(format!("https://{region}.{}/{page}", domain(region)))
}

/// The domain of the console in the partition of the region: `aws`, `aws-cn` or `aws-us-gov`.
fn domain(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "console.amazonaws.cn",
        _ if region.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    }
}

/// The AWS CLI command that shows the subject, or lists the subjects of the scope. `None` if a part of the command is
/// not known.
pub(crate) fn command(notice: &Notice) -> Option<String> {
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
    fn commands_list_a_scope_and_show_a_subject() {
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
