"""Words: those that are no names, those that names are made of, and the lists of both."""
