resource "aws_sns_topic" "notices" {
  count = var.create_topic ? 1 : 0

  name              = "${var.name}-notices"
  display_name      = "tidings"
  kms_master_key_id = local.has_key ? local.key_arn : "alias/aws/sns"
  tags              = local.tags
}

# The IAM policies of the account decide who may publish and subscribe.
resource "aws_sns_topic_policy" "notices" {
  count = var.create_topic ? 1 : 0

  arn = aws_sns_topic.notices[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.notices[0].arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_sns_topic_subscription" "email" {
  count = var.create_topic && var.email_address != null ? 1 : 0

  topic_arn = aws_sns_topic.notices[0].arn
  protocol  = "email"
  endpoint  = var.email_address
}

# A topic of their own, because programs that read notices do not understand alarms.
resource "aws_sns_topic" "alarms" {
  count = var.create_alarm_topic ? 1 : 0

  name         = "${var.name}-alarms"
  display_name = "tidings alarms"
  # CloudWatch may not use AWS's own key, so without a key of one's own there is none.
  kms_master_key_id = local.key_arn
  tags              = local.tags
}

resource "aws_sns_topic_policy" "alarms" {
  count = var.create_alarm_topic ? 1 : 0

  arn = aws_sns_topic.alarms[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms[0].arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.alarms[0].arn
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "alarms_email" {
  count = var.create_alarm_topic && var.email_address != null ? 1 : 0

  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = var.email_address
}
