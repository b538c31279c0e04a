"""Fraud: alerts that wait for the customer."""
