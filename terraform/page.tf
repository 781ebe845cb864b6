# A custom widget of the dashboard. CloudWatch invokes it as the person who looks at the dashboard.
resource "aws_lambda_function" "page" {
  count = local.has_page ? 1 : 0

  function_name     = "${var.name}-page"
  description       = "Shows in the dashboard what is failing, what is under way and what was told. It can only read the state."
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
  role              = aws_iam_role.page[0].arn
  tags              = merge(local.tags, { version = var.artifact_version })

  logging_config {
    log_group             = aws_cloudwatch_log_group.page[0].name
    log_format            = "JSON"
    application_log_level = var.log_level
    system_log_level      = "INFO"
  }

  environment {
    variables = local.environment
  }

  # The function must never run without its permissions.
  depends_on = [aws_iam_role_policy.page]

  lifecycle {
    # Nothing invokes a function that is created here and does not pass this.
    postcondition {
      condition     = self.code_sha256 == local.artifact_hash
      error_message = "The SHA-256 of the zip file that Lambda got is not artifact_sha256. Do not use this function."
    }
  }
}

resource "aws_cloudwatch_log_group" "page" {
  count = local.has_page ? 1 : 0

  name              = "/aws/lambda/${var.name}-page"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.key_arn
  tags              = local.tags
}

resource "aws_iam_role" "page" {
  count = local.has_page ? 1 : 0

  name                 = "${var.name}-page-${local.region}"
  description          = "Lets the page of tidings read the state, and write its logs."
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

resource "aws_iam_role_policy" "page" {
  count = local.has_page ? 1 : 0

  name = "page"
  role = aws_iam_role.page[0].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid    = "State"
          Effect = "Allow"
          Action = [
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:Scan",
          ]
          Resource = aws_dynamodb_table.state.arn
        },
        {
          Sid    = "Logs"
          Effect = "Allow"
          Action = [
            "logs:CreateLogStream",
            "logs:PutLogEvents",
          ]
          Resource = "${aws_cloudwatch_log_group.page[0].arn}:*"
        },
      ],
      !local.has_key ? [] : [{
        Sid       = "Key"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = local.key_arn
        Condition = { StringEquals = { "kms:ViaService" = "dynamodb.${local.region}.${local.suffix}" } }
      }],
    )
  })
}
