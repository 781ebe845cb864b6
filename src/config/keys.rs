//! Every key of the settings file: what it takes, its default, and what it means. The reader, its messages about unknown
//! keys and the reference in docs/settings.md are all made of these tables.

/// A part of the file with keys of its own.
#[derive(Debug)]
pub(crate) struct Section {
    /// As it stands in the file, such as `[backup]`; empty for the top of the file.
    pub(crate) title: &'static str,
    /// What may stand in it.
    pub(crate) keys: &'static [Key],
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

impl Section {
    /// The names of its keys.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }
}

/// The whole file, in the order of the reference.
pub(crate) const SECTIONS: [&Section; 8] =
    [&TOP, &REDSHIFT, &REDSHIFT_SERVERLESS, &BACKUP, &S3TABLES, &RULE, &MATCH, &MUTE];

/// The top of the file.
pub(crate) const TOP: Section = Section {
    title: "",
    keys: &[
        key(
            "sources",
            "list of sources",
            "[\"redshift\", \"redshift-serverless\", \"backup\", \"s3tables-replication\", \"s3tables-maintenance\"]",
            "What is watched. In a deployment the template's parameters decide, because permissions follow them",
        ),
        key(
            "routine",
            "list of sources",
            "[]",
            "Sources whose routine transitions are told, too: started, validating, every completion, disabled",
        ),
        key(
            "unreachable_after",
            "number",
            "3",
            "Passes in a row that could not read a source before it is told as unreachable",
        ),
        key(
            "reminder_interval",
            "duration or \"never\"",
            "\"24h\"",
            "How often people are reminded of what goes on failing",
        ),
        key("digest_above", "number", "5", "More notices than this in one pass over a source are told together"),
        key(
            "https",
            "\"amazon-q\" or \"machine\"",
            "\"amazon-q\"",
            "What subscribers over HTTPS get: Amazon Q's form (Slack, Teams), or the machine form for webhooks of your own",
        ),
        key("redshift", "section", "", "See below"),
        key("redshift-serverless", "section", "", "See below"),
        key("backup", "section", "", "See below"),
        key("s3tables", "section", "", "See below"),
        key("rule", "list of sections", "", "Rules for particular cases, in order; see below"),
    ],
};

/// Table restores on clusters.
pub(crate) const REDSHIFT: Section = Section {
    title: "[redshift]",
    keys: &[key(
        "stalled_after",
        "duration or \"never\"",
        "\"2h\"",
        "How long an unfinished restore may go without progress before it has stalled",
    )],
};

/// Table restores in namespaces.
pub(crate) const REDSHIFT_SERVERLESS: Section = Section {
    title: "[redshift-serverless]",
    keys: &[key(
        "stalled_after",
        "duration or \"never\"",
        "\"2h\"",
        "How long an unfinished restore may go without progress before it has stalled",
    )],
};

/// Restore jobs.
pub(crate) const BACKUP: Section = Section {
    title: "[backup]",
    keys: &[
        key(
            "stalled_after",
            "duration or \"never\"",
            "\"12h\"",
            "How long an unfinished restore may go without progress before it has stalled. Longer, because for many resource types AWS Backup says nothing of progress until the end",
        ),
        key(
            "overdue_after",
            "duration or \"never\"",
            "\"30m\"",
            "How far past AWS Backup's own estimate a restore may be before it is overdue",
        ),
        key("look_back", "duration", "\"24h\"", "How far back restore jobs are listed once the baseline is known"),
        key(
            "settle_limit",
            "duration",
            "\"192h\"",
            "How long a completed restore test waits for a validation or clean-up that has not begun",
        ),
    ],
};

/// S3 tables, for replication and maintenance alike.
pub(crate) const S3TABLES: Section = Section {
    title: "[s3tables]",
    keys: &[
        key(
            "include",
            "glob or list of globs",
            "[\"**\"]",
            "Globs over `bucket/namespace/table`; `*` stops at a slash, `**` does not",
        ),
        key("exclude", "glob or list of globs", "[]", "Globs that win over `include`"),
        key(
            "max_lag",
            "duration or \"never\"",
            "\"6h\"",
            "How long changes may wait to be replicated before the replication is lagging",
        ),
        key("concurrency", "number", "32", "Status calls under way at once"),
    ],
};

/// A rule.
pub(crate) const RULE: Section = Section {
    title: "[[rule]]",
    keys: &[
        key("name", "text", "", "What the rule is called in `tidings check` and in tests; its position unless given"),
        key(
            "match",
            "table",
            "",
            "Which cases it is for; see below. A rule without one is refused: `match = { source = \"*\" }` is everything",
        ),
        key("severity", "\"info\", \"warning\" or \"critical\"", "", "How grave the notice is"),
        key(
            "mute",
            "true, false or table",
            "",
            "When nobody is told; see below. `false` undoes an earlier rule's mute",
        ),
        key(
            "failure_threshold",
            "number",
            "",
            "How many runs must fail in a row before people hear of it (maintenance)",
        ),
        key(
            "repeats",
            "\"tell\" or \"remind\"",
            "",
            "Whether each further failed run is told, or only counted for the next reminder",
        ),
        key("reminder_interval", "duration or \"never\"", "", "How often people are reminded while it goes on failing"),
        key("routine", "true or false", "", "Whether routine transitions are told"),
        key(
            "topic_arn",
            "ARN of an SNS topic",
            "",
            "The topic it goes to instead of the usual one; in the same region, and named in the template's `FurtherTopicArns`",
        ),
        key("note", "text", "", "What to add to the notice: a link to a runbook, say"),
    ],
};

/// What a rule is for. The sources' labels follow in [`super::matches::LABELS`].
pub(crate) const MATCH: Section = Section {
    title: "match",
    keys: &[
        key(
            "source",
            "source, or globs",
            "",
            "The source: `redshift`, `redshift-serverless`, `backup`, `s3tables-replication`, `s3tables-maintenance`",
        ),
        key(
            "reason",
            "reason, or globs",
            "",
            "The reason, such as `failed` or `still-failing`; docs/notices.md shows them all",
        ),
        key("account", "globs", "", "The account's twelve digits, in quotes"),
        key("region", "globs", "", "The region"),
        key("message", "globs", "", "AWS's words: `\"*KMS*\"`"),
        key(
            "facet",
            "globs",
            "",
            "`restore`, `validation` or `deletion`; a destination's ARN; a maintenance job; `scope` for the source as a whole",
        ),
        key("destination", "globs", "", "The destination of a replication: the table bucket's name or its ARN"),
        key(
            "job_type",
            "globs",
            "",
            "The maintenance job: `icebergCompaction`, `icebergSnapshotManagement`, `icebergUnreferencedFileRemoval`",
        ),
        key("cluster", "globs", "", "redshift: the cluster"),
        key("database", "globs", "", "redshift, redshift-serverless: the database that is restored from"),
        key(
            "source_table",
            "globs",
            "",
            "redshift, redshift-serverless: the table that is restored, as `database.schema.table`",
        ),
        key("target_table", "globs", "", "redshift, redshift-serverless: the table that it is restored to"),
        key("snapshot", "globs", "", "redshift, redshift-serverless: the snapshot"),
        key("namespace", "globs", "", "redshift-serverless: the namespace; s3tables: the table's namespace"),
        key("workgroup", "globs", "", "redshift-serverless: the workgroup"),
        key("recovery_point", "globs", "", "redshift-serverless: the recovery point's id"),
        key("bucket", "globs", "", "s3tables: the table bucket's name"),
        key("bucket_arn", "globs", "", "s3tables: the table bucket's ARN"),
        key("table", "globs", "", "s3tables: the table's name"),
        key("table_arn", "globs", "", "s3tables: the table's ARN"),
        key("resource_type", "globs", "", "backup: the type of resource, such as `RDS`"),
        key("restore_testing_plan", "globs", "", "backup: the restore testing plan, by its name or its ARN"),
        key("source_resource_arn", "globs", "", "backup: what was backed up"),
        key("created_resource_arn", "globs", "", "backup: what the restore made"),
        key("recovery_point_arn", "globs", "", "backup: the recovery point"),
        key("backup_vault_arn", "globs", "", "backup: the vault"),
        key("iam_role_arn", "globs", "", "backup: the role that restores"),
        key("parent_job_id", "globs", "", "backup: the job that this one is a part of"),
    ],
};

/// When a rule mutes.
pub(crate) const MUTE: Section = Section {
    title: "mute",
    keys: &[
        key("until", "date and time", "", "Until then: `2026-12-01T00:00:00Z`. Alone, without the other keys"),
        key("days", "list of days", "", "Every week on these days: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`"),
        key("from", "time", "\"00:00\"", "When the window begins on each of the days"),
        key("to", "time", "\"00:00\"", "When it ends: on the same day if that is later than `from`, else on the next"),
        key("time_zone", "name of a time zone", "\"UTC\"", "Whose clock it goes by, such as `Europe/Berlin`"),
    ],
};
