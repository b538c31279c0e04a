"""What a file is that is none of the lists that we read."""

from core.errors import InvalidInput


class BrokenList(InvalidInput):
    """Says where, and what was expected there. The file's own text is quoted at most in short."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="broken_list")


def shorten(text: str) -> str:
    """For a message: printable, and no longer than a line."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    return clean if len(clean) <= 60 else clean[:57] + "..."
