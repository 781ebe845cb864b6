# --- what is deployed ----------------------------------------------------------

variable "name" {
  description = "Name of the function, and the beginning of all other names. Two deployments in an account and region need different ones."
  type        = string
  default     = "tidings"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,29}$", var.name))
    error_message = "Must begin with a lowercase letter and have at most 30 lowercase letters, digits and hyphens."
  }
}

variable "artifact_version" {
  description = "Version of the release that the zip file is from, such as 1.2.0. The function gets it as the tag version."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9A-Za-z][0-9A-Za-z.+-]*$", var.artifact_version))
    error_message = "Must be a version such as 1.2.0."
  }
}

variable "artifact_sha256" {
  description = "SHA-256 of the zip file in hexadecimal, as it is in SHA256SUMS of the release. Another zip file is refused."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.artifact_sha256))
    error_message = "Must have 64 lowercase hexadecimal digits."
  }
}

variable "artifact_path" {
  description = "Path of the zip file with the function. Null if it is in a bucket."
  type        = string
  default     = null

  validation {
    condition     = (var.artifact_path == null) != (var.artifact_bucket == null)
    error_message = "Set either artifact_path, or artifact_bucket and artifact_key."
  }

  validation {
    condition     = var.artifact_path == null || try(filesha256(var.artifact_path) == var.artifact_sha256, false)
    error_message = "The SHA-256 of this file is not artifact_sha256, or there is no such file."
  }
}

variable "artifact_bucket" {
  description = "Bucket with the zip file, in the region of the function."
  type        = string
  default     = null

  validation {
    condition     = (var.artifact_bucket == null) == (var.artifact_key == null)
    error_message = "Set both artifact_bucket and artifact_key, or neither."
  }
}

variable "artifact_key" {
  description = "Key of the zip file in artifact_bucket."
  type        = string
  default     = null
}

variable "artifact_object_version" {
  description = "Version of the object, if the bucket has versions."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for everything that can have tags, besides app = \"tidings\"."
  type        = map(string)
  default     = {}
  nullable    = false
}

# --- what is watched, and how often --------------------------------------------

variable "period_minutes" {
  description = "Minutes between two passes over the status APIs. A notice can be late by at most this much."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = contains([1, 2, 5, 10, 15, 30, 60], var.period_minutes)
    error_message = "Must be 1, 2, 5, 10, 15, 30 or 60."
  }
}

variable "watch_redshift" {
  description = "Table restores of provisioned clusters. If false, the role has no permissions for them."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition = anytrue([
      var.watch_redshift,
      var.watch_redshift_serverless,
      var.watch_backup,
      var.watch_s3_tables_replication,
      var.watch_s3_tables_maintenance,
      var.watch_s3_tables_expiration,
      var.watch_backup_jobs,
      var.watch_backup_copies,
      var.watch_dynamo_db_exports,
      var.watch_dynamo_db_imports,
    ])
    error_message = "At least one source must be watched."
  }
}

variable "watch_redshift_serverless" {
  description = "Table restores of Redshift Serverless."
  type        = bool
  default     = true
  nullable    = false
}

variable "watch_backup" {
  description = "Restore jobs and restore tests of AWS Backup, with their validation and deletion."
  type        = bool
  default     = true
  nullable    = false
}

variable "watch_s3_tables_replication" {
  description = "Replication of S3 tables, each destination separately."
  type        = bool
  default     = true
  nullable    = false
}

variable "watch_s3_tables_maintenance" {
  description = "Maintenance jobs of S3 tables, each type of job separately."
  type        = bool
  default     = true
  nullable    = false
}

variable "watch_s3_tables_expiration" {
  description = "Record expiration of the S3 tables that AWS manages."
  type        = bool
  default     = false
  nullable    = false
}

variable "watch_backup_jobs" {
  description = "Backup jobs of AWS Backup."
  type        = bool
  default     = false
  nullable    = false
}

variable "watch_backup_copies" {
  description = "Copy jobs of AWS Backup."
  type        = bool
  default     = false
  nullable    = false
}

variable "watch_dynamo_db_exports" {
  description = "Exports of DynamoDB tables to S3."
  type        = bool
  default     = false
  nullable    = false
}

variable "watch_dynamo_db_imports" {
  description = "Imports of DynamoDB tables from S3."
  type        = bool
  default     = false
  nullable    = false
}

variable "settings_file" {
  description = "Name of the file in settings_zip with limits and rules (docs/settings.md). Null for the built-in settings."
  type        = string
  default     = null

  validation {
    condition     = var.settings_file == null || can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*\\.toml$", var.settings_file))
    error_message = "Must be the name of a .toml file without a folder."
  }

  validation {
    condition     = (var.settings_file == null) == (var.settings_zip == null)
    error_message = "Set both settings_file and settings_zip, or neither."
  }
}

variable "settings_zip" {
  description = "Path of a zip file that has settings_file at its top level. It becomes a layer of the function."
  type        = string
  default     = null
}

# --- who is notified -----------------------------------------------------------

