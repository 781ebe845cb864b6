//! Every key of the settings file with its values, its default and its meaning. The reader, its messages about unknown keys
//! and the reference in docs/settings.md are made from these tables.
//!
//! # Adding a setting
//!
//! Add a line to the section below. The compiler then names the `match` that has to read it (`file.rs`, `rules.rs`,
//! `matches.rs`, `mute.rs` or `report.rs`), and failing tests name the rest: `settings/tidings.toml` shows the key with its default,
//! `tidings check` prints it (`cli/check/effective.rs`), and `make docs` writes docs/settings.md again.

/// A section of the file.
#[derive(Debug)]
pub(crate) struct Section {
    /// As it is written in the file, such as `[backup]`; empty for the top of the file.
    pub(crate) title: &'static str,
    /// What may stand in it.
    pub(crate) keys: &'static [Key],
}

impl Section {
    /// The names of its keys.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }
}

/// A key.
#[derive(Debug)]
pub(crate) struct Key {
    /// As it is written.
    pub(crate) name: &'static str,
    #[cfg(feature = "cli")]
    pub(crate) takes: &'static str,
    /// Its default, as TOML; empty if it has none.
    #[cfg(feature = "cli")]
    pub(crate) default: &'static str,
    #[cfg(feature = "cli")]
    pub(crate) meaning: &'static str,
}

/// A key. In the Lambda function, which prints no reference, it has only a name.
#[cfg_attr(not(feature = "cli"), expect(unused_variables, reason = "only the reference says them"))]
pub(crate) const fn key(name: &'static str, takes: &'static str, default: &'static str, meaning: &'static str) -> Key {
    Key {
        name,
        #[cfg(feature = "cli")]
        takes,
        #[cfg(feature = "cli")]
        default,
        #[cfg(feature = "cli")]
        meaning,
    }
}

/// The keys of a section as an enum, which its reader matches without a fall-through arm. Made by [`section!`] only, so
/// that both lists have the same order.
pub(crate) trait Keys: Copy + Eq + 'static {
    const ALL: &'static [Self];
    /// The section, with the name and meaning of every key.
    const SECTION: Section;
}

/// `section! { enum TheKeys in "[title]" { Variant = key(name, takes, default, meaning), .. } }`: the enum of a section's
/// keys, and the table of what they mean.
macro_rules! section {
    ($(#[$doc:meta])* enum $keys:ident in $title:literal { $($variant:ident = $key:expr),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $keys {
            $($variant),+
        }

        impl Keys for $keys {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            const SECTION: Section = Section { title: $title, keys: &[$($key),+] };
        }
    };
}
#[cfg(feature = "cli")]
pub(crate) use section;

/// The top of the file and its sections, in the order of the reference.
pub(crate) const SETTINGS: [&Section; 11] = [
    &TopKey::SECTION,
    &TargetsKey::SECTION,
    &ReportKey::SECTION,
    &RedshiftKey::SECTION,
    &RedshiftServerlessKey::SECTION,
    &BackupKey::SECTION,
    &S3TablesKey::SECTION,
    &BackupJobsKey::SECTION,
    &BackupCopiesKey::SECTION,
    &DynamoDbExportsKey::SECTION,
    &DynamoDbImportsKey::SECTION,
];

/// What a rule is made of.
pub(crate) const RULES: [&Section; 3] = [&RuleKey::SECTION, &MatchKey::SECTION, &MuteKey::SECTION];

section! {
    /// The top of the file.
    enum TopKey in "" {
        Sources = key(
            "sources",
            "list of sources",
            "[\"redshift\", \"redshift-serverless\", \"backup\", \"s3tables-replication\", \"s3tables-maintenance\"]",
            "The sources to watch: these, and `s3tables-expiration`, `backup-jobs`, `backup-copies`, `dynamodb-exports` and `dynamodb-imports`. In a deployment the template's parameters decide this, because they also grant the permissions",
        ),
        Routine = key(
            "routine",
            "list of sources",
            "[]",
            "Sources that also send routine notices: started, validating, every completion, disabled",
        ),
        UnreachableAfter = key(
            "unreachable_after",
            "number",
            "3",
            "How many passes in a row must fail to read a source before it is reported as unreachable",
        ),
        ReminderInterval = key(
            "reminder_interval",
            "duration or \"never\"",
            "\"24h\"",
            "How often to send a reminder of what is still failing",
        ),
        DigestAbove = key(
            "digest_above",
            "number",
            "5",
            "If a pass over a source has more notices than this, they are sent together in a digest",
        ),
        Https = key(
            "https",
            "\"amazon-q\" or \"machine\"",
            "\"amazon-q\"",
            "What HTTPS subscribers receive: the form for Amazon Q Developer (Slack, Teams), or the machine-readable form for your own webhooks",
        ),
        Targets = key("targets", "section", "", "See below"),
        Report = key("report", "section", "", "See below"),
        Redshift = key("redshift", "section", "", "See below"),
        RedshiftServerless = key("redshift-serverless", "section", "", "See below"),
        Backup = key("backup", "section", "", "See below"),
        S3Tables = key("s3tables", "section", "", "See below"),
        BackupJobs = key("backup-jobs", "section", "", "See below"),
        BackupCopies = key("backup-copies", "section", "", "See below"),
        DynamoDbExports = key("dynamodb-exports", "section", "", "See below"),
        DynamoDbImports = key("dynamodb-imports", "section", "", "See below"),
        Rule = key("rule", "list of sections", "", "Rules that change how some notices are sent; see below"),
    }
}

