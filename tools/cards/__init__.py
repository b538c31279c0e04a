"""Cards: their states, limits and switches, replacements, and what is in the post."""
