"""Chats for fine-tuning, recorded from the real graph on a demo bank: `make` says how."""
