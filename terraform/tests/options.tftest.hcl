# Each option by itself. tests/terraform in the repository compares all of them with template.yaml.

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

run "a_local_zip_file" {
  command = plan

  variables {
    # Any file will do: nothing reads it but the check of its SHA-256.
    artifact_path   = "tests/artifact.txt"
    artifact_bucket = null
    artifact_key    = null
  }

  assert {
    condition     = aws_lambda_function.notifier.filename == "tests/artifact.txt" && aws_lambda_function.notifier.s3_bucket == null
    error_message = "The function does not come from the file."
  }

  assert {
    condition     = aws_lambda_function.notifier.source_code_hash == filebase64sha256("tests/artifact.txt")
    error_message = "The hexadecimal SHA-256 was not turned into base64 correctly."
  }
}

run "one_source" {
  command = plan

  variables {
    watch_redshift              = false
    watch_redshift_serverless   = false
    watch_s3_tables_replication = false
    watch_s3_tables_maintenance = false
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.sources.policy).Statement : statement.Sid] == ["Backup"]
    error_message = "The role may read more than the one source, or less."
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.blind) == ["backup"] && length(aws_cloudwatch_event_rule.restore_job_changed) == 1
    error_message = "The alarm or the rule of the source is missing, or another is there."
  }
}

run "a_source_that_is_not_watched_by_default" {
  command = plan

  variables {
    watch_dynamo_db_exports = true
    with_dashboard          = true
  }

  assert {
    condition     = endswith(aws_lambda_function.notifier.environment[0].variables.TIDINGS_SOURCES, ",s3tables-maintenance,dynamodb-exports")
    error_message = "The source is not watched besides the others."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.sources.policy).Statement : statement.Action => statement.Resource
      if startswith(statement.Sid, "DynamoDb")
      } == {
      "dynamodb:ListExports"    = "*"
      "dynamodb:DescribeExport" = "arn:aws:dynamodb:eu-west-1:123456789012:table/*/export/*"
    }
    error_message = "The role may not read the source, or more of it than it needs."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.blind) == 6 && tolist([for metric in local.reads[0].metrics : metric[7]]) == local.sources
    error_message = "The alarm or the line in the dashboard is missing."
  }
}

run "s3_tables_alone" {
  command = plan

  variables {
    watch_redshift              = false
    watch_redshift_serverless   = false
    watch_backup                = false
    watch_s3_tables_replication = false
    watch_s3_tables_maintenance = false
    watch_s3_tables_expiration  = true
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.sources.policy).Statement : statement.Sid] == [
      "S3TablesExpiration", "S3TablesBuckets", "S3TablesTables",
    ]
    error_message = "The role may read more than the one source, or can't list its tables."
  }
}

run "no_backup" {
  command = plan

  variables {
    watch_backup = false
  }

  assert {
    condition     = length(aws_cloudwatch_event_rule.restore_job_changed) + length(aws_lambda_permission.restore_job_changed) == 0
    error_message = "Events of AWS Backup invoke the function although it does not watch AWS Backup."
  }
}

run "people" {
  command = plan

  variables {
    email_address      = "on-call@example.com"
    slack_workspace_id = "T012ABCDEFG"
    slack_channel_id   = "C012ABCDEFG"
    teams_tenant_id    = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"
    teams_team_id      = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"
    teams_channel_id   = "19%3A0b1c2d3e4f50%40thread.tacv2"
  }

  assert {
    condition     = aws_sns_topic_subscription.email[0].endpoint == "on-call@example.com" && length(aws_sns_topic_subscription.alarms_email) == 1
    error_message = "The address does not get both kinds of messages."
  }

  assert {
    condition = (
      aws_chatbot_slack_channel_configuration.slack[0].sns_topic_arns == toset([output.topic_arn, output.alarm_topic_arn]) &&
      aws_chatbot_teams_channel_configuration.teams[0].sns_topic_arns == toset([output.topic_arn, output.alarm_topic_arn])
    )
    error_message = "A channel does not get both topics."
  }
}

