# The stack as the CDK synthesized it. Templates and assets are in the bootstrap bucket by then: see README.md.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  stack    = "Lakehouse-${var.environment}"
  artifact = jsondecode(file("${var.assembly}/manifest.json")).artifacts[local.stack]

  # an environment without an account is synthesized for any
  template       = replace(local.artifact.properties.stackTemplateAssetObjectUrl, "$${AWS::AccountId}", var.account_id)
  template_parts = regex("^s3://(?P<bucket>[^/]+)/(?P<key>.+)$", local.template)
  target         = replace(local.artifact.environment, "unknown-account", var.account_id)
  role           = replace(local.artifact.properties.cloudFormationExecutionRoleArn, "$${AWS::AccountId}", var.account_id)
  execution_role = replace(local.role, "$${AWS::Partition}", var.partition)
}

# Assets that nobody published are told by the plan, not by a deployment that fails half-way.
data "aws_s3_object" "template" {
  bucket = local.template_parts.bucket
  key    = local.template_parts.key
}

resource "aws_cloudformation_stack" "lakehouse" {
  name              = local.stack
  template_url      = "https://${local.template_parts.bucket}.s3.${var.region}.amazonaws.com/${local.template_parts.key}"
  iam_role_arn      = local.execution_role
  capabilities      = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
  notification_arns = var.notification_arns
  tags              = local.artifact.properties.tags

  # Kafka and Airflow take up to 40 minutes each
  timeouts {
    create = "180m"
    update = "180m"
    delete = "180m"
  }

  lifecycle {
    prevent_destroy = true

    precondition {
      condition     = local.target == "aws://${data.aws_caller_identity.current.account_id}/${data.aws_region.current.region}"
      error_message = "'account_id' and 'region' must be those of the credentials and of the config, got ${local.target}; correct them."
    }

    precondition {
      condition     = data.aws_s3_object.template.content_length > 0
      error_message = "'assembly' must be published; run 'npx cdk publish-assets --unstable=publish-assets --app ${var.assembly} --all'."
    }
  }
}
