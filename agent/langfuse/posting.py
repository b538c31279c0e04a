"""Posts the scores of turns that are over, in the thread that sends those: one list, written once. The library writes,
reads and checks each of them several times, which cost more than making a turn's spans.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import orjson
import requests

from agent.langfuse.scores import Score

_PATH = "/api/public/scores"
_TAKEN = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED})
"""What is taken in part (207) is not sent again: Langfuse asks for that."""
_TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS
_ATTEMPTS = 2


class ScorePost:
    def __init__(self, session: requests.Session, base_url: str, authorization: str, about: dict[str, str]) -> None:
        """Args:
        session: a guarded one.
        about: what each score says beside itself.
        """
        self._session = session
        self._url = f"{base_url}{_PATH}"
        self._headers = {"Authorization": authorization, "Content-Type": "application/json"}
        self._about = about

    def score(self, trace_id: str, score: Score, at: int) -> dict[str, Any]:
        """The same score of the same turn again takes its place. ``at``: nanoseconds since the epoch."""
        return self._about | {
            "id": f"{trace_id}-{score.name}",
            "traceId": trace_id,
            "name": score.name,
            "value": score.value,
            "dataType": score.data_type,
            "timestamp": datetime.fromtimestamp(at / 1e9, UTC),
        }

    def send(self, scores: Sequence[dict[str, Any]], patience: float) -> bool:
        """Whether all were taken. ``patience``: seconds for an attempt."""
        body = orjson.dumps(scores)
        for _ in range(_ATTEMPTS):
            status = self._post(body, patience)
            if status is not None and status < HTTPStatus.INTERNAL_SERVER_ERROR and status != _TOO_MANY:
                return status in _TAKEN
        return False

    def _post(self, body: bytes, patience: float) -> int | None:
        """None: nobody answered, or the address may not be called."""
        try:
            answer = self._session.post(self._url, body, headers=self._headers, timeout=patience, allow_redirects=False)
        except OSError:
            return None
        return answer.status_code
