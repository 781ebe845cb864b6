locals {
  # "*" where there are targets in other regions.
  table_buckets   = "arn:${local.partition}:s3tables:${local.has_targets ? "*" : local.region}:${local.account}:bucket"
  dynamodb_tables = "arn:${local.partition}:dynamodb:${local.has_targets ? "*" : local.region}:${local.account}:table"

  # "*" where the API supports no resource, or is asked about all of them.
  source_statements = {
    redshift = [{
      Sid      = "Redshift"
      Effect   = "Allow"
      Action   = "redshift:DescribeTableRestoreStatus"
      Resource = "*"
    }]
    redshift-serverless = [{
      Sid    = "RedshiftServerless"
      Effect = "Allow"
      Action = [
        "redshift-serverless:GetTableRestoreStatus",
        "redshift-serverless:ListTableRestoreStatus",
      ]
      Resource = "*"
    }]
    backup = [{
      Sid    = "Backup"
      Effect = "Allow"
      Action = [
        "backup:DescribeRestoreJob",
        "backup:ListRestoreJobs",
      ]
      Resource = "*"
    }]
    s3tables-replication = [{
      Sid      = "S3TablesReplication"
      Effect   = "Allow"
      Action   = "s3tables:GetTableReplicationStatus"
      Resource = "${local.table_buckets}/*/table/*"
    }]
    s3tables-maintenance = [{
      Sid      = "S3TablesMaintenance"
      Effect   = "Allow"
      Action   = "s3tables:GetTableMaintenanceJobStatus"
      Resource = "${local.table_buckets}/*/table/*"
    }]
    s3tables-expiration = [{
      Sid      = "S3TablesExpiration"
      Effect   = "Allow"
      Action   = "s3tables:GetTableRecordExpirationJobStatus"
      Resource = "${local.table_buckets}/*/table/*"
    }]
    backup-jobs = [{
      Sid    = "BackupJobs"
      Effect = "Allow"
      Action = [
        "backup:DescribeBackupJob",
        "backup:ListBackupJobs",
      ]
      Resource = "*"
    }]
    backup-copies = [{
      Sid    = "BackupCopies"
      Effect = "Allow"
      Action = [
        "backup:DescribeCopyJob",
        "backup:ListCopyJobs",
      ]
      Resource = "*"
    }]
    # The listings are about all tables, the details about one export or import.
    dynamodb-exports = [
      {
        Sid      = "DynamoDbExports"
        Effect   = "Allow"
        Action   = "dynamodb:ListExports"
        Resource = "*"
      },
      {
        Sid      = "DynamoDbExportDetails"
        Effect   = "Allow"
        Action   = "dynamodb:DescribeExport"
        Resource = "${local.dynamodb_tables}/*/export/*"
      },
    ]
    dynamodb-imports = [
      {
        Sid      = "DynamoDbImports"
        Effect   = "Allow"
        Action   = "dynamodb:ListImports"
        Resource = "*"
      },
      {
        Sid      = "DynamoDbImportDetails"
        Effect   = "Allow"
        Action   = "dynamodb:DescribeImport"
        Resource = "${local.dynamodb_tables}/*/import/*"
      },
    ]
  }

  # The S3 Tables sources need the list of buckets and tables.
  table_statements = [
    {
      Sid      = "S3TablesBuckets"
      Effect   = "Allow"
      Action   = "s3tables:ListTableBuckets"
      Resource = "*"
    },
    {
      Sid      = "S3TablesTables"
      Effect   = "Allow"
      Action   = "s3tables:ListTables"
      Resource = "${local.table_buckets}/*"
    },
  ]
}

# --- the function --------------------------------------------------------------

