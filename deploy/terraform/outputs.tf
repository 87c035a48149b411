output "stack_id" {
  description = "The stack."
  value       = aws_cloudformation_stack.lakehouse.id
}

output "runtime_parameter" {
  description = "The SSM parameter by which jobs, DAGs and commands find everything."
  value       = aws_cloudformation_stack.lakehouse.outputs["RuntimeParameter"]
}

output "outputs" {
  description = "All outputs of the stack: buckets, databases, topics, clusters."
  value       = aws_cloudformation_stack.lakehouse.outputs
}
