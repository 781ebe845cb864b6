# A topic, a key and a boundary of one's own, in the same configuration as the module.

resource "aws_kms_key" "own" {}

resource "aws_sns_topic" "own" {
  name              = "own"
  kms_master_key_id = aws_kms_key.own.arn
}

resource "aws_iam_policy" "boundary" {
  name   = "boundary"
  policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}

module "tidings" {
  source = "../.."

  artifact_version = "1.2.0"
  artifact_sha256  = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
  artifact_bucket  = "releases"
  artifact_key     = "tidings-arm64.zip"

  create_topic             = false
  existing_topic_arn       = aws_sns_topic.own.arn
  create_alarm_topic       = false
  alarm_topic_arn          = aws_sns_topic.own.arn
  kms_key                  = "existing"
  kms_key_arn              = aws_kms_key.own.arn
  permissions_boundary_arn = aws_iam_policy.boundary.arn
  further_topic_arns       = [aws_sns_topic.own.arn]
  further_topic_key_arns   = [aws_kms_key.own.arn]
}
