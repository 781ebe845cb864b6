# What is refused, before anything is created. A run passes only if every variable that it lists is refused. Terraform does
# not look at a variable whose validation needs another one that is refused, so those are in different runs.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  artifact_version = "1.2.0"
  artifact_sha256  = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
  artifact_bucket  = "releases"
  artifact_key     = "tidings-arm64.zip"
}

run "values_of_the_wrong_form" {
  command = plan

  variables {
    name                     = "Tidings"
    artifact_version         = ""
    artifact_sha256          = "2d71"
    period_minutes           = 7
    settings_file            = "../tidings.toml"
    settings_zip             = "settings.zip"
    email_address            = "on-call"
    slack_workspace_id       = "my-company"
    slack_channel_id         = "C012ABCDEFG"
    teams_tenant_id          = "my-company"
    teams_team_id            = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"
    teams_channel_id         = "19%3A0b1c2d3e4f50%40thread.tacv2"
    create_topic             = false
    existing_topic_arn       = "news"
    further_topic_arns       = ["arn:aws:sns:eu-west-1:123456789012:on-call", "*"]
    further_topic_key_arns   = ["arn:aws:kms:eu-west-1:123456789012:alias/on-call"]
    create_alarm_topic       = false
    alarm_topic_arn          = "arn:aws:sqs:eu-west-1:123456789012:alarms"
    targets                  = "few"
    member_role_name         = "a role"
    organization_id          = "my-company"
    member_regions           = ["eu-west-1", "Ireland"]
    members_call_as          = "ADMIN"
    kms_key                  = "mine"
    permissions_boundary_arn = "boundary"
    architecture             = "x86"
    memory_size              = 64
    log_level                = "WARN"
    log_retention_days       = 31
  }

  expect_failures = [
    var.name,
    var.artifact_version,
    var.artifact_sha256,
    var.period_minutes,
    var.settings_file,
    var.email_address,
    var.slack_workspace_id,
    var.teams_tenant_id,
    var.existing_topic_arn,
    var.further_topic_arns,
    var.further_topic_key_arns,
    var.alarm_topic_arn,
    var.member_role_name,
    var.organization_id,
    var.member_regions,
    var.members_call_as,
    var.kms_key,
    var.permissions_boundary_arn,
    var.architecture,
    var.memory_size,
    var.log_level,
    var.log_retention_days,
  ]
}

run "values_that_are_almost_right" {
  command = plan

  variables {
    name               = "the-notifications-of-production"
    artifact_sha256    = "2D711642B726B04401627CA9FBAC32F5C8530FB1903CC4DB02258717921A4881"
    email_address      = "on-call@example.com, other@example.com"
    slack_channel_id   = "#on-call"
    teams_team_id      = "on-call"
    teams_channel_id   = "on-call"
    create_topic       = false
    existing_topic_arn = "arn:aws:sns:eu-west-1:123456789012:news.fifo"
    targets            = "some"
    further_topic_arns = ["arn:aws:sns:eu-west-1:123456789012:on-call.fifo"]
    kms_key            = "existing"
    kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:alias/tidings"
    memory_size        = 10241
  }

  expect_failures = [
    var.name,
    var.artifact_sha256,
    var.email_address,
    var.slack_channel_id,
    var.teams_team_id,
    var.teams_channel_id,
    var.existing_topic_arn,
    var.further_topic_arns,
    var.targets,
    var.kms_key_arn,
    var.memory_size,
  ]
}

run "half_of_what_belongs_together" {
  command = plan

  variables {
    artifact_key       = null
    settings_file      = "tidings.toml"
    slack_channel_id   = "C012ABCDEFG"
    teams_tenant_id    = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"
    create_topic       = false
    create_alarm_topic = false
    kms_key            = "existing"
    organization_id    = "o-a1b2c3d4e5"
  }

  expect_failures = [
    var.artifact_bucket,
    var.settings_file,
    var.slack_workspace_id,
    var.teams_tenant_id,
    var.existing_topic_arn,
    var.alarm_topic_arn,
    var.kms_key_arn,
    var.organization_id,
  ]
}

run "a_name_too_long_for_the_button" {
  command = plan

  variables {
    name              = "the-notifications-o"
    silence_from_chat = true
  }

  expect_failures = [var.silence_from_chat]
}

run "organizational_units_of_no_organization" {
  command = plan

  variables {
    targets                 = "many"
    organizational_unit_ids = ["r-ab12"]
  }

  expect_failures = [var.organizational_unit_ids]
}

run "an_organizational_unit_by_its_name" {
  command = plan

  variables {
    targets                 = "many"
    organization_id         = "o-a1b2c3d4e5"
    organizational_unit_ids = ["r-ab12", "Production"]
    member_template         = "tests/artifact.txt"
  }

  expect_failures = [var.organizational_unit_ids]
}

run "two_answers_to_one_question" {
  command = plan

  variables {
    artifact_path      = "tests/artifact.txt"
    existing_topic_arn = "arn:aws:sns:eu-west-1:123456789012:news"
    alarm_topic_arn    = "arn:aws:sns:eu-west-1:123456789012:alarms"
    kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/0b1c-2d"
  }

  expect_failures = [
    var.artifact_path,
    var.existing_topic_arn,
    var.alarm_topic_arn,
    var.kms_key_arn,
  ]
}

run "another_zip_file_than_the_one_meant" {
  command = plan

  variables {
    artifact_path   = "tests/artifact.txt"
    artifact_bucket = null
    artifact_key    = null
    artifact_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
  }

  expect_failures = [var.artifact_path]
}

run "no_artifact" {
  command = plan

  variables {
    artifact_bucket = null
    artifact_key    = null
  }

  expect_failures = [var.artifact_path]
}

run "nothing_to_watch" {
  command = plan

  variables {
    watch_redshift              = false
    watch_redshift_serverless   = false
    watch_backup                = false
    watch_s3_tables_replication = false
    watch_s3_tables_maintenance = false
  }

  expect_failures = [var.watch_redshift]
}

# The bucket has another object than the one meant. Only Lambda sees it, so this is found after the upload.
run "another_object_than_the_one_meant" {
  variables {
    artifact_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
  }

  expect_failures = [aws_lambda_function.notifier]
}
