"""Passwords, access tokens and personal data in text."""