section! {
    /// The accounts and regions.
    enum TargetsKey in "[targets]" {
        Regions = key("regions", "list of regions", "[]", "The regions to watch in every account. Default: the function's own region"),
        Accounts = key(
            "accounts",
            "\"organization\", or list of accounts",
            "[]",
            "The accounts to watch: all of the organization, or a list of ids and of tables such as `{ id = \"444455556666\", name = \"prod-data\" }`. Default: the function's own account",
        ),
        Role = key(
            "role",
            "name of an IAM role",
            "\"tidings-reader\"",
            "The role that tidings assumes in every account but its own. `member.yaml` creates it",
        ),
        ExternalId = key("external_id", "text", "", "The external id that the role requires"),
        ExcludeAccounts = key(
            "exclude_accounts",
            "glob or list of globs",
            "[]",
            "Accounts not to watch: ids, or globs for names",
        ),
        OrganizationalUnits = key(
            "organizational_units",
            "list of ids",
            "[]",
            "With `accounts = \"organization\"`: watch only the accounts below these organizational units",
        ),
        GroupBy = key(
            "group_by",
            "list of \"account\" and \"region\"",
            "[]",
            "What keeps digests apart: with `[\"account\"]`, notices of different accounts never share a message",
        ),
    }
}

section! {
    /// An account in the list of accounts.
    enum AccountKey in "accounts" {
        Id = key("id", "account id", "", "Twelve digits, in quotes"),
        Name = key("name", "text", "", "The name in messages"),
    }
}

section! {
    /// The report about every week or month.
    enum ReportKey in "[report]" {
        Every = key(
            "every",
            "\"week\", \"month\" or \"never\"",
            "\"never\"",
            "How often to send a report of what was watched, restored and told, and of what is failing: one message to the default topic",
        ),
        Day = key(
            "day",
            "day of the week, or number",
            "",
            "The day on which it is sent. With `every = \"week\"`: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`; default `mon`. With `every = \"month\"`: the day of the month, from 1 to 31, or the last day of a shorter month; default 1",
        ),
        At = key("at", "time", "\"08:00\"", "The time of day at which the period ends. The report is sent with the first pass that is five minutes later, or more"),
        TimeZone = key(
            "time_zone",
            "name of a time zone",
            "\"UTC\"",
            "The time zone of the day and the time, such as `Europe/Berlin`",
        ),
    }
}

/// What every section about one-shot jobs has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobsKey {
    Every,
    StalledAfter,
}

/// `jobs_section!(TheKeys in "[title]", "2h", "further words")`: a section about one-shot jobs, the default of its
/// `stalled_after`, and what to add to its meaning.
macro_rules! jobs_section {
    ($keys:ident in $title:literal, $stalled_after:literal, $more:literal) => {
        section! {
            enum $keys in $title {
                Every = key("every", "duration or \"tick\"", "\"tick\"", "How often to ask at most. `\"tick\"` is every pass"),
                StalledAfter = key(
                    "stalled_after",
                    "duration or \"never\"",
                    $stalled_after,
                    concat!("How long an unfinished job may go without progress before it counts as stalled", $more),
                ),
            }
        }

        impl From<$keys> for JobsKey {
            fn from(key: $keys) -> Self {
                match key {
                    $keys::Every => Self::Every,
                    $keys::StalledAfter => Self::StalledAfter,
                }
            }
        }
    };
}

jobs_section!(RedshiftKey in "[redshift]", "\"2h\"", "");
jobs_section!(RedshiftServerlessKey in "[redshift-serverless]", "\"2h\"", "");
jobs_section!(
    BackupJobsKey in "[backup-jobs]",
    "\"12h\"",
    ". A job that waits within its start window is not stalled. `look_back` and `overdue_after` of `[backup]` apply to backup jobs too"
);
jobs_section!(BackupCopiesKey in "[backup-copies]", "\"24h\"", ". AWS reports no progress of copies, so this is how long one may take. `look_back` of `[backup]` applies to copies too");
jobs_section!(DynamoDbExportsKey in "[dynamodb-exports]", "\"24h\"", ". AWS reports no progress of exports, so this is how long one may take");
jobs_section!(DynamoDbImportsKey in "[dynamodb-imports]", "\"24h\"", "");

