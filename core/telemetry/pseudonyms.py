"""What those who watch know customers and conversations by (GDPR article 4(5)): without the server's key nobody can
tell whose it is, and the same one has the same in logs, traces and Langfuse. A visitor's session id opens the
conversation, so that it is told to nobody as it is.
"""

import hmac
from hashlib import sha256

_CHARACTERS = 16


class Pseudonyms:
    """One for each process, made from the server's secret key: another key gives others."""

    def __init__(self, secret_key: bytes) -> None:
        self._key = hmac.digest(secret_key, b"pseudonyms of telemetry", sha256)

    def of(self, name: object) -> str:
        """64 bits of HMAC-SHA256, in hexadecimal."""
        return self._hash(name)[:_CHARACTERS]

    def trace_id(self, turn_id: object) -> str:
        """Of a turn, where a trace is to be found again by it: 32 hexadecimal digits (W3C Trace Context)."""
        return self._hash(turn_id)[-2 * _CHARACTERS :]

    def _hash(self, name: object) -> str:
        return hmac.digest(self._key, str(name).encode(), sha256).hex()
