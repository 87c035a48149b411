"""What running the batch pipeline takes, whoever runs it. Only `on_airflow` knows Airflow."""
