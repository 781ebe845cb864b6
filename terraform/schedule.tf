# Without an input, EventBridge Scheduler sends its own event, which has the time and the schedule: events/scheduler.json.
resource "aws_scheduler_schedule" "tick" {
  name                = "${var.name}-tick"
  description         = "A pass over every source that is watched."
  schedule_expression = var.period_minutes == 60 ? "rate(1 hour)" : "rate(${var.period_minutes} minute${var.period_minutes == 1 ? "" : "s"})"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.notifier.arn
    role_arn = aws_iam_role.tick.arn

    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters.arn
    }
  }

  depends_on = [aws_iam_role_policy.tick]
}

# AWS delivers these events on a best-effort basis. An event is only a hint: the function reads the job at once.
resource "aws_cloudwatch_event_rule" "restore_job_changed" {
  count = var.watch_backup ? 1 : 0

  name        = "${var.name}-restore-job-changed"
  description = "Invokes tidings when an AWS Backup restore job changes."
  event_pattern = jsonencode({
    source        = ["aws.backup"]
    "detail-type" = ["Restore Job State Change"]
  })
  tags = local.tags
}

resource "aws_cloudwatch_event_target" "restore_job_changed" {
  count = var.watch_backup ? 1 : 0

  rule      = aws_cloudwatch_event_rule.restore_job_changed[0].name
  target_id = "notifier"
  arn       = aws_lambda_function.notifier.arn

  retry_policy {
    maximum_retry_attempts       = 2
    maximum_event_age_in_seconds = 300
  }

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }
}

resource "aws_lambda_permission" "restore_job_changed" {
  count = var.watch_backup ? 1 : 0

  statement_id  = "restore-job-changed"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.notifier.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.restore_job_changed[0].arn
}