section! {
    /// Restore jobs.
    enum BackupKey in "[backup]" {
        Every = key(
            "every",
            "duration or \"tick\"",
            "\"tick\"",
            "How often to ask at most. `\"tick\"` is every pass",
        ),
        StalledAfter = key(
            "stalled_after",
            "duration or \"never\"",
            "\"12h\"",
            "How long an unfinished restore may go without progress before it counts as stalled. The default is longer than for Redshift because for many resource types AWS Backup reports no progress until the end",
        ),
        OverdueAfter = key(
            "overdue_after",
            "duration or \"never\"",
            "\"30m\"",
            "How long after AWS Backup's own estimate a job counts as overdue",
        ),
        LookBack = key(
            "look_back",
            "duration",
            "\"24h\"",
            "How far back to list jobs after the first pass",
        ),
        SettleLimit = key(
            "settle_limit",
            "duration",
            "\"192h\"",
            "How long to wait after a restore test has completed for its validation or clean-up to begin",
        ),
    }
}

section! {
    /// S3 tables, for replication, maintenance and record expiration alike.
    enum S3TablesKey in "[s3tables]" {
        Every = key(
            "every",
            "duration or \"tick\"",
            "\"tick\"",
            "How often to ask at most. `\"tick\"` is every pass",
        ),
        Include = key(
            "include",
            "glob or list of globs",
            "[\"**\"]",
            "The tables to watch: globs for `bucket/namespace/table`. `*` stops at a slash, `**` does not",
        ),
        Exclude = key("exclude", "glob or list of globs", "[]", "The tables not to watch, even if `include` has them"),
        MaxLag = key(
            "max_lag",
            "duration or \"never\"",
            "\"6h\"",
            "How long changes may wait to be replicated before the replication counts as lagging",
        ),
        Concurrency = key("concurrency", "number", "32", "How many status calls may be in flight at once"),
        AwsManaged = key(
            "aws_managed",
            "true or false",
            "false",
            "Also watch the replication and maintenance of tables that AWS manages: table buckets of type `aws`, and tables that a service manages",
        ),
    }
}

section! {
    enum RuleKey in "[[rule]]" {
        Name = key(
            "name",
            "text",
            "",
            "The rule's name in `tidings check` and in tests. Default: its position",
        ),
        Match = key(
            "match",
            "table",
            "",
            "Which notices the rule is for; see below. Required: use `match = { source = \"*\" }` for all",
        ),
        Severity = key("severity", "\"info\", \"warning\" or \"critical\"", "", "The notice's severity"),
        Mute = key(
            "mute",
            "true, false or table",
            "",
            "When not to send the notice; see below. `false` cancels the mute of an earlier rule",
        ),
        FailureThreshold = key(
            "failure_threshold",
            "number",
            "",
            "How many runs must fail in a row before the failure is sent (maintenance)",
        ),
        Repeats = key(
            "repeats",
            "\"tell\" or \"remind\"",
            "",
            "What to do with further failed runs: `\"tell\"` sends a notice for each one, `\"remind\"` counts them for the next reminder. Default: `\"remind\"`",
        ),
        ReminderInterval = key(
            "reminder_interval",
            "duration or \"never\"",
            "",
            "How often to send a reminder while it is still failing",
        ),
        Routine = key("routine", "true or false", "", "Whether to send routine notices"),
        TopicArn = key(
            "topic_arn",
            "ARN of an SNS topic",
            "",
            "The topic to publish to instead of the default topic. It must be in the same region and listed in the template's `FurtherTopicArns`",
        ),
        Note = key("note", "text", "", "Text to add to the notice, such as a link to a runbook"),
    }
}

