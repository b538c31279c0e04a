"""A text as the recognizers read it: folded, with what is said in figures and letters."""
