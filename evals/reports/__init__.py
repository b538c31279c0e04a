"""A finished run as a page: HTML in one file, or Markdown with pictures beside it. Needs the evals extra."""
