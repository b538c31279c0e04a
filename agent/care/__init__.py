"""What customers let be known in passing and the bank must act on, whatever else they ask: docs/care.md."""
