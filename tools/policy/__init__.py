"""The bank's policy: versions of limits, fees, eligibility, disclosures and published figures, each from a day on. The
engine is in the database (0024_aml_policy.up.sql) and enforces what it answers; docs/policy.md."""
