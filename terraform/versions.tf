terraform {
  # Validations that look at several variables need 1.9.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # The first version that this module was tested with.
      version = ">= 5.100"
    }
  }
}
