mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  artifact_version = "1.2.0"
  artifact_sha256  = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
  artifact_bucket  = "releases"
  artifact_key     = "tidings-arm64.zip"
}

run "only_the_artifact_has_to_be_named" {
  command = plan

  assert {
    condition     = aws_lambda_function.notifier.environment[0].variables.TIDINGS_SOURCES == "redshift,redshift-serverless,backup,s3tables-replication,s3tables-maintenance"
    error_message = "Another list of sources is watched than by default."
  }

  assert {
    condition     = aws_scheduler_schedule.tick.schedule_expression == "rate(5 minutes)" && aws_lambda_function.notifier.timeout == 270
    error_message = "The function is not invoked every five minutes, or has another timeout than it should."
  }

  assert {
    condition     = aws_dynamodb_table.state.deletion_protection_enabled && aws_dynamodb_table.state.point_in_time_recovery[0].enabled
    error_message = "The table is not protected."
  }

  assert {
    condition = (
      aws_dynamodb_table.state.server_side_encryption[0].kms_key_arn == aws_kms_key.tidings[0].arn &&
      aws_sns_topic.notices[0].kms_master_key_id == aws_kms_key.tidings[0].arn &&
      aws_sns_topic.alarms[0].kms_master_key_id == aws_kms_key.tidings[0].arn &&
      aws_cloudwatch_log_group.notifier.kms_key_id == aws_kms_key.tidings[0].arn
    )
    error_message = "Something is not encrypted with the new key."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.blind) == 5 && length(aws_cloudwatch_metric_alarm.simple) == 6
    error_message = "There are not eleven alarms."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.sources.policy).Statement : statement.Sid] == [
      "Redshift", "RedshiftServerless", "Backup", "S3TablesReplication", "S3TablesMaintenance", "S3TablesBuckets", "S3TablesTables",
    ]
    error_message = "The role may read other sources than those that are watched by default."
  }

  assert {
    condition     = tolist([for metric in local.reads[0].metrics : metric[7]]) == local.sources
    error_message = "The dashboard would show other sources than those that are watched by default."
  }

  assert {
    condition     = aws_lambda_function.notifier.tags == tomap({ app = "tidings", version = "1.2.0" })
    error_message = "The function does not have its tags."
  }

  assert {
    condition = 0 == sum([
      length(aws_sqs_queue.targets), length(aws_sqs_queue.deliveries), length(aws_cloudformation_stack_set.members),
      length(aws_sns_topic_subscription.email), length(aws_iam_role.chat), length(aws_lambda_layer_version.settings),
      length(aws_cloudwatch_dashboard.tidings), length(aws_cloudwatch_metric_alarm.targets_missing),
      length(aws_lambda_function.page), length(aws_lambda_function.silencer),
    ])
    error_message = "Something is created that nobody asked for."
  }

  assert {
    condition     = output.topic_arn == aws_sns_topic.notices[0].arn && output.function_name == "tidings" && output.dashboard_url == null
    error_message = "The outputs are not those of the deployment."
  }
}
