"""Data sets for fine-tuning, and the templates that they are made of (the YAML files beside).

`intents` and `chat` make the rows, `folder` writes a data set and reads it, `leakage` finds what stands in two parts.
"""
