"""Cases about what customers let be known in passing: docs/care.md. Opened in the chat (agent/care), closed by people
alone."""
