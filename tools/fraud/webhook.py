"""Tells another system of the bank about fraud alerts, which asks the customer. What is to be told stands in
``event_outbox``, written in the transaction that it is about; the worker sends it, until it arrived or is given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import aiohttp
import orjson

from core.security.outgoing import LOOPBACK, Networks, guarded_session
from core.settings import Settings
from tools.webhooks import sign

MOST_ATTEMPTS = 16
_FIRST_PAUSE = timedelta(seconds=10)
_LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Event:
    id: str
    topic: str
    body: dict[str, Any]
    attempts: int
    """Of sending it, this one counted."""


class Webhook:
    """Any status from 200 to 299 means "taken". Redirects are not followed: what is told is for one address alone."""

    def __init__(self, url: str, secret: bytes, *, timeout: float = 3.0, networks: Networks = LOOPBACK) -> None:
        """
        Args:
            timeout: seconds for one attempt.
            networks: beside what is public, where its address may be.
        """
        self._url, self._secret = url, secret
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._networks = networks

    async def send(self, event: Event, now: datetime) -> str | None:
        """None when it was taken; else the status, or the name of what went wrong."""
        body = orjson.dumps({"type": event.topic, "sent_at": now, "data": event.body})
        headers = sign(f"msg_{event.id}", now, body, self._secret)
        try:
            async with (
                guarded_session(self._networks, self._timeout) as client,
                client.post(self._url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                taken = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
                return None if taken else str(answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__


def make_webhook(settings: Settings) -> Webhook | None:
    """None where nobody is to be told."""
    url, secret = settings.fraud_webhook_url, settings.fraud_webhook_secret
    if not url or not secret:
        return None
    return Webhook(url, secret.get_secret_value().encode(), networks=settings.outgoing_networks)


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """When it is sent again: after pauses that double. None: it is given up."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(attempts - 1, 20))
