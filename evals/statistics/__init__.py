"""How sure figures are, and whether two runs differ."""
