# Watches the sources that are watched by default in one account and region, and sends the notices to one address.

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

variable "artifact_path" {
  description = "The zip file of a release, for arm64."
  type        = string
}

variable "artifact_sha256" {
  description = "The line of the zip file in SHA256SUMS."
  type        = string
}

module "tidings" {
  source = "../.."

  artifact_version = "0.2.0"
  artifact_path    = var.artifact_path
  artifact_sha256  = var.artifact_sha256
  email_address    = "on-call@example.com"
}

output "function_name" {
  description = "Invoke it to run a pass now."
  value       = module.tidings.function_name
}
