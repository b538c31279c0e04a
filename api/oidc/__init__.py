"""Logging in with an account at Google, Microsoft or any other provider of OpenID Connect."""