variable "email_address" {
  description = "Address that receives the notices and the alarms. SNS sends it two emails with links to confirm. Null for nobody."
  type        = string
  default     = null

  validation {
    condition     = var.email_address == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.email_address))
    error_message = "Must be one email address."
  }
}

variable "slack_workspace_id" {
  description = "Id of a Slack workspace that is authorized in the console of Amazon Q Developer in chat applications. Null for no Slack."
  type        = string
  default     = null

  validation {
    condition     = var.slack_workspace_id == null || can(regex("^[0-9A-Z]{1,255}$", var.slack_workspace_id))
    error_message = "Must be a workspace id such as T012ABCDEFG."
  }

  validation {
    condition     = (var.slack_workspace_id == null) == (var.slack_channel_id == null)
    error_message = "Set both slack_workspace_id and slack_channel_id, or neither."
  }
}

variable "slack_channel_id" {
  description = "Id of the Slack channel for notices and alarms. AWS allows one configuration for a channel in an account, over all regions. If the channel has one, leave this out and add the topics to it (docs/subscriptions.md)."
  type        = string
  default     = null

  validation {
    condition     = var.slack_channel_id == null || can(regex("^[A-Za-z0-9]+$", var.slack_channel_id))
    error_message = "Must be a channel id such as C012ABCDEFG."
  }
}

variable "teams_tenant_id" {
  description = "Id of the Microsoft Teams tenant, from the console of Amazon Q Developer in chat applications, where you authorized the team. Null for no Teams."
  type        = string
  default     = null

  validation {
    condition     = var.teams_tenant_id == null || can(regex("^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$", var.teams_tenant_id))
    error_message = "Must be a tenant id, which is a UUID."
  }

  validation {
    condition = (
      (var.teams_tenant_id == null) == (var.teams_team_id == null) &&
      (var.teams_tenant_id == null) == (var.teams_channel_id == null)
    )
    error_message = "Set all of teams_tenant_id, teams_team_id and teams_channel_id, or none."
  }
}

variable "teams_team_id" {
  description = "Id of the Microsoft Teams team, from the same console."
  type        = string
  default     = null

  validation {
    condition     = var.teams_team_id == null || can(regex("^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$", var.teams_team_id))
    error_message = "Must be a team id, which is a UUID."
  }
}

variable "teams_channel_id" {
  description = "Id of the Teams channel for notices and alarms, as it is in the channel's link. If the channel already has a configuration in the account, leave this out and add the topics to it (docs/subscriptions.md)."
  type        = string
  default     = null

  validation {
    condition     = var.teams_channel_id == null || can(regex("^[A-Za-z0-9_=+/.,-]*%3[aA][A-Za-z0-9_=+/.,-]*%40[A-Za-z0-9_=+/.,-]*$", var.teams_channel_id))
    error_message = "Must be a channel id as it is in the channel's link, such as 19%3Aabc%40thread.tacv2."
  }
}

variable "silence_from_chat" {
  description = "With Slack or Teams: a button on notices of failures that silences their reminders for a day. Everybody in the channel may press it. If false, people in the channel can only read. docs/subscriptions.md has the command that adds the button to the channel."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.silence_from_chat || length(var.name) < 19
    error_message = "Needs a name of at most 18 characters, because the command of the button may have at most 100."
  }
}

# Whether to create something is a variable of its own, because Terraform has to know it before the first apply, when
# the ARN of a topic or a key in the same configuration does not exist yet.
variable "create_topic" {
  description = "Whether to create the topic for the notices. If false, set existing_topic_arn."
  type        = bool
  default     = true
  nullable    = false
}

variable "existing_topic_arn" {
  description = "With create_topic = false: ARN of your own topic for the notices. If it is encrypted, set kms_key_arn to its key."
  type        = string
  default     = null

  validation {
    condition     = var.existing_topic_arn == null || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.existing_topic_arn))
    error_message = "Must be the ARN of a standard SNS topic."
  }

  validation {
    condition     = var.create_topic == (var.existing_topic_arn == null)
    error_message = "Set existing_topic_arn if create_topic is false, and only then."
  }
}

variable "further_topic_arns" {
  description = "Topics that rules in the settings file use as topic_arn. They must be in this region, and their own policies must let this account publish."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.further_topic_arns : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", arn))])
    error_message = "Must be ARNs of standard SNS topics."
  }
}

variable "further_topic_key_arns" {
  description = "Keys that encrypt those topics, unless it is the key of this deployment."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.further_topic_key_arns : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", arn))])
    error_message = "Must be ARNs of KMS keys."
  }
}

variable "create_alarm_topic" {
  description = "Whether to create the topic for the alarms about tidings itself. If false, set alarm_topic_arn."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarm_topic_arn" {
  description = "With create_alarm_topic = false: ARN of your own topic for the alarms about tidings itself."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_topic_arn == null || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.alarm_topic_arn))
    error_message = "Must be the ARN of an SNS topic."
  }

  validation {
    condition     = var.create_alarm_topic == (var.alarm_topic_arn == null)
    error_message = "Set alarm_topic_arn if create_alarm_topic is false, and only then."
  }
}

