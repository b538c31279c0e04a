"""Watching for money laundering: what a bank must notice, report and never let its customer know of (docs/aml.md).

Nothing here is a tool, and nothing that serves a customer can read its tables: schema ``compliance`` belongs to a role
of its own, whose login the monitor and its command have. Officers reach it by functions that ask for their role.
"""
