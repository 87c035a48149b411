variable "assembly" {
  description = "The folder that `npm run synth -- <environment>` wrote, for example cdk.out."
  type        = string
}

variable "environment" {
  description = "The environment that was synthesized: dev, staging or prod."
  type        = string
}

variable "account_id" {
  description = "The account to deploy to. Another one's credentials are refused."
  type        = string

  validation {
    condition     = can(regex("^\\d{12}$", var.account_id))
    error_message = "'account_id' must be 12 digits; correct it."
  }
}

variable "region" {
  description = "The region in the config of the environment. Another one is refused."
  type        = string
}

variable "partition" {
  description = "The partition of the region: aws or aws-us-gov."
  type        = string
  default     = "aws"
}

variable "notification_arns" {
  description = "Topics that CloudFormation tells every event of the stack."
  type        = list(string)
  default     = []
}
