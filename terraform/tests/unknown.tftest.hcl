# The topic, the key and the boundary are resources in the same configuration. Terraform does not know their ARNs when it
# plans for the first time, and must know all the same what to create.

mock_provider "aws" {}

run "a_plan_is_possible_before_they_exist" {
  command = plan

  module {
    source = "./tests/own"
  }

  assert {
    condition     = module.tidings.function_name == "tidings"
    error_message = "The function is not planned."
  }
}
