# Watches every account of an organization, with a topic and a key that are there for other purposes, too. It has to be
# applied in the management account.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

variable "artifact_sha256" {
  description = "The line of the zip file in SHA256SUMS."
  type        = string
}

variable "releases_bucket" {
  description = "Bucket with the zip files of releases."
  type        = string
}

variable "operations_key_arn" {
  description = "Key of the topics. docs/deployment.md has the policy that it needs."
  type        = string
}

data "aws_organizations_organization" "this" {}

resource "aws_sns_topic" "operations" {
  name              = "operations"
  kms_master_key_id = var.operations_key_arn
}

module "tidings" {
  source = "../.."

  artifact_version = "0.2.0"
  artifact_bucket  = var.releases_bucket
  artifact_key     = "tidings-0.2.0-lambda-arm64.zip"
  artifact_sha256  = var.artifact_sha256

  # In the zip file: [targets] with accounts = "organization", and the regions.
  settings_file = "tidings.toml"
  settings_zip  = "settings.zip"

  targets                 = "many"
  organization_id         = data.aws_organizations_organization.this.id
  organizational_unit_ids = [for root in data.aws_organizations_organization.this.roots : root.id]
  member_regions          = ["eu-central-1", "us-east-1"]

  create_topic       = false
  existing_topic_arn = aws_sns_topic.operations.arn
  kms_key            = "existing"
  kms_key_arn        = var.operations_key_arn

  with_dashboard = true
}

output "dashboard_url" {
  description = "The dashboard with metrics and logs."
  value       = module.tidings.dashboard_url
}
