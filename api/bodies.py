"""What a request may send: so many bytes, not too slowly, and JSON that is not nested beyond reason."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from api.headers import find_header

DEEPEST = 32
"""Lists and objects within each other. Ours have six."""
SLOWEST = 16_384
"""Bytes in a second, beside the patience for the first of them."""
_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_CLOSE = {"Connection": "close"}
"""What is left of the body is not waited for."""


def guarded_receive(scope: Scope, receive: Receive, *, limit: int, patience: timedelta) -> Receive:
    """``receive`` that raises HTTPException: 413 for more than ``limit`` bytes, 408 for a body that is later than
    ``patience`` and a second for each SLOWEST bytes, 400 for JSON deeper than DEEPEST."""
    declared = find_header(scope, b"content-length")
    is_too_large = declared is not None and (not declared.isdecimal() or int(declared) > limit)
    is_json = "json" in (find_header(scope, b"content-type") or "")
    body = _Body(receive, limit, patience)

    async def receive_guarded() -> Message:
        if is_too_large:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers=_CLOSE)
        if body.is_complete:
            return await receive()
        return await body.read_whole() if is_json else await body.read_part()

    return receive_guarded


class _Body:
    def __init__(self, receive: Callable[[], Awaitable[Message]], limit: int, patience: timedelta) -> None:
        self.is_complete = False
        self._receive = receive
        self._limit = limit
        self._patience = patience.total_seconds()
        self._received = 0
        self._began = asyncio.get_running_loop().time()

    async def read_part(self) -> Message:
        try:
            async with asyncio.timeout_at(self._began + self._patience + self._received / SLOWEST):
                message = await self._receive()
        except TimeoutError as error:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, headers=_CLOSE) from error
        self._received += len(message.get("body", b""))
        if self._received > self._limit:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers=_CLOSE)
        self.is_complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def read_whole(self) -> Message:
        parts: list[bytes] = []
        while not self.is_complete:
            message = await self.read_part()
            if message["type"] != "http.request":
                return message
            parts.append(message.get("body", b""))
        content = b"".join(parts)
        if is_too_deep(content):
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        return {"type": "http.request", "body": content, "more_body": False}


def is_too_deep(content: bytes) -> bool:
    """Whether JSON is nested deeper than DEEPEST. Linear; most is seen at once to have no room for it."""
    if content.count(b"[") + content.count(b"{") <= DEEPEST:
        return False
    depth = 0
    for token in _TOKENS.finditer(content):
        first = content[token.start()]
        if first in b"[{":
            depth += 1
            if depth > DEEPEST:
                return True
        elif first in b"]}":
            depth -= 1
    return False
