"""What tools found, in words: a module for each subject, with ``BY_TOOL`` and, for its own statuses, ``BY_STATUS``."""
