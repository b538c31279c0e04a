"""The graph's nodes, one file each. A node gets the state and the run's context and returns only what it changes."""
