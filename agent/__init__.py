"""The assistant: a LangGraph state machine that understands, looks up, acts once confirmed, and answers."""
