//! The AWS command line that shows more.

use crate::domain::{Notice, Source};

/// A line for the AWS CLI that asks for the notice's subject, or lists those of its scope. `None` when a part of the
/// line is not known.
pub(super) fn show_more(notice: &Notice) -> Option<String> {
    let label = |name: &str| notice.labels.get(name).filter(|value| !value.is_empty()).map(|value| quote(value));
    let about_scope = notice.facet == "scope";
    let subject = quote(&notice.subject);
    let ask = match notice.scope.source {
        Source::Redshift if about_scope => "redshift describe-table-restore-status".to_owned(),
        Source::Redshift => {
            format!("redshift describe-table-restore-status --table-restore-request-id {subject}")
        }
        Source::RedshiftServerless if about_scope => "redshift-serverless list-table-restore-status".to_owned(),
        Source::RedshiftServerless => {
            format!("redshift-serverless get-table-restore-status --table-restore-request-id {subject}")
        }
        Source::Backup if about_scope => "backup list-restore-jobs".to_owned(),
        Source::Backup => format!("backup describe-restore-job --restore-job-id {subject}"),
        Source::S3TablesReplication | Source::S3TablesMaintenance if about_scope => {
            "s3tables list-table-buckets".to_owned()
        }
        Source::S3TablesReplication => {
            format!("s3tables get-table-replication-status --table-arn {}", label("table_arn").unwrap_or(subject))
        }
        Source::S3TablesMaintenance => format!(
            "s3tables get-table-maintenance-job-status --table-bucket-arn {} --namespace {} --name {}",
            label("bucket_arn")?,
            label("namespace")?,
            label("table")?
        ),
    };
    Some(format!("aws {ask} --region {}", quote(&notice.scope.region)))
}

/// The text as one word for a POSIX shell.
fn quote(text: &str) -> String {
    let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:@+=,".contains(&b));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::{quote, show_more};
    use crate::domain::{Notice, Reason, Source};
    use crate::publish::samples::bare;

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
            let scope = Notice { facet: "scope".to_owned(), ..bare(source, Reason::Unreachable) };
            assert_eq!(show_more(&scope).as_deref(), Some(format!("aws {list} --region us-east-1").as_str()));
            if !of_subject.is_empty() {
                let line = show_more(&bare(source, Reason::Failed)).expect("a line");
                assert!(line.contains(of_subject), "{line}");
            }
        }
    }

    #[test]
    fn odd_names_are_quoted_for_the_shell() {
        assert_eq!(quote("arn:aws:s3tables:us-east-1:1:bucket/lake"), "arn:aws:s3tables:us-east-1:1:bucket/lake");
        assert_eq!(quote("a; rm -rf ~"), "'a; rm -rf ~'");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote(""), "''");
    }
}