run "a_button" {
  command = plan

  variables {
    slack_workspace_id = "T012ABCDEFG"
    slack_channel_id   = "C012ABCDEFG"
    silence_from_chat  = true
  }

  assert {
    condition = aws_chatbot_slack_channel_configuration.slack[0].guardrail_policy_arns == tolist([
      "arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess", aws_iam_policy.button[0].arn
    ])
    error_message = "The guardrail does not let people press the button, or lets them do more."
  }

  assert {
    condition     = jsondecode(aws_iam_policy.button[0].policy).Statement[0].Resource == aws_lambda_function.silencer[0].arn
    error_message = "People in the channel may invoke another function."
  }

  assert {
    condition     = output.silence_button_arn == "arn:aws:chatbot::123456789012:custom-action/tidings-silence-eu-west-1"
    error_message = "The output does not name the button."
  }
}

run "no_button" {
  command = plan

  variables {
    slack_workspace_id = "T012ABCDEFG"
    slack_channel_id   = "C012ABCDEFG"
  }

  assert {
    condition = (
      length(aws_lambda_function.silencer) + length(aws_iam_policy.button) + length(aws_cloudformation_stack.button) == 0 &&
      length(aws_chatbot_slack_channel_configuration.slack[0].guardrail_policy_arns) == 1
    )
    error_message = "People in the channel can change something although nobody asked for it."
  }
}

run "own_topics_and_key" {
  command = plan

  variables {
    create_topic             = false
    existing_topic_arn       = "arn:aws:sns:eu-west-1:123456789012:news"
    create_alarm_topic       = false
    alarm_topic_arn          = "arn:aws:sns:eu-west-1:123456789012:alarms"
    kms_key                  = "existing"
    kms_key_arn              = "arn:aws:kms:eu-west-1:123456789012:key/0b1c-2d"
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
    email_address            = "on-call@example.com"
  }

  assert {
    condition     = length(aws_sns_topic.notices) + length(aws_sns_topic.alarms) + length(aws_kms_key.tidings) + length(aws_sns_topic_subscription.email) == 0
    error_message = "A topic, a key or a subscription is created although there is one."
  }

  assert {
    condition     = output.topic_arn == var.existing_topic_arn && output.alarm_topic_arn == var.alarm_topic_arn && output.key_arn == var.kms_key_arn
    error_message = "The existing ones are not used."
  }

  assert {
    condition     = aws_iam_role.notifier.permissions_boundary == var.permissions_boundary_arn && aws_iam_role.tick.permissions_boundary == var.permissions_boundary_arn
    error_message = "A role has no boundary."
  }
}

run "aws_managed_keys" {
  command = plan

  variables {
    kms_key = "aws-managed"
  }

  assert {
    condition     = aws_sns_topic.notices[0].kms_master_key_id == "alias/aws/sns" && aws_sns_topic.alarms[0].kms_master_key_id == null && output.key_arn == null
    error_message = "Something is encrypted with another key than AWS's."
  }
}

run "settings" {
  command = plan

  variables {
    settings_file = "tidings.toml"
    # Any file will do.
    settings_zip = "tests/artifact.txt"
  }

  assert {
    condition     = length(aws_lambda_function.notifier.layers) == 1 && aws_lambda_function.notifier.environment[0].variables.TIDINGS_CONFIG == "/opt/tidings.toml"
    error_message = "The function does not find the settings file."
  }
}

run "many_targets" {
  command = plan

  variables {
    targets                 = "many"
    organization_id         = "o-a1b2c3d4e5"
    organizational_unit_ids = ["ou-ab12-11111111"]
    member_regions          = ["eu-west-1", "us-east-1"]
    # In the repository it is beside the module, which may have been copied without it.
    member_template = "tests/artifact.txt"
    with_dashboard  = true
  }

  assert {
    condition     = aws_lambda_function.notifier.environment[0].variables.TIDINGS_QUEUE_URL == aws_sqs_queue.targets[0].url
    error_message = "The function does not send messages to the queue."
  }

  assert {
    condition     = toset(keys(aws_cloudformation_stack_set_instance.members)) == toset(["eu-west-1", "us-east-1"])
    error_message = "The StackSet does not go to the regions."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.targets[0].policy).Statement[0].Condition.StringEquals["aws:ResourceOrgID"] == "o-a1b2c3d4e5"
    error_message = "Roles may be assumed outside of the organization."
  }

  assert {
    condition     = length(aws_cloudformation_stack.member_events) == 1 && length(aws_cloudwatch_metric_alarm.simple) == 7
    error_message = "The policy of the bus or an alarm is missing."
  }

  assert {
    condition     = endswith(output.dashboard_url, "#dashboards/dashboard/tidings-eu-west-1")
    error_message = "The output does not show the dashboard."
  }
}
