"""Training of the tagger of personal data (core/security/pii/learned, decision 0033)."""
