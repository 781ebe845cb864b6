locals {
  # AWS has the SHA-256 in base64. Three hexadecimal digits are two of base64: the 64 digits and two more are 44, of which the
  # last is padding.
  base64 = split("", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  digits = [
    for triple in regexall("...", "${var.artifact_sha256}00") :
    "${local.base64[floor(parseint(triple, 16) / 64)]}${local.base64[parseint(triple, 16) % 64]}"
  ]
  artifact_hash = "${substr(join("", local.digits), 0, 43)}="

  # Every function runs the same binary. What a function may do is limited by its role.
  environment = {
    TIDINGS_TABLE_NAME = aws_dynamodb_table.state.name
    TIDINGS_TOPIC_ARN  = local.topic_arn
    # Only the sources that the role of the notifier may read.
    TIDINGS_SOURCES = join(",", local.sources)
  }
}

resource "aws_lambda_function" "notifier" {
  function_name     = var.name
  description       = "Reads the status APIs, compares with the stored state, publishes notices of changes."
  filename          = var.artifact_path
  s3_bucket         = var.artifact_bucket
  s3_key            = var.artifact_key
  s3_object_version = var.artifact_object_version
  source_code_hash  = local.artifact_hash
  handler           = "bootstrap"
  runtime           = "provided.al2023"
  architectures     = [var.architecture]
  memory_size       = var.memory_size
  timeout           = local.timeout
  role              = aws_iam_role.notifier.arn
  layers            = aws_lambda_layer_version.settings[*].arn
  tags              = merge(local.tags, { version = var.artifact_version })

  logging_config {
    log_group             = aws_cloudwatch_log_group.notifier.name
    log_format            = "JSON"
    application_log_level = var.log_level
    system_log_level      = "INFO"
  }

  environment {
    variables = merge(local.environment, {
      TIDINGS_CONFIG             = var.settings_file == null ? "" : "/opt/${var.settings_file}"
      TIDINGS_QUEUE_URL          = local.has_queues ? aws_sqs_queue.targets[0].url : ""
      TIDINGS_DELIVERY_QUEUE_URL = local.has_queues ? aws_sqs_queue.deliveries[0].url : ""
    })
  }

  # The function must never run without its permissions.
  depends_on = [
    aws_iam_role_policy.sources,
    aws_iam_role_policy.state_and_notices,
    aws_iam_role_policy.targets,
  ]

  lifecycle {
    # Nothing invokes a function that is created here and does not pass this.
    postcondition {
      condition     = self.code_sha256 == local.artifact_hash
      error_message = "The SHA-256 of the zip file that Lambda got is not artifact_sha256. Do not use this function."
    }
  }
}

# No retries: the next pass reads everything that this one would have.
resource "aws_lambda_function_event_invoke_config" "notifier" {
  function_name                = aws_lambda_function.notifier.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = local.seconds

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead_letters.arn
    }
  }
}

# The function finds the file in /opt.
resource "aws_lambda_layer_version" "settings" {
  count = var.settings_zip == null ? 0 : 1

  layer_name       = "${var.name}-settings"
  description      = "Settings files of tidings."
  filename         = var.settings_zip
  source_code_hash = filebase64sha256(var.settings_zip)
}

resource "aws_cloudwatch_log_group" "notifier" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.key_arn
  tags              = local.tags
}
