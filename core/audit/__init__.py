"""The audit log's proof: entries and their hashes, signed checkpoints, verification, export (docs/audit.md)."""
