"""The work of the bank's staff: open a customer's file, read the audit log, propose a change, decide about another's.

No function here is a tool: nothing of it is ever offered to a model. Who may do what is decided by the functions of
0007_staff.up.sql from ``StaffContext.staff_id``; docs/row-level-security.md has the table of roles.
"""
