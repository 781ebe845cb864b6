data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  suffix    = data.aws_partition.current.dns_suffix
  region    = data.aws_region.current.id

  tags = merge({ app = "tidings" }, var.tags)

  # What is watched, in the words of TIDINGS_SOURCES.
  sources = compact([
    var.watch_redshift ? "redshift" : "",
    var.watch_redshift_serverless ? "redshift-serverless" : "",
    var.watch_backup ? "backup" : "",
    var.watch_s3_tables_replication ? "s3tables-replication" : "",
    var.watch_s3_tables_maintenance ? "s3tables-maintenance" : "",
    var.watch_s3_tables_expiration ? "s3tables-expiration" : "",
    var.watch_backup_jobs ? "backup-jobs" : "",
    var.watch_backup_copies ? "backup-copies" : "",
    var.watch_dynamo_db_exports ? "dynamodb-exports" : "",
    var.watch_dynamo_db_imports ? "dynamodb-imports" : "",
  ])

  # The dashboard always has these, and the others only while they are watched.
  sources_by_default = ["redshift", "redshift-serverless", "backup", "s3tables-replication", "s3tables-maintenance"]

  # A pass ends before the next one begins, so a lease never lasts longer than its period. In seconds, but for `slow`, which
  # is four fifths of the timeout in milliseconds.
  seconds = var.period_minutes * 60
  timeout = { 1 = 50, 2 = 105, 5 = 270, 10 = 570, 15 = 870, 30 = 900, 60 = 900 }[var.period_minutes]
  slow    = local.timeout * 800
  late    = local.seconds * 3

  has_targets      = var.targets != "home"
  has_queues       = var.targets == "many"
  has_organization = local.has_targets && var.organization_id != null
  has_stack_set    = local.has_organization && length(var.organizational_unit_ids) > 0

  has_page   = var.with_dashboard
  has_button = local.has_chat && var.silence_from_chat

  makes_key = var.kms_key == "new"
  has_key   = var.kms_key != "aws-managed"
  # Null without one.
  key_arn = local.makes_key ? one(aws_kms_key.tidings[*].arn) : var.kms_key_arn

  topic_arn       = var.create_topic ? one(aws_sns_topic.notices[*].arn) : var.existing_topic_arn
  alarm_topic_arn = var.create_alarm_topic ? one(aws_sns_topic.alarms[*].arn) : var.alarm_topic_arn
}
