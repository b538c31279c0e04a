"""Files as Markdown: one module a format, each with ``parse(content, name) -> Parsed``.

A parser reads bytes and nothing else: it opens no other file, follows no link and runs nothing that it finds.
"""
