"""What was booked: list, search, explain, add up; what comes back, and what is to come."""
