# The function writes its metrics into its logs, in the embedded metric format. The namespace is Tidings. PassCompleted, the
# heartbeat, has the dimensions FunctionName, Region and Source; the others have FunctionName. docs/operations.md has the
# reasons.

locals {
  blind = {
    redshift             = "Table restores on Redshift clusters were not read"
    redshift-serverless  = "Table restores in Redshift Serverless were not read"
    backup               = "Restore jobs of AWS Backup were not read"
    s3tables-replication = "The replication of S3 tables was not read"
    s3tables-maintenance = "The maintenance of S3 tables was not read"
    s3tables-expiration  = "The record expiration of S3 tables was not read"
    backup-jobs          = "Backup jobs of AWS Backup were not read"
    backup-copies        = "Copy jobs of AWS Backup were not read"
    dynamodb-exports     = "Exports of DynamoDB tables were not read"
    dynamodb-imports     = "Imports of DynamoDB tables were not read"
  }
  too_many_tables = "If the warnings say that time ran out, there are more tables than one pass can read: raise MemorySize or PeriodMinutes, or exclude tables in the settings file."

  of_function = { FunctionName = aws_lambda_function.notifier.function_name }

  # Each looks at one metric over the last periods.
  alarms = {
    failing = {
      description = "Invocations failed in two of three periods, because they could do nothing at all. Look at the last error in the logs, which has the reason. Most often the function cannot use the state table, the topic or a key. The failed events are in the dead-letter queue. Nothing is lost: the next pass that succeeds sends what these passes would have sent."
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      statistic   = "Sum"
      dimensions  = local.of_function
      periods     = 3
      breaching   = 2
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = 1
    }
    notices-waiting = {
      description = "A notice has waited for three or more periods, because SNS does not accept it. People are not notified. Look for \"sns:Publish\" or \"kms:\" in the function's warnings, and fix the topic's policy, its key's policy or the role. The next pass sends the notices that wait."
      namespace   = "Tidings"
      metric      = "OldestPending"
      statistic   = "Maximum"
      dimensions  = local.of_function
      periods     = 1
      breaching   = 1
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = local.late
    }
    dead-letters-waiting = {
      description = "A tick or an event did not reach the function, an invocation failed, or a message of a queue failed in all attempts. Read the messages in the dead-letter queue: they say which, and the logs say why. Fix the cause, then purge the queue. You don't need to send anything again, because every pass reads everything."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      statistic   = "Maximum"
      dimensions  = { QueueName = aws_sqs_queue.dead_letters.name }
      periods     = 1
      breaching   = 1
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = 1
    }
    slow = {
      description = "Invocations take more than four fifths of the function's timeout. The next pass continues where a pass ran out of time, but notices are late. The saved query Passes of this stack shows which source takes long. Raise MemorySize or PeriodMinutes. If it is an S3 Tables source, you can also exclude tables in the settings file."
      namespace   = "AWS/Lambda"
      metric      = "Duration"
      statistic   = "Maximum"
      dimensions  = local.of_function
      periods     = 3
      breaching   = 2
      comparison  = "GreaterThanThreshold"
      threshold   = local.slow
    }
    function-throttled = {
      description = "Lambda did not run the function, because the account has no concurrency left. Free some, raise the account's quota, or reserve a concurrency of one for this function."
      namespace   = "AWS/Lambda"
      metric      = "Throttles"
      statistic   = "Sum"
      dimensions  = local.of_function
      periods     = 3
      breaching   = 2
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = 1
    }
    apis-throttled = {
      description = "The status APIs, DynamoDB or SNS answered \"too many requests\" ten times or more in each of the last three periods. tidings tries again, so passes may still succeed, but later. The saved query Passes of this stack shows which source it is. Raise PeriodMinutes, or find out what else uses the account's request rate. If it is an S3 Tables source, you can also lower s3tables.concurrency in the settings file."
      namespace   = "Tidings"
      metric      = "Throttles"
      statistic   = "Sum"
      dimensions  = local.of_function
      periods     = 3
      breaching   = 3
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = 10
    }
  }

  alarms_of_queues = !local.has_queues ? {} : {
    targets-waiting = {
      description = "Messages about targets have waited for longer than a period, so the passes are slower than the ticks. Raise MemorySize or PeriodMinutes, or see whether the account has concurrency left."
      namespace   = "AWS/SQS"
      metric      = "ApproximateAgeOfOldestMessage"
      statistic   = "Maximum"
      dimensions  = { QueueName = aws_sqs_queue.targets[0].name }
      periods     = 3
      breaching   = 2
      comparison  = "GreaterThanThreshold"
      threshold   = local.seconds
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "simple" {
  for_each = merge(local.alarms, local.alarms_of_queues)

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = local.seconds
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.breaching
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.alarm_topic_arn]
  ok_actions          = [local.alarm_topic_arn]
  tags                = local.tags
}

# A period without a heartbeat counts as 0. Before the first heartbeat that CloudWatch looks at there is no data, which leaves
# the alarm as it is: quiet at the first deployment, and in ALARM while the metric is missing. docs/operations.md, "Alarms when
# metrics stop", has the reasoning.
resource "aws_cloudwatch_metric_alarm" "blind" {
  for_each = toset(local.sources)

  alarm_name = "${var.name}-${each.key}-blind"
  alarm_description = join(" ", compact([
    "${local.blind[each.key]} in the last three periods. Look at the saved query Warnings of this stack in CloudWatch Logs Insights: kind \"denied\" means that the role lacks the IAM action in the field action.",
    startswith(each.key, "s3tables") ? local.too_many_tables : "",
    "If there are no log lines at all, check that the schedule is enabled, and read the dead-letter queue.",
  ]))
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "ignore"
  alarm_actions       = [local.alarm_topic_arn]
  ok_actions          = [local.alarm_topic_arn]
  tags                = local.tags

  metric_query {
    id          = "seen"
    label       = "Heartbeats of ${each.key}"
    expression  = "IF(RUNNING_SUM(FILL(heartbeat, -1) + 1) > 0, FILL(heartbeat, 0))"
    return_data = true
  }

  metric_query {
    id          = "heartbeat"
    return_data = false

    metric {
      namespace   = "Tidings"
      metric_name = "PassCompleted"
      dimensions  = merge(local.of_function, { Region = local.region, Source = each.key })
      period      = local.seconds
      stat        = "Sum"
    }
  }
}

# With many targets, the alarms of the sources see the home region only. This one sees every account and region. Like them, it
# is quiet before the first tick, and counts a period without a tick as one in which something is missing.
resource "aws_cloudwatch_metric_alarm" "targets_missing" {
  count = local.has_targets ? 1 : 0

  alarm_name          = "${var.name}-targets-missing"
  alarm_description   = "In each of the last three periods, fewer scopes were read than there are (a scope is a source in an account and region), or no tick came. The saved query Targets of this stack shows which sources and regions are affected. Look at `tidings targets`, which shows the accounts with the reason. People got a notice about each account that cannot be read at all. If there are no log lines at all, check that the schedule is enabled, and read the dead-letter queue."
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "ignore"
  alarm_actions       = [local.alarm_topic_arn]
  ok_actions          = [local.alarm_topic_arn]
  tags                = local.tags

  metric_query {
    id          = "missing"
    label       = "Scopes that were not read"
    expression  = "IF(RUNNING_SUM(FILL(expected, -1) + 1) > 0, FILL(expected, 1) - FILL(completed, 0))"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { expected = "ScopesExpected", completed = "ScopesCompleted" }

    content {
      id          = metric_query.key
      return_data = false

      metric {
        namespace   = "Tidings"
        metric_name = metric_query.value
        dimensions  = local.of_function
        period      = local.seconds
        stat        = "Sum"
      }
    }
  }
}
