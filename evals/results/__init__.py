"""What a run leaves: a record of each case, figures with their errors, and what they were measured on and with."""
