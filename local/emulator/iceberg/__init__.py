"""Iceberg tables as AWS Glue makes them from a template: real metadata, exactly the declared ids, evolved in place."""
