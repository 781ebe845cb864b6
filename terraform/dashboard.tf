# Saved queries for the log group. They cost nothing until they are run.
resource "aws_cloudwatch_query_definition" "warnings" {
  name            = "${var.name}/Warnings"
  log_group_names = [aws_cloudwatch_log_group.notifier.name]
  query_string = chomp(<<-EOT
    filter level in ['WARN', 'ERROR']
    | fields @timestamp, source, kind, action, message
    | sort @timestamp desc
    | limit 50
  EOT
  )
}

resource "aws_cloudwatch_query_definition" "passes" {
  name            = "${var.name}/Passes"
  log_group_names = [aws_cloudwatch_log_group.notifier.name]
  query_string = chomp(<<-EOT
    filter ispresent(PassCompleted)
    | stats sum(PassCompleted) as complete, sum(Errors) as errors, max(Duration) as longest_ms, sum(Throttles) as throttled,
        max(Observed) as observed, sum(Published) as published, max(Pending) as pending by Source, bin(1h) as hour
    | sort hour desc, Source asc
  EOT
  )
}

locals {
  function = aws_lambda_function.notifier.function_name
  no_units = { min = 0, showUnits = false }

  # Eight columns wide, three in a row. Each has its own `stat` and `metrics`, and what else differs.
  graphs = [
    {
      title = "Heartbeats"
      stat  = "Sum"
      metrics = [
        for source in ["redshift", "redshift-serverless", "backup", "s3tables-replication", "s3tables-maintenance"] :
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

  # Twelve columns wide, two in a row.
  tables = [
    {
      title = "By source and hour"
      query = "filter ispresent(PassCompleted) | stats max(Observed) as observed, sum(Noticed) as noticed, sum(Published) as published, max(Pending) as pending, max(Duration) as longest_ms, sum(Throttles) as throttled by Source, bin(1h) as hour | sort hour desc, Source asc"
    },
    {
      title = "Errors by kind"
      query = "filter Errors = 1 | stats count(*) as passes, min(@timestamp) as first, max(@timestamp) as last by Source, Region, Kind | sort passes desc"
    },
    {
      title = "What was sent"
      query = "filter published > 0 and ispresent(source) | fields @timestamp, source, published, pending, message | sort @timestamp desc | limit 50"
    },
    {
      title = "Warnings and errors"
      query = "filter level in ['WARN', 'ERROR'] | fields @timestamp, source, kind, action, message | sort @timestamp desc | limit 50"
    },
  ]

  widgets = concat(
    [{
      type       = "text"
      x          = 0
      y          = 0
      width      = 24
      height     = 2
      properties = { markdown = "# tidings (${var.name})\nFirst row: whether every source is read. Second row: whether every notice is sent. Below: the causes. A source that is not watched has no line." }
    }],
    [for index, graph in local.graphs : {
      type       = "metric"
      x          = index % 3 * 8
      y          = 2 + floor(index / 3) * 6
      width      = 8
      height     = 6
      properties = merge(graph, { region = local.region, view = "timeSeries", period = local.seconds })
    }],
    [for index, table in local.tables : {
      type       = "log"
      x          = index % 2 * 12
      y          = 14 + floor(index / 2) * 6
      width      = 12
      height     = 6
      properties = merge(table, { region = local.region, view = "table", query = "SOURCE '${aws_cloudwatch_log_group.notifier.name}' | ${table.query}" })
    }],
  )
}

resource "aws_cloudwatch_dashboard" "tidings" {
  count = var.with_dashboard ? 1 : 0

  dashboard_name = "${var.name}-${local.region}"
  dashboard_body = jsonencode({ widgets = local.widgets })
}