section! {
    /// What a rule is for. `matches.rs` says which keys are labels, and of which sources.
    enum MatchKey in "match" {
        Source = key(
            "source",
            "source, or globs",
            "",
            "`redshift`, `redshift-serverless`, `backup`, `s3tables-replication`, `s3tables-maintenance`, `s3tables-expiration`, `backup-jobs`, `backup-copies`, `dynamodb-exports`, `dynamodb-imports`",
        ),
        Reason = key(
            "reason",
            "reason, or globs",
            "",
            "The reason, such as `failed` or `still-failing`; docs/notices.md lists all of them",
        ),
        Account = key("account", "globs", "", "The account id: twelve digits, in quotes"),
        AccountName = key("account_name", "globs", "", "The account's name in the organization or in `[targets]`"),
        Ou = key("ou", "globs", "", "The id of an organizational unit that the account is in, at any level"),
        AccountTag = key(
            "account_tag",
            "table of globs",
            "",
            "Tags of the account, by their keys: `account_tag.environment = \"prod\"`",
        ),
        Region = key("region", "globs", "", "The region"),
        Message = key("message", "globs", "", "AWS's status message, such as `\"*KMS*\"`"),
        Facet = key(
            "facet",
            "globs",
            "",
            "The part of a subject: `restore`, `validation` or `deletion`; `backup`, `copy`, `export` or `import`; the ARN of a replication's destination; a maintenance job; `scope` for the source as a whole",
        ),
        Destination = key(
            "destination",
            "globs",
            "",
            "s3tables-replication: the destination table bucket, by name or ARN",
        ),
        JobType = key(
            "job_type",
            "globs",
            "",
            "s3tables-maintenance: the job: `icebergCompaction`, `icebergSnapshotManagement`, `icebergUnreferencedFileRemoval`; s3tables-expiration: `recordExpiration`",
        ),
        Cluster = key("cluster", "globs", "", "redshift: the cluster"),
        Database = key("database", "globs", "", "redshift, redshift-serverless: the database to restore from"),
        SourceTable = key(
            "source_table",
            "globs",
            "",
            "redshift, redshift-serverless: the table to restore, as `database.schema.table`",
        ),
        TargetTable = key(
            "target_table",
            "globs",
            "",
            "redshift, redshift-serverless: the new table, as `database.schema.table`",
        ),
        Snapshot = key("snapshot", "globs", "", "redshift, redshift-serverless: the snapshot"),
        Namespace = key(
            "namespace",
            "globs",
            "",
            "redshift-serverless: the namespace; s3tables: the table's namespace",
        ),
        Workgroup = key("workgroup", "globs", "", "redshift-serverless: the workgroup"),
        RecoveryPoint = key("recovery_point", "globs", "", "redshift-serverless: the recovery point's id"),
        Bucket = key("bucket", "globs", "", "s3tables: the table bucket's name"),
        BucketArn = key("bucket_arn", "globs", "", "s3tables: the table bucket's ARN"),
        Table = key("table", "globs", "", "s3tables, dynamodb-exports, dynamodb-imports: the table's name"),
        TableArn = key("table_arn", "globs", "", "s3tables, dynamodb-exports, dynamodb-imports: the table's ARN"),
        ResourceType = key("resource_type", "globs", "", "backup, backup-jobs, backup-copies: the type of resource, such as `RDS`"),
        RestoreTestingPlan = key(
            "restore_testing_plan",
            "globs",
            "",
            "backup: the restore testing plan, by name or ARN",
        ),
        SourceResourceArn = key("source_resource_arn", "globs", "", "backup, backup-jobs, backup-copies: the ARN of the resource that is backed up"),
        CreatedResourceArn = key("created_resource_arn", "globs", "", "backup: the ARN of the resource that the restore created"),
        RecoveryPointArn = key("recovery_point_arn", "globs", "", "backup, backup-jobs, backup-copies: the ARN of the recovery point"),
        BackupVaultArn = key("backup_vault_arn", "globs", "", "backup, backup-jobs, backup-copies: the ARN of the vault"),
        IamRoleArn = key("iam_role_arn", "globs", "", "backup, backup-jobs, backup-copies: the ARN of the role of the job"),
        ParentJobId = key("parent_job_id", "globs", "", "backup, backup-jobs, backup-copies: the id of the job that this one is part of"),
        ResourceName = key("resource_name", "globs", "", "backup-jobs, backup-copies: the name of the resource"),
        BackupPlan = key("backup_plan", "globs", "", "backup-jobs, backup-copies: the backup plan, by name, or by ARN where AWS gives no name"),
        DestinationVaultArn = key("destination_vault_arn", "globs", "", "backup-copies: the ARN of the vault that is copied to"),
        S3Bucket = key("s3_bucket", "globs", "", "dynamodb-exports, dynamodb-imports: the S3 bucket"),
    }
}

section! {
    /// When a rule mutes.
    enum MuteKey in "mute" {
        Until = key("until", "date and time", "", "Mute until this time, such as `2026-12-01T00:00:00Z`. Not together with the other keys"),
        Days = key(
            "days",
            "list of days",
            "",
            "Mute every week on these days: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`",
        ),
        From = key("from", "time", "\"00:00\"", "When the mute begins on each of the days"),
        To = key(
            "to",
            "time",
            "\"00:00\"",
            "When the mute ends: on the same day if this is later than `from`, otherwise on the next day",
        ),
        TimeZone = key(
            "time_zone",
            "name of a time zone",
            "\"UTC\"",
            "The time zone of the days and times, such as `Europe/Berlin`",
        ),
    }
}
