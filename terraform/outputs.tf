output "topic_arn" {
  description = "The default topic. Subscribe people and programs here."
  value       = local.topic_arn
}

output "alarm_topic_arn" {
  description = "The topic for alarms about tidings itself."
  value       = local.alarm_topic_arn
}

output "table_name" {
  description = "The state table."
  value       = aws_dynamodb_table.state.name
}

output "key_arn" {
  description = "The key of the table, the topics and the logs. Null with AWS's keys."
  value       = local.key_arn
}

output "function_name" {
  description = "The function. Invoke it with a file of events/ to run a pass now."
  value       = aws_lambda_function.notifier.function_name
}

output "function_role_arn" {
  description = "The role of the function. member.yaml needs it."
  value       = aws_iam_role.notifier.arn
}

output "log_group_name" {
  description = "The function's logs."
  value       = aws_cloudwatch_log_group.notifier.name
}

output "dead_letters_url" {
  description = "Ticks and events that did not reach the function, and invocations that failed."
  value       = aws_sqs_queue.dead_letters.url
}

output "page_function_arn" {
  description = "The function of the page. Whoever looks at the dashboard needs lambda:InvokeFunction on it (docs/deployment.md). Null without a dashboard."
  value       = one(aws_lambda_function.page[*].arn)
}

output "silence_button_arn" {
  description = "The button that silences. docs/subscriptions.md says how a channel gets it. Null without it."
  value       = one([for stack in aws_cloudformation_stack.button : stack.outputs.Arn])
}

output "dashboard_url" {
  description = "The dashboard with metrics and logs. Null without one."
  value       = one([for dashboard in aws_cloudwatch_dashboard.tidings : "https://${local.region}.console.aws.amazon.com/cloudwatch/home?region=${local.region}#dashboards/dashboard/${dashboard.dashboard_name}"])
}
