locals {
  bus_arn = "arn:${local.partition}:events:${local.region}:${local.account}:event-bus/default"
}

# Lets the accounts of the organization forward their restore events to this one (member.yaml). It is a small stack of its
# own because the provider can only replace the whole policy of the bus, with the statements of others in it.
resource "aws_cloudformation_stack" "member_events" {
  count = local.has_organization && var.watch_backup ? 1 : 0

  name = "${var.name}-member-events"
  tags = local.tags
  template_body = jsonencode({
    Description = "Lets the accounts of the organization forward their restore events to tidings."
    Resources = {
      MemberEvents = {
        Type = "AWS::Events::EventBusPolicy"
        Properties = {
          StatementId = "${var.name}-members"
          Statement = {
            Effect    = "Allow"
            Principal = "*"
            Action    = "events:PutEvents"
            Resource  = local.bus_arn
            Condition = {
              StringEquals = {
                "aws:PrincipalOrgID" = var.organization_id
                "events:source"      = "aws.backup"
                "events:detail-type" = "Restore Job State Change"
              }
            }
          }
        }
      }
    }
  })
}

# Brings the role to every account below the organizational units, and to those that join later.
resource "aws_cloudformation_stack_set" "members" {
  count = local.has_stack_set ? 1 : 0

  name             = "${var.name}-members"
  description      = "The role with which tidings reads this account."
  permission_model = "SERVICE_MANAGED"
  call_as          = var.members_call_as
  capabilities     = ["CAPABILITY_NAMED_IAM"]
  template_body    = file(coalesce(var.member_template, "${path.module}/../member.yaml"))
  tags             = local.tags

  auto_deployment {
    enabled                          = true
    retain_stacks_on_account_removal = false
  }

  managed_execution {
    active = true
  }

  operation_preferences {
    failure_tolerance_percentage = 100
    max_concurrent_percentage    = 100
  }

  # The provider needs every parameter, with those that have a default.
  parameters = {
    HubRoleArn               = aws_iam_role.notifier.arn
    OrganizationId           = var.organization_id
    ExternalId               = ""
    RoleName                 = var.member_role_name
    HubBusArn                = local.bus_arn
    RoleRegion               = local.region
    WatchRedshift            = tostring(var.watch_redshift)
    WatchRedshiftServerless  = tostring(var.watch_redshift_serverless)
    WatchBackup              = tostring(var.watch_backup)
    WatchS3TablesReplication = tostring(var.watch_s3_tables_replication)
    WatchS3TablesMaintenance = tostring(var.watch_s3_tables_maintenance)
    WatchS3TablesExpiration  = tostring(var.watch_s3_tables_expiration)
    WatchBackupJobs          = tostring(var.watch_backup_jobs)
    WatchBackupCopies        = tostring(var.watch_backup_copies)
    WatchDynamoDbExports     = tostring(var.watch_dynamo_db_exports)
    WatchDynamoDbImports     = tostring(var.watch_dynamo_db_imports)
  }

  lifecycle {
    # CloudFormation fills it in for a service-managed StackSet.
    ignore_changes = [administration_role_arn]
  }
}

resource "aws_cloudformation_stack_set_instance" "members" {
  for_each = toset(!local.has_stack_set ? [] : length(var.member_regions) > 0 ? var.member_regions : [local.region])

  stack_set_name = aws_cloudformation_stack_set.members[0].name
  region         = each.key
  call_as        = var.members_call_as

  deployment_targets {
    organizational_unit_ids = var.organizational_unit_ids
  }

  operation_preferences {
    failure_tolerance_percentage = 100
    max_concurrent_percentage    = 100
  }
}
