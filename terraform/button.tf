# Amazon Q Developer invokes it for the button below, and for nobody else.
resource "aws_lambda_function" "silencer" {
  count = local.has_button ? 1 : 0

  function_name     = "${var.name}-silence"
  description       = "Silences the reminders of a failure for somebody in the chat channel. It sends nothing."
  filename          = var.artifact_path
  s3_bucket         = var.artifact_bucket
  s3_key            = var.artifact_key
  s3_object_version = var.artifact_object_version
  source_code_hash  = local.artifact_hash
  handler           = "bootstrap"
  runtime           = "provided.al2023"
  architectures     = [var.architecture]
  memory_size       = var.memory_size
  timeout           = 60 # It reads the whole table.
  role              = aws_iam_role.silencer[0].arn
  tags              = merge(local.tags, { version = var.artifact_version })

  logging_config {
    log_group             = aws_cloudwatch_log_group.silencer[0].name
    log_format            = "JSON"
    application_log_level = var.log_level
    system_log_level      = "INFO"
  }

  environment {
    variables = local.environment
  }

  # The function must never run without its permissions.
  depends_on = [aws_iam_role_policy.silencer]

  lifecycle {
    # Nothing invokes a function that is created here and does not pass this.
    postcondition {
      condition     = self.code_sha256 == local.artifact_hash
      error_message = "The SHA-256 of the zip file that Lambda got is not artifact_sha256. Do not use this function."
    }
  }
}

resource "aws_cloudwatch_log_group" "silencer" {
  count = local.has_button ? 1 : 0

  name              = "/aws/lambda/${var.name}-silence"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.key_arn
  tags              = local.tags
}

# A button on the notices that have the key silence, which are those of failures. The key has the payload. The values Custom
# and event.metadata.additionalContext are from public examples. AWS's reference does not list them. The AWS provider has no
# such resource.
resource "aws_cloudformation_stack" "button" {
  count = local.has_button ? 1 : 0

  name = "${var.name}-button"
  tags = local.tags
  template_body = jsonencode({
    Resources = {
      Button = {
        Type = "AWS::Chatbot::CustomAction"
        Properties = {
          # Different from all other names in the account, in all regions.
          ActionName = "${aws_lambda_function.silencer[0].function_name}-${local.region}"
          Definition = {
            CommandText = "lambda invoke --function-name ${aws_lambda_function.silencer[0].function_name} --payload $Silence --region ${local.region}"
          }
          Attachments = [{
            ButtonText       = "Silence for a day"
            NotificationType = "Custom"
            Variables        = { Silence = "event.metadata.additionalContext.silence" }
            Criteria         = [{ VariableName = "Silence", Operator = "HAS_VALUE" }]
          }]
        }
      }
    }
    Outputs = { Arn = { Value = { "Fn::GetAtt" = ["Button", "CustomActionArn"] } } }
  })
}

resource "aws_iam_role" "silencer" {
  count = local.has_button ? 1 : 0

  name                 = "${var.name}-silence-${local.region}"
  description          = "Lets the button of tidings silence what is failing, and write its logs."
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "silencer" {
  count = local.has_button ? 1 : 0

  name = "silences"
  role = aws_iam_role.silencer[0].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid    = "State"
          Effect = "Allow"
          Action = [
            "dynamodb:GetItem",
            "dynamodb:Scan",
          ]
          Resource = aws_dynamodb_table.state.arn
        },
        # The attributes that a silence changes. Those with which a pass begins, and those of notices, are not among them:
        # people in the channel can send the function other events, too.
        {
          Sid      = "Silences"
          Effect   = "Allow"
          Action   = "dynamodb:UpdateItem"
          Resource = aws_dynamodb_table.state.arn
          Condition = {
            "ForAllValues:StringEquals" = {
              "dynamodb:Attributes" = ["facets", "generation", "pk", "rev", "sk", "v", "writer"]
            }
          }
        },
        {
          Sid    = "Logs"
          Effect = "Allow"
          Action = [
            "logs:CreateLogStream",
            "logs:PutLogEvents",
          ]
          Resource = "${aws_cloudwatch_log_group.silencer[0].arn}:*"
        },
      ],
      !local.has_key ? [] : [{
        Sid    = "Key"
        Effect = "Allow"
        Action = [
          "kms:Decrypt",
          "kms:DescribeKey",
          "kms:Encrypt",
          "kms:GenerateDataKey*",
          "kms:ReEncrypt*",
        ]
        Resource  = local.key_arn
        Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${local.region}.${local.suffix}" } }
      }],
    )
  })
}

resource "aws_iam_role_policy" "button" {
  count = local.has_button ? 1 : 0

  name   = "button"
  role   = aws_iam_role.chat[0].name
  policy = local.presses_the_button
}

# Amazon Q Developer does what both the role and a guardrail allow.
resource "aws_iam_policy" "button" {
  count = local.has_button ? 1 : 0

  name        = "${var.name}-button-${local.region}"
  description = "Lets people in the chat channel silence what is failing, and change nothing else."
  policy      = local.presses_the_button
  tags        = local.tags
}

locals {
  # Null without the button.
  presses_the_button = one([for function in aws_lambda_function.silencer : jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Button"
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = function.arn
    }]
  })])
}
