//! Every key of the settings file: what it takes, its default, and what it means. The reader, its messages about unknown
//! keys and the reference in docs/settings.md are all made of these tables.
//!
//! # Adding a setting
//!
//! Add a line to the section below. The compiler then names the `match` that has to read it (`file.rs`, `rules.rs`,
//! `matches.rs` or `mute.rs`), and failing tests name the rest: `settings/tidings.toml` shows the key with its default,
//! `tidings check` prints it (`cli/check/effective.rs`), and `make docs` writes docs/settings.md again.

/// A part of the file with keys of its own.
#[derive(Debug)]
pub(crate) struct Section {
    /// As it stands in the file, such as `[backup]`; empty for the top of the file.
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

/// A key and what stands behind it.
#[derive(Debug)]
pub(crate) struct Key {
    /// As it is written.
    pub(crate) name: &'static str,
    /// What it takes.
    #[cfg(feature = "cli")]
    pub(crate) takes: &'static str,
    /// What holds without it, as TOML; empty where leaving it out means something of its own.
    #[cfg(feature = "cli")]
    pub(crate) default: &'static str,
    /// What it does.
    #[cfg(feature = "cli")]
    pub(crate) meaning: &'static str,
}

/// A key; the function in Lambda, which prints no reference, keeps its name only.
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
    /// Every key.
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

/// The whole file, in the order of the reference.
pub(crate) const SECTIONS: [&Section; 8] = [
    &TopKey::SECTION,
    &RedshiftKey::SECTION,
    &RedshiftServerlessKey::SECTION,
    &BackupKey::SECTION,
    &S3TablesKey::SECTION,
    &RuleKey::SECTION,
    &MatchKey::SECTION,
    &MuteKey::SECTION,
];

section! {
    /// The top of the file.
    enum TopKey in "" {
        Sources = key(
            "sources",
            "list of sources",
            "[\"redshift\", \"redshift-serverless\", \"backup\", \"s3tables-replication\", \"s3tables-maintenance\"]",
            "What is watched. In a deployment the template's parameters decide, because permissions follow them",
        ),
        Routine = key(
            "routine",
            "list of sources",
            "[]",
            "Sources whose routine transitions are told, too: started, validating, every completion, disabled",
        ),
        UnreachableAfter = key(
            "unreachable_after",
            "number",
            "3",
            "Passes in a row that could not read a source before it is told as unreachable",
        ),
        ReminderInterval = key(
            "reminder_interval",
            "duration or \"never\"",
            "\"24h\"",
            "How often people are reminded of what goes on failing",
        ),
        DigestAbove = key(
            "digest_above",
            "number",
            "5",
            "More notices than this in one pass over a source are told together",
        ),
        Https = key(
            "https",
            "\"amazon-q\" or \"machine\"",
            "\"amazon-q\"",
            "What subscribers over HTTPS get: Amazon Q's form (Slack, Teams), or the machine form for webhooks of your own",
        ),
        Redshift = key("redshift", "section", "", "See below"),
        RedshiftServerless = key("redshift-serverless", "section", "", "See below"),
        Backup = key("backup", "section", "", "See below"),
        S3Tables = key("s3tables", "section", "", "See below"),
        Rule = key("rule", "list of sections", "", "Rules for particular cases, in order; see below"),
    }
}

section! {
    /// Table restores on clusters.
    enum RedshiftKey in "[redshift]" {
        StalledAfter = key(
            "stalled_after",
            "duration or \"never\"",
            "\"2h\"",
            "How long an unfinished restore may go without progress before it has stalled",
        ),
    }
}

section! {
    /// Table restores in namespaces.
    enum RedshiftServerlessKey in "[redshift-serverless]" {
        StalledAfter = key(
            "stalled_after",
            "duration or \"never\"",
            "\"2h\"",
            "How long an unfinished restore may go without progress before it has stalled",
        ),
    }
}

section! {
    /// Restore jobs.
    enum BackupKey in "[backup]" {
        StalledAfter = key(
            "stalled_after",
            "duration or \"never\"",
            "\"12h\"",
            "How long an unfinished restore may go without progress before it has stalled. Longer, because for many resource types AWS Backup says nothing of progress until the end",
        ),
        OverdueAfter = key(
            "overdue_after",
            "duration or \"never\"",
            "\"30m\"",
            "How far past AWS Backup's own estimate a restore may be before it is overdue",
        ),
        LookBack = key(
            "look_back",
            "duration",
            "\"24h\"",
            "How far back restore jobs are listed once the baseline is known",
        ),
        SettleLimit = key(
            "settle_limit",
            "duration",
            "\"192h\"",
            "How long a completed restore test waits for a validation or clean-up that has not begun",
        ),
    }
}

section! {
    /// S3 tables, for replication and maintenance alike.
    enum S3TablesKey in "[s3tables]" {
        Include = key(
            "include",
            "glob or list of globs",
            "[\"**\"]",
            "Globs over `bucket/namespace/table`; `*` stops at a slash, `**` does not",
        ),
        Exclude = key("exclude", "glob or list of globs", "[]", "Globs that win over `include`"),
        MaxLag = key(
            "max_lag",
            "duration or \"never\"",
            "\"6h\"",
            "How long changes may wait to be replicated before the replication is lagging",
        ),
        Concurrency = key("concurrency", "number", "32", "Status calls under way at once"),
        AwsManaged = key(
            "aws_managed",
            "true or false",
            "false",
            "Whether tables that AWS manages are watched, too: table buckets of type `aws` and tables that a service manages",
        ),
    }
}

section! {
    /// A rule.
    enum RuleKey in "[[rule]]" {
        Name = key(
            "name",
            "text",
            "",
            "What the rule is called in `tidings check` and in tests; its position unless given",
        ),
        Match = key(
            "match",
            "table",
            "",
            "Which cases it is for; see below. A rule without one is refused: `match = { source = \"*\" }` is everything",
        ),
        Severity = key("severity", "\"info\", \"warning\" or \"critical\"", "", "How grave the notice is"),
        Mute = key(
            "mute",
            "true, false or table",
            "",
            "When nobody is told; see below. `false` undoes an earlier rule's mute",
        ),
        FailureThreshold = key(
            "failure_threshold",
            "number",
            "",
            "How many runs must fail in a row before people hear of it (maintenance)",
        ),
        Repeats = key(
            "repeats",
            "\"tell\" or \"remind\"",
            "",
            "Whether each further failed run is told, or only counted for the next reminder; \"remind\" unless given",
        ),
        ReminderInterval = key(
            "reminder_interval",
            "duration or \"never\"",
            "",
            "How often people are reminded while it goes on failing",
        ),
        Routine = key("routine", "true or false", "", "Whether routine transitions are told"),
        TopicArn = key(
            "topic_arn",
            "ARN of an SNS topic",
            "",
            "The topic it goes to instead of the usual one; in the same region, and named in the template's `FurtherTopicArns`",
        ),
        Note = key("note", "text", "", "What to add to the notice: a link to a runbook, say"),
    }
}

section! {
    /// What a rule is for. `matches.rs` says which keys are labels, and of which sources.
    enum MatchKey in "match" {
        Source = key(
            "source",
            "source, or globs",
            "",
            "The source: `redshift`, `redshift-serverless`, `backup`, `s3tables-replication`, `s3tables-maintenance`",
        ),
        Reason = key(
            "reason",
            "reason, or globs",
            "",
            "The reason, such as `failed` or `still-failing`; docs/notices.md shows them all",
        ),
        Account = key("account", "globs", "", "The account's twelve digits, in quotes"),
        Region = key("region", "globs", "", "The region"),
        Message = key("message", "globs", "", "AWS's words: `\"*KMS*\"`"),
        Facet = key(
            "facet",
            "globs",
            "",
            "`restore`, `validation` or `deletion`; a destination's ARN; a maintenance job; `scope` for the source as a whole",
        ),
        Destination = key(
            "destination",
            "globs",
            "",
            "The destination of a replication: the table bucket's name or its ARN",
        ),
        JobType = key(
            "job_type",
            "globs",
            "",
            "The maintenance job: `icebergCompaction`, `icebergSnapshotManagement`, `icebergUnreferencedFileRemoval`",
        ),
        Cluster = key("cluster", "globs", "", "redshift: the cluster"),
        Database = key("database", "globs", "", "redshift, redshift-serverless: the database that is restored from"),
        SourceTable = key(
            "source_table",
            "globs",
            "",
            "redshift, redshift-serverless: the table that is restored, as `database.schema.table`",
        ),
        TargetTable = key(
            "target_table",
            "globs",
            "",
            "redshift, redshift-serverless: the table that it is restored to",
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
        Table = key("table", "globs", "", "s3tables: the table's name"),
        TableArn = key("table_arn", "globs", "", "s3tables: the table's ARN"),
        ResourceType = key("resource_type", "globs", "", "backup: the type of resource, such as `RDS`"),
        RestoreTestingPlan = key(
            "restore_testing_plan",
            "globs",
            "",
            "backup: the restore testing plan, by its name or its ARN",
        ),
        SourceResourceArn = key("source_resource_arn", "globs", "", "backup: what was backed up"),
        CreatedResourceArn = key("created_resource_arn", "globs", "", "backup: what the restore made"),
        RecoveryPointArn = key("recovery_point_arn", "globs", "", "backup: the recovery point"),
        BackupVaultArn = key("backup_vault_arn", "globs", "", "backup: the vault"),
        IamRoleArn = key("iam_role_arn", "globs", "", "backup: the role that restores"),
        ParentJobId = key("parent_job_id", "globs", "", "backup: the job that this one is a part of"),
    }
}

section! {
    /// When a rule mutes.
    enum MuteKey in "mute" {
        Until = key("until", "date and time", "", "Until then: `2026-12-01T00:00:00Z`. Alone, without the other keys"),
        Days = key(
            "days",
            "list of days",
            "",
            "Every week on these days: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`",
        ),
        From = key("from", "time", "\"00:00\"", "When the window begins on each of the days"),
        To = key(
            "to",
            "time",
            "\"00:00\"",
            "When it ends: on the same day if that is later than `from`, else on the next",
        ),
        TimeZone = key(
            "time_zone",
            "name of a time zone",
            "\"UTC\"",
            "Whose clock it goes by, such as `Europe/Berlin`",
        ),
    }
}