resource "aws_iam_role" "notifier" {
  name                 = "${var.name}-${local.region}"
  description          = "Lets tidings read statuses, and use its own table, topic and logs."
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

# The statements of each source, only while the source is watched.
resource "aws_iam_role_policy" "sources" {
  name = "sources"
  role = aws_iam_role.notifier.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      flatten([for source in local.sources : local.source_statements[source]]),
      anytrue([for source in local.sources : startswith(source, "s3tables")]) ? local.table_statements : [],
    )
  })
}

resource "aws_iam_role_policy" "state_and_notices" {
  name = "state-and-notices"
  role = aws_iam_role.notifier.name
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
            "dynamodb:UpdateItem",
          ]
          Resource = aws_dynamodb_table.state.arn
        },
        {
          Sid      = "Notices"
          Effect   = "Allow"
          Action   = "sns:Publish"
          Resource = local.topic_arn
        },
        {
          Sid    = "Logs"
          Effect = "Allow"
          Action = [
            "logs:CreateLogStream",
            "logs:PutLogEvents",
          ]
          Resource = "${aws_cloudwatch_log_group.notifier.arn}:*"
        },
        {
          Sid      = "FailedInvocations"
          Effect   = "Allow"
          Action   = "sqs:SendMessage"
          Resource = aws_sqs_queue.dead_letters.arn
        },
      ],
      length(var.further_topic_arns) == 0 ? [] : [{
        Sid      = "FurtherNotices"
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = var.further_topic_arns
      }],
      # What AWS documents for publishing to an encrypted topic and for using an encrypted table, and only through those two
      # services.
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
        Resource = local.key_arn
        Condition = {
          StringEquals = {
            "kms:ViaService" = [
              "dynamodb.${local.region}.${local.suffix}",
              "sns.${local.region}.${local.suffix}",
            ]
          }
        }
      }],
      length(var.further_topic_key_arns) == 0 ? [] : [{
        Sid       = "FurtherKeys"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = var.further_topic_key_arns
        Condition = { StringEquals = { "kms:ViaService" = "sns.${local.region}.${local.suffix}" } }
      }],
    )
  })
}

resource "aws_iam_role_policy" "targets" {
  count = local.has_targets ? 1 : 0

  name = "targets"
  role = aws_iam_role.notifier.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [merge(
        {
          Sid      = "OtherAccounts"
          Effect   = "Allow"
          Action   = "sts:AssumeRole"
          Resource = "arn:${local.partition}:iam::*:role/${var.member_role_name}"
        },
        local.has_organization ? { Condition = { StringEquals = { "aws:ResourceOrgID" = var.organization_id } } } : {},
      )],
      # The API supports no resource.
      [{
        Sid    = "Organization"
        Effect = "Allow"
        Action = [
          "organizations:ListAccounts",
          "organizations:ListAccountsForParent",
          "organizations:ListOrganizationalUnitsForParent",
          "organizations:ListRoots",
          "organizations:ListTagsForResource",
        ]
        Resource = "*"
      }],
      !local.has_queues ? [] : [{
        Sid    = "Queues"
        Effect = "Allow"
        Action = [
          "sqs:DeleteMessage",
          "sqs:GetQueueAttributes",
          "sqs:ReceiveMessage",
          "sqs:SendMessage",
        ]
        Resource = [aws_sqs_queue.targets[0].arn, aws_sqs_queue.deliveries[0].arn]
      }],
    )
  })
}

# --- the schedule --------------------------------------------------------------

resource "aws_iam_role" "tick" {
  name                 = "${var.name}-tick-${local.region}"
  description          = "Lets EventBridge Scheduler invoke tidings, and keep events that it could not deliver."
  permissions_boundary = var.permissions_boundary_arn
  tags                 = local.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "tick" {
  name = "tick"
  role = aws_iam_role.tick.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Tick"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = aws_lambda_function.notifier.arn
      },
      {
        Sid      = "UndeliveredTicks"
        Effect   = "Allow"
        Action   = "sqs:SendMessage"
        Resource = aws_sqs_queue.dead_letters.arn
      },
    ]
  })
}
