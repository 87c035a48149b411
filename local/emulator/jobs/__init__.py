"""EMR steps that really run: states, order, cancellation, logs and failure details around a local `spark-submit`."""
