"""What runs jobs: state machines, Airflow and other orchestrators."""
