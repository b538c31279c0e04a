"""Labelled customers for the monitor: what it must find, and what looks like it and is honest."""
