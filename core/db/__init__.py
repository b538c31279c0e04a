"""PostgreSQL: the one place that knows the driver."""
