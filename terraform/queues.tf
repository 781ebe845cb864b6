# Ticks and events that did not reach the function, and invocations that failed.
resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = local.tags
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.dead_letters.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }],
      [for rule in aws_cloudwatch_event_rule.restore_job_changed : {
        Sid       = "UndeliveredEvents"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.dead_letters.arn
        Condition = { ArnEquals = { "aws:SourceArn" = rule.arn } }
      }],
    )
  })
}

# One message for each target, every tick. A message that is not worked off within two ticks is of no use, because the next
# tick has sent another: hence the short retention, and the small number of attempts.
resource "aws_sqs_queue" "targets" {
  count = local.has_queues ? 1 : 0

  name = "${var.name}-targets"
  # Longer than an invocation may take, or two invocations would work on the same target.
  visibility_timeout_seconds = local.seconds
  message_retention_seconds  = local.late
  sqs_managed_sse_enabled    = true
  redrive_policy             = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead_letters.arn, maxReceiveCount = 2 })
  tags                       = local.tags
}

# One message for each scope with notices. A lost one costs a tick: the next pass sends another.
resource "aws_sqs_queue" "deliveries" {
  count = local.has_queues ? 1 : 0

  name                       = "${var.name}-deliveries"
  visibility_timeout_seconds = local.seconds
  message_retention_seconds  = 86400
  sqs_managed_sse_enabled    = true
  # While SNS refuses notices, every delivery fails. Every pass sends messages again, so few attempts are enough.
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead_letters.arn, maxReceiveCount = 5 })
  tags           = local.tags
}

resource "aws_sqs_queue_policy" "targets_and_deliveries" {
  for_each = local.has_queues ? { targets = aws_sqs_queue.targets[0].url, deliveries = aws_sqs_queue.deliveries[0].url } : {}

  queue_url = each.value
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = [aws_sqs_queue.targets[0].arn, aws_sqs_queue.deliveries[0].arn]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_lambda_event_source_mapping" "targets" {
  count = local.has_queues ? 1 : 0

  function_name           = aws_lambda_function.notifier.function_name
  event_source_arn        = aws_sqs_queue.targets[0].arn
  batch_size              = 10
  function_response_types = ["ReportBatchItemFailures"]
  tags                    = local.tags

  scaling_config {
    maximum_concurrency = 20
  }
}

# The window collects the news of many targets for one delivery.
resource "aws_lambda_event_source_mapping" "deliveries" {
  count = local.has_queues ? 1 : 0

  function_name                      = aws_lambda_function.notifier.function_name
  event_source_arn                   = aws_sqs_queue.deliveries[0].arn
  batch_size                         = 1000
  maximum_batching_window_in_seconds = 30
  function_response_types            = ["ReportBatchItemFailures"]
  tags                               = local.tags

  # Two is the least that Lambda accepts.
  scaling_config {
    maximum_concurrency = 2
  }
}
