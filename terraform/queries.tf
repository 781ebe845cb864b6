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

resource "aws_cloudwatch_query_definition" "targets" {
  count = local.has_targets ? 1 : 0

  name            = "${var.name}/Targets"
  log_group_names = [aws_cloudwatch_log_group.notifier.name]
  query_string = chomp(<<-EOT
    filter ispresent(PassCompleted)
    | stats sum(PassExpected) as expected, sum(PassCompleted) as completed, expected - completed as missing
        by Source, Region, bin(1h) as hour
    | sort hour desc, missing desc
  EOT
  )
}
