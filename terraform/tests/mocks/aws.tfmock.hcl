# An account without AWS. Each ARN is different, so that a test sees which one is used, and has the form that the provider
# demands.

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
}

mock_data "aws_region" {
  defaults = { id = "eu-west-1" }
}

override_resource {
  target = aws_lambda_function.notifier
  values = {
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:tidings"
    # That of `artifact_sha256` in the tests.
    code_sha256 = "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="
  }
}

override_resource {
  target = aws_lambda_layer_version.settings
  values = { arn = "arn:aws:lambda:eu-west-1:123456789012:layer:tidings-settings:1" }
}

override_resource {
  target = aws_cloudwatch_log_group.notifier
  values = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/tidings" }
}

override_resource {
  target = aws_cloudwatch_event_rule.restore_job_changed
  values = { arn = "arn:aws:events:eu-west-1:123456789012:rule/tidings-restore-job-changed" }
}

override_resource {
  target = aws_sqs_queue.dead_letters
  values = {
    arn = "arn:aws:sqs:eu-west-1:123456789012:tidings-dead-letters"
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/tidings-dead-letters"
    # Without this, what the configuration leaves out would get a random text.
    redrive_policy = ""
  }
}

override_resource {
  target = aws_sqs_queue.targets
  values = {
    arn = "arn:aws:sqs:eu-west-1:123456789012:tidings-targets"
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/tidings-targets"
  }
}

override_resource {
  target = aws_sqs_queue.deliveries
  values = {
    arn = "arn:aws:sqs:eu-west-1:123456789012:tidings-deliveries"
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/tidings-deliveries"
  }
}

override_resource {
  target = aws_iam_role.notifier
  values = { arn = "arn:aws:iam::123456789012:role/tidings-eu-west-1" }
}

override_resource {
  target = aws_iam_role.tick
  values = { arn = "arn:aws:iam::123456789012:role/tidings-tick-eu-west-1" }
}

override_resource {
  target = aws_iam_role.chat
  values = { arn = "arn:aws:iam::123456789012:role/tidings-chat-eu-west-1" }
}

override_resource {
  target = aws_dynamodb_table.state
  values = { arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/tidings-state" }
}

override_resource {
  target = aws_kms_key.tidings
  values = { arn = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-4000-8000-000000000000" }
}

override_resource {
  target = aws_sns_topic.notices
  values = { arn = "arn:aws:sns:eu-west-1:123456789012:tidings-notices" }
}

override_resource {
  target = aws_sns_topic.alarms
  values = { arn = "arn:aws:sns:eu-west-1:123456789012:tidings-alarms" }
}

override_resource {
  target = aws_lambda_function.page
  values = {
    arn         = "arn:aws:lambda:eu-west-1:123456789012:function:tidings-page"
    code_sha256 = "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="
  }
}

override_resource {
  target = aws_cloudwatch_log_group.page
  values = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/tidings-page" }
}

override_resource {
  target = aws_iam_role.page
  values = { arn = "arn:aws:iam::123456789012:role/tidings-page-eu-west-1" }
}

override_resource {
  target = aws_lambda_function.silencer
  values = {
    arn         = "arn:aws:lambda:eu-west-1:123456789012:function:tidings-silence"
    code_sha256 = "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="
  }
}

override_resource {
  target = aws_cloudwatch_log_group.silencer
  values = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/tidings-silence" }
}

override_resource {
  target = aws_iam_role.silencer
  values = { arn = "arn:aws:iam::123456789012:role/tidings-silence-eu-west-1" }
}

override_resource {
  target = aws_iam_policy.button
  values = { arn = "arn:aws:iam::123456789012:policy/tidings-button-eu-west-1" }
}

override_resource {
  target = aws_cloudformation_stack.button
  values = { outputs = { Arn = "arn:aws:chatbot::123456789012:custom-action/tidings-silence-eu-west-1" } }
}
