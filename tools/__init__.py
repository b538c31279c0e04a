"""What the bank can do: typed banking and fraud operations over PostgreSQL."""
