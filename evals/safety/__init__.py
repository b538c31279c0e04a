"""The red team: attacks on the assistant, and what may never come of one."""
