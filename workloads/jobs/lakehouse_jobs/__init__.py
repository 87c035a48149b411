"""Spark jobs that move data from its sources through landing and bronze to silver."""
