locals {
  has_slack = var.slack_channel_id != null
  has_teams = var.teams_channel_id != null
  has_chat  = local.has_slack || local.has_teams

  # Even if the role gets more permissions, people in the channel can only read, and press the button.
  guardrails = concat(["arn:${local.partition}:iam::aws:policy/CloudWatchReadOnlyAccess"], aws_iam_policy.button[*].arn)
}

resource "aws_chatbot_slack_channel_configuration" "slack" {
  count = local.has_slack ? 1 : 0

  configuration_name          = "${var.name}-${local.region}"
  slack_team_id               = var.slack_workspace_id
  slack_channel_id            = var.slack_channel_id
  iam_role_arn                = aws_iam_role.chat[0].arn
  guardrail_policy_arns       = local.guardrails
  user_authorization_required = false
  logging_level               = "ERROR"
  sns_topic_arns              = [local.topic_arn, local.alarm_topic_arn]
  tags                        = local.tags
}

resource "aws_chatbot_teams_channel_configuration" "teams" {
  count = local.has_teams ? 1 : 0

  configuration_name          = "${var.name}-${local.region}-teams"
  tenant_id                   = var.teams_tenant_id
  team_id                     = var.teams_team_id
  channel_id                  = var.teams_channel_id
  iam_role_arn                = aws_iam_role.chat[0].arn
  guardrail_policy_arns       = local.guardrails
  user_authorization_required = false
  logging_level               = "ERROR"
  sns_topic_arns              = [local.topic_arn, local.alarm_topic_arn]
  tags                        = local.tags
}

resource "aws_iam_role" "chat" {
  count = local.has_chat ? 1 : 0

  name                 = "${var.name}-chat-${local.region}"
  description          = "Lets Amazon Q Developer draw the graph of an alarm in Slack or Teams, and press the button if there is one."
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "chatbot.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "graphs" {
  count = local.has_chat ? 1 : 0

  name = "graphs"
  role = aws_iam_role.chat[0].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid    = "Graphs"
      Effect = "Allow"
      Action = [
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "cloudwatch:GetMetricWidgetImage",
      ]
      Resource = "*"
    }]
  })
}
