"""Messages to other systems of the bank, signed as Standard Webhooks 1.0 has it: ``webhook-signature`` is ``v1,`` and
the base64 of HMAC-SHA256 over ``webhook-id.webhook-timestamp.body``. The id stays when a message is sent again, so that
a receiver takes it once; the timestamp is of the attempt, so that nobody sends an old one again later.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
"""How old or how far ahead a message may be when it is received."""


def sign(message_id: str, sent_at: datetime, body: bytes, secret: bytes) -> dict[str, str]:
    """The headers of a message."""
    timestamp = int(sent_at.timestamp())
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{_signature(message_id, timestamp, body, secret)}",
    }


def is_genuine(headers: Mapping[str, str], body: bytes, secret: bytes, now: datetime) -> bool:
    """Whether it is ours and of just now. The receiver still has to take each ``webhook-id`` once only.

    Args:
        headers: with names in lower case.
    """
    stamp = headers.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdecimal()) or len(stamp) > 12:
        return False
    if abs(int(stamp) - now.timestamp()) > TOLERANCE.total_seconds():
        return False
    expected = f"v1,{_signature(headers.get('webhook-id', ''), int(stamp), body, secret)}".encode()
    # Several, separated by spaces, while a secret is being changed.
    given = headers.get("webhook-signature", "").encode(errors="replace").split(b" ")
    return any(hmac.compare_digest(expected, each) for each in given)


def _signature(message_id: str, timestamp: int, body: bytes, secret: bytes) -> str:
    signed = hmac.digest(secret, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return base64.b64encode(signed).decode()
