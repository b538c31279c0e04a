"""How rules put figures."""

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def money(minor: int) -> str:
    return f"{minor / 100:,.2f}"


def span(seconds: int) -> str:
    if seconds >= 2 * DAY:
        return f"{seconds // DAY} days"
    if seconds >= 2 * HOUR:
        return f"{seconds // HOUR} hours"
    return f"{max(seconds, 0) // MINUTE} minutes"
