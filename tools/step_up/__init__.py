"""The code that approves an operation: made, sent, tried; authenticator apps."""