# --- many accounts and regions -------------------------------------------------

variable "targets" {
  description = "\"home\" watches this account and region. \"few\" also watches the accounts and regions that the settings file names under [targets], all in one invocation. \"many\" sends a message for each of them to a queue, for hundreds of accounts."
  type        = string
  default     = "home"
  nullable    = false

  validation {
    condition     = contains(["home", "few", "many"], var.targets)
    error_message = "Must be home, few or many."
  }
}

variable "member_role_name" {
  description = "Name of the role that tidings assumes in other accounts. member.yaml creates it. The same as role in the settings file."
  type        = string
  default     = "tidings-reader"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.member_role_name))
    error_message = "Must be the name of an IAM role."
  }
}

variable "organization_id" {
  description = "Id of your organization. With it, tidings assumes roles only in accounts of the organization, and takes restore events of AWS Backup only from them. Null to list accounts in the settings file and to forward no events."
  type        = string
  default     = null

  validation {
    condition     = var.organization_id == null || can(regex("^o-[a-z0-9]{10,32}$", var.organization_id))
    error_message = "Must be the id of an organization such as o-a1b2c3d4e5."
  }

  validation {
    condition     = var.organization_id == null || var.targets != "home"
    error_message = "Needs targets set to few or many."
  }
}

variable "organizational_unit_ids" {
  description = "Creates the role in all accounts below these organizational units or this root, and in accounts that join later, with a StackSet. The deployment must be in the management account or a delegated administrator account (members_call_as). It needs organization_id. Empty to deploy member.yaml yourself."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.organizational_unit_ids : can(regex("^(r-[a-z0-9]{4,32}|ou-[a-z0-9]{4,32}-[a-z0-9]{8,32})$", id))])
    error_message = "Must be ids of organizational units or of the root."
  }

  validation {
    condition     = length(var.organizational_unit_ids) == 0 || var.organization_id != null
    error_message = "Needs organization_id."
  }
}

variable "member_regions" {
  description = "With organizational_unit_ids: the regions whose restore events are forwarded, this one among them. Empty for this one."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for region in var.member_regions : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "Must be regions."
  }
}

variable "members_call_as" {
  description = "With organizational_unit_ids: SELF if this is the management account of the organization, DELEGATED_ADMIN if it is a delegated administrator account of CloudFormation StackSets."
  type        = string
  default     = "SELF"
  nullable    = false

  validation {
    condition     = contains(["SELF", "DELEGATED_ADMIN"], var.members_call_as)
    error_message = "Must be SELF or DELEGATED_ADMIN."
  }
}

variable "member_template" {
  description = "Path of member.yaml. Null for the one beside this module's folder, as in the repository."
  type        = string
  default     = null
}

# --- keys and permissions ------------------------------------------------------

variable "kms_key" {
  description = "The key that encrypts the topics, the table and the logs. \"new\" creates a key. \"existing\" uses kms_key_arn. \"aws-managed\" uses AWS's keys, which cost nothing; then the alarm topic is not encrypted, and messages may not reach chat."
  type        = string
  default     = "new"
  nullable    = false

  validation {
    condition     = contains(["new", "existing", "aws-managed"], var.kms_key)
    error_message = "Must be new, existing or aws-managed."
  }
}

variable "kms_key_arn" {
  description = "With kms_key = \"existing\": ARN of your own key. docs/deployment.md has the policy that it needs."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "Must be the ARN of a KMS key."
  }

  validation {
    condition     = (var.kms_key == "existing") == (var.kms_key_arn != null)
    error_message = "Set kms_key_arn if kms_key is existing, and only then."
  }
}

variable "protect_table" {
  description = "Deletion protection of the state table. Without the table, tidings would record a new baseline and miss what happened in between."
  type        = bool
  default     = true
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "ARN of a permissions boundary for every role. Null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:policy/.+$", var.permissions_boundary_arn))
    error_message = "Must be the ARN of a managed policy."
  }
}

# --- the function --------------------------------------------------------------

variable "architecture" {
  description = "Processor of the function. arm64 costs less. The zip file must be for the same one."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "Must be arm64 or x86_64."
  }
}

variable "memory_size" {
  description = "Memory of the function in MB. More memory also means more CPU."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = var.memory_size >= 128 && var.memory_size <= 10240
    error_message = "Must be from 128 to 10240."
  }
}

variable "log_level" {
  description = "Lambda's filter for the function's logs. A level above INFO would also drop the metrics."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["TRACE", "DEBUG", "INFO"], var.log_level)
    error_message = "Must be TRACE, DEBUG or INFO."
  }
}

variable "log_retention_days" {
  description = "How many days the function's logs are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "Must be a number of days that CloudWatch Logs accepts, such as 30 or 365."
  }
}

variable "with_dashboard" {
  description = "Whether to create a CloudWatch dashboard, with a function that shows in it what is failing and under way. It costs 3 USD a month, except for the first three dashboards of an account."
  type        = bool
  default     = false
  nullable    = false
}
