"""What nothing else has found or explained, in a text that says what it may be."""
