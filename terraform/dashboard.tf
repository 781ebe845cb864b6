locals {
  function = aws_lambda_function.notifier.function_name
  no_units = { min = 0, showUnits = false }

  # The rows from top to bottom. A graph has `metrics`, a table has a `query` for the log group.
  reads = [
    {
      title = "Heartbeats"
      stat  = "Sum"
      metrics = [
        for source in distinct(concat(local.sources_by_default, local.sources)) :
        ["Tidings", "PassCompleted", "FunctionName", local.function, "Region", local.region, "Source", source, { label = source }]
      ]
      yAxis = { left = local.no_units }
    },
    {
      title   = "Scopes with an error"
      stat    = "Sum"
      metrics = [["Tidings", "Errors", "FunctionName", local.function, { label = "Errors" }]]
      yAxis   = { left = local.no_units }
    },
    {
      title       = "Duration"
      stat        = "Maximum"
      metrics     = [["AWS/Lambda", "Duration", "FunctionName", local.function, { label = "longest invocation" }]]
      yAxis       = { left = merge(local.no_units, { label = "milliseconds" }) }
      annotations = { horizontal = [{ label = "alarm", value = local.slow }] }
    },
  ]
  reads_of_targets = [
    {
      title = "Scopes in all accounts and regions"
      stat  = "Sum"
      metrics = [
        ["Tidings", "ScopesExpected", "FunctionName", local.function, { label = "expected" }],
        ["Tidings", "ScopesCompleted", "FunctionName", local.function, { label = "completed" }],
      ]
      yAxis = { left = local.no_units }
    },
    {
      title   = "Age of the oldest complete read"
      stat    = "Maximum"
      metrics = [["Tidings", "OldestComplete", "FunctionName", local.function, { label = "OldestComplete" }]]
      yAxis   = { left = merge(local.no_units, { label = "seconds" }) }
    },
  ]
  table_of_targets = [
    {
      title = "Scopes by source and region"
      query = "SOURCE '${aws_cloudwatch_log_group.notifier.name}' | filter ispresent(PassCompleted) | stats sum(PassExpected) as expected, sum(PassCompleted) as completed, expected - completed as missing by Source, Region, bin(1h) as hour | sort hour desc, missing desc"
    },
  ]
  queues = {
    targets    = one(aws_sqs_queue.targets[*].name)
    deliveries = one(aws_sqs_queue.deliveries[*].name)
  }
  waiting_in_queues = [
    {
      title   = "Messages in the queues"
      stat    = "Maximum"
      metrics = [for label in ["targets", "deliveries"] : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", local.queues[label], { label = label }]]
      yAxis   = { left = local.no_units }
    },
    {
      title       = "Age of the oldest message"
      stat        = "Maximum"
      metrics     = [for label in ["targets", "deliveries"] : ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", local.queues[label], { label = label }]]
      yAxis       = { left = merge(local.no_units, { label = "seconds" }) }
      annotations = { horizontal = [{ label = "alarm for targets", value = local.seconds }] }
    },
  ]
  sends = [
    {
      title       = "Age of the oldest waiting notice"
      stat        = "Maximum"
      metrics     = [["Tidings", "OldestPending", "FunctionName", local.function, { label = "OldestPending" }]]
      yAxis       = { left = merge(local.no_units, { label = "seconds" }) }
      annotations = { horizontal = [{ label = "alarm", value = local.late }] }
    },
    {
      title   = "Throttled calls"
      stat    = "Sum"
      metrics = [["Tidings", "Throttles", "FunctionName", local.function, { label = "Throttles" }]]
      yAxis   = { left = local.no_units }
    },
    {
      title = "The function"
      stat  = "Sum"
      metrics = [
        ["AWS/Lambda", "Errors", "FunctionName", local.function, { stat = "Sum" }],
        ["AWS/Lambda", "Throttles", "FunctionName", local.function, { stat = "Sum" }],
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.dead_letters.name, { label = "Dead letters", stat = "Maximum" }],
      ]
      yAxis = { left = local.no_units }
    },
  ]
  tables = [
    {
      title = "By source and hour"
      query = "SOURCE '${aws_cloudwatch_log_group.notifier.name}' | filter ispresent(PassCompleted) | stats max(Observed) as observed, sum(Noticed) as noticed, sum(Published) as published, max(Pending) as pending, max(Duration) as longest_ms, sum(Throttles) as throttled by Source, bin(1h) as hour | sort hour desc, Source asc"
    },
    {
      title = "Errors by kind"
      query = "SOURCE '${aws_cloudwatch_log_group.notifier.name}' | filter ispresent(kind) | stats count(*) as passes, min(@timestamp) as first, max(@timestamp) as last by source, account, region, kind | sort passes desc | limit 50"
    },
    {
      title = "What was sent"
      query = "SOURCE '${aws_cloudwatch_log_group.notifier.name}' | filter published > 0 and ispresent(source) | fields @timestamp, source, published, pending, message | sort @timestamp desc | limit 50"
    },
    {
      title = "Warnings and errors"
      query = "SOURCE '${aws_cloudwatch_log_group.notifier.name}' | filter level in ['WARN', 'ERROR'] | fields @timestamp, source, kind, action, message | sort @timestamp desc | limit 50"
    },
  ]

  # Without positions, CloudWatch puts the widgets beside each other until a row is full, which is 24 wide.
  widgets = concat(
    [{
      type       = "text"
      width      = 24
      height     = 2
      properties = { markdown = "# tidings (${var.name})\nFrom top to bottom: how things stand, whether everything is read, whether every notice is sent, and the causes. A source that is not watched has no line." }
    }],
    [for function in aws_lambda_function.page : {
      type   = "custom"
      width  = 24
      height = 12
      properties = {
        title    = "How things stand"
        endpoint = function.arn
        updateOn = { refresh = true, resize = false, timeRange = false }
      }
    }],
    [for graph in local.reads : { type = "metric", width = 8, height = 6, properties = merge(local.of_graphs, graph) }],
    [for graph in local.reads_of_targets : { type = "metric", width = 6, height = 6, properties = merge(local.of_graphs, graph) } if local.has_targets],
    [for table in local.table_of_targets : { type = "log", width = 12, height = 6, properties = merge(local.of_tables, table) } if local.has_targets],
    [for graph in local.waiting_in_queues : { type = "metric", width = 12, height = 6, properties = merge(local.of_graphs, graph) } if local.has_queues],
    [for graph in local.sends : { type = "metric", width = 8, height = 6, properties = merge(local.of_graphs, graph) }],
    [for table in local.tables : { type = "log", width = 12, height = 6, properties = merge(local.of_tables, table) }],
  )
  of_graphs = { region = local.region, view = "timeSeries", period = local.seconds }
  of_tables = { region = local.region, view = "table" }
}

resource "aws_cloudwatch_dashboard" "tidings" {
  count = var.with_dashboard ? 1 : 0

  dashboard_name = "${var.name}-${local.region}"
  dashboard_body = jsonencode({ widgets = local.widgets })
}
