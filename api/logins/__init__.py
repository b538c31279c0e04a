"""Logging in: tries and locks, passwords, codes that are sent, second factors. What is counted and what is good once is
decided in the database (0027_logins.up.sql)."""
