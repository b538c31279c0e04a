"""Accounts: open, close, rename; their numbers, statements and savings rates."""
