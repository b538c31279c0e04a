"""What people do for customers, and what the bank knows of them: branches, appointments, complaints, profile."""
